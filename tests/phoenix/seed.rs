//! The original walk-through, in a pseudo-terminal.
#![cfg(unix)]

use rexpect::session::spawn_command;

use crate::support::Sandbox;

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
    sandbox.run(&new).succeeded();
    let mut command = sandbox.command(&["gen", "channel", "User", "--color", "never"]);
    command.current_dir(sandbox.path().join("hello_sockets"));

    let mut session = spawn_command(command, Some(20_000)).expect("it starts");
    let asked = session
        .exp_string("Do you want to create it? [Yn] ")
        .expect("it asks");
    session.send_line("Y").expect("it listens");
    let rest = session.exp_eof().expect("it ends").replace("\r\n", "\n");

    assert_eq!(
        asked.replace("\r\n", "\n"),
        "* creating lib/hello_sockets_web/channels/user_channel.ex\n\
         * creating test/hello_sockets_web/channels/user_channel_test.exs\n\
         * creating test/support/channel_case.ex\n\
         \nThe default socket handler - HelloSocketsWeb.UserSocket - was not found.\n\n"
    );
    assert_eq!(
        rest,
        "* creating lib/hello_sockets_web/channels/user_socket.ex\n\
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
