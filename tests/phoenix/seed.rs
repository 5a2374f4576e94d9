//! The original walk-through, in a pseudo-terminal.
#![cfg(unix)]

use crate::support::{Sandbox, terminal};

#[test]
fn the_walk_through_is_true() {
    let sandbox = Sandbox::new();
    let new = [
        "new",
        "hello_sockets",
        "--stack",
        "phoenix",
        "--no-git",
        "--no-install",
    ];
    sandbox.ok(&new);
    let mut command = sandbox.command(&["gen", "channel", "User", "--color", "never"]);
    command.current_dir(sandbox.path().join("hello_sockets"));

    let shown = terminal::transcript(command, "Do you want to create it? [Yn] ", "Y");

    assert_eq!(
        shown,
        "* creating lib/hello_sockets_web/channels/user_channel.ex\n\
         * creating test/hello_sockets_web/channels/user_channel_test.exs\n\
         * creating test/support/channel_case.ex\n\
         \nThe default socket handler - HelloSocketsWeb.UserSocket - was not found.\n\n\
         Do you want to create it? [Yn] Y\n\
         * creating lib/hello_sockets_web/channels/user_socket.ex\n\
         * creating assets/js/user_socket.js\n\
         * injecting lib/hello_sockets_web/endpoint.ex\n\
         * injecting assets/js/app.js\n\
         \nStart or restart the app with `mix phx.server`: a new socket starts with it. Then open http://localhost:4000\n"
    );

    let endpoint = sandbox.read("hello_sockets/lib/hello_sockets_web/endpoint.ex");
    let handler = "  socket \"/socket\", HelloSocketsWeb.UserSocket,\n    websocket: true,\n    longpoll: false\n";
    assert!(endpoint.contains(handler), "{endpoint}");
    let app_js = sandbox.read("hello_sockets/assets/js/app.js");
    assert!(
        app_js
            .lines()
            .any(|line| line == "import \"./user_socket.js\""),
        "{app_js}"
    );
}
