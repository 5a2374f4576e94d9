//! `hello-sockets routes`: what is wired, and what is not, on both stacks.

mod support;

use serde_json::Value;
use support::{Ran, Sandbox};

const GROWN: [&[&str]; 4] = [
    &["gen", "channel", "User"],
    &["gen", "channel", "Room"],
    &["gen", "socket", "Device"],
    &["gen", "channel", "Sensor", "--socket", "Device"],
];

fn wiring(sandbox: &Sandbox) -> (Value, Ran) {
    let ran = sandbox.run(&["routes", "--json"]);
    (serde_json::from_str(&ran.stdout).expect(&ran.stdout), ran)
}

/// The sockets: names, paths, topics with their channels, scripts.
fn sockets(wiring: &Value) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let sockets = list(&wiring["sockets"]).into_iter().map(|socket| {
        let paths: Vec<_> = list(&socket["mounts"])
            .iter()
            .map(|m| m["path"].clone())
            .collect();
        let routes = list(&socket["routes"]);
        let routes: Vec<_> = routes
            .iter()
            .map(|r| [r["topic"].clone(), r["channel"].clone()])
            .collect();
        serde_json::json!([socket["name"], paths, routes, socket["scripts"]])
    });
    sockets.collect()
}

#[track_caller]
fn breaks(sandbox: &Sandbox, file: &str, line: &str, expected: &[(&str, &str)]) {
    let before = sandbox.read(file);
    assert!(before.contains(line), "{before}");
    sandbox.write(file, &before.replace(line, ""));
    let (wiring, ran) = wiring(sandbox);
    let problems = wiring["problems"].as_array().expect("a list").iter();
    let problems: Vec<_> = problems
        .map(|problem| ["message", "help"].map(|key| problem[key].as_str().expect("a text")))
        .map(|[message, help]| (message, help))
        .collect();
    assert_eq!(problems, expected);
    assert_eq!(ran.code, Some(1));
    // The advice is right.
    for (_, help) in expected {
        let args: Vec<_> = help.split(' ').skip(1).collect();
        sandbox.run(&[&args[..], &["--yes"]].concat());
    }
    let (wiring, ran) = self::wiring(sandbox);
    assert_eq!(
        (ran.code, &wiring["problems"]),
        (Some(0), &serde_json::json!([]))
    );
    assert_eq!(sandbox.ok(&["routes"]).stderr, "");
}

#[test]
fn a_rust_app_has_its_sockets_topics_channels_and_scripts() {
    let sandbox = Sandbox::with_app().after(&GROWN);
    let (found, _) = wiring(&sandbox);
    assert_eq!(found["problems"], serde_json::json!([]));
    assert_eq!(
        sockets(&found),
        serde_json::json!([
            [
                "DeviceSocket",
                ["/device_socket"],
                [["sensor:*", "SensorChannel"]],
                ["assets/js/device_socket.js"]
            ],
            [
                "UserSocket",
                ["/socket"],
                [["user:*", "UserChannel"], ["room:*", "RoomChannel"]],
                ["assets/js/user_socket.js"]
            ],
        ])
    );
    let text = sandbox.ok(&["routes"]).stdout;
    assert_eq!(
        text,
        "DeviceSocket (src/channels/device_socket.rs:11)\n\
         \x20 /device_socket  mounted        src/endpoint.rs:32\n\
         \x20 sensor:*        SensorChannel  src/channels/device_socket.rs:14\n\
         \x20 script assets/js/device_socket.js\n\
         \n\
         UserSocket (src/channels/user_socket.rs:12)\n\
         \x20 /socket  mounted      src/endpoint.rs:31\n\
         \x20 user:*   UserChannel  src/channels/user_socket.rs:15\n\
         \x20 room:*   RoomChannel  src/channels/user_socket.rs:16\n\
         \x20 script assets/js/user_socket.js\n"
    );
}

#[test]
fn a_phoenix_app_has_its_sockets_topics_channels_and_scripts() {
    let sandbox = Sandbox::with_phoenix_app().after(&GROWN);
    let (found, _) = wiring(&sandbox);
    assert_eq!(found["problems"], serde_json::json!([]));
    assert_eq!(
        sockets(&found),
        serde_json::json!([
            [
                "MyAppWeb.DeviceSocket",
                ["/device_socket"],
                [["sensor:*", "MyAppWeb.SensorChannel"]],
                ["assets/js/device_socket.js"]
            ],
            [
                "MyAppWeb.UserSocket",
                ["/socket"],
                [
                    ["user:*", "MyAppWeb.UserChannel"],
                    ["room:*", "MyAppWeb.RoomChannel"]
                ],
                ["assets/js/user_socket.js"]
            ],
        ])
    );
}

#[test]
fn what_a_rust_app_does_not_wire_is_named_with_the_command_that_does() {
    let sandbox = Sandbox::with_app().after(&GROWN);
    let script = [(
        "`assets/js/user_socket.js`: no script or page loads it",
        "hello-sockets gen socket User --skip",
    )];
    breaks(
        &sandbox,
        "my_app/assets/js/app.js",
        "import \"./user_socket.js\"\n",
        &script,
    );
    let mount = "        .socket::<UserSocket>(\"/socket\")\n";
    let socket = [(
        "`UserSocket` (src/channels/user_socket.rs:12): no endpoint mounts it",
        "hello-sockets gen socket User --skip",
    )];
    breaks(&sandbox, "my_app/src/endpoint.rs", mount, &socket);
    let route = "        routes.channel::<RoomChannel>(\"room:*\");\n";
    let channel = [(
        "`RoomChannel` (src/channels/room_channel.rs:9): no socket routes a topic to it",
        "hello-sockets gen channel Room --skip",
    )];
    breaks(
        &sandbox,
        "my_app/src/channels/user_socket.rs",
        route,
        &channel,
    );
}

#[test]
fn what_a_phoenix_app_does_not_wire_is_named_with_the_command_that_does() {
    let sandbox = Sandbox::with_phoenix_app().after(&GROWN);
    let script = [(
        "`assets/js/user_socket.js`: no script or page loads it",
        "hello-sockets gen socket User --skip",
    )];
    breaks(
        &sandbox,
        "my_app/assets/js/app.js",
        "import \"./user_socket.js\"\n",
        &script,
    );
    let mount =
        "  socket \"/socket\", MyAppWeb.UserSocket,\n    websocket: true,\n    longpoll: false\n";
    let socket = [(
        "`MyAppWeb.UserSocket` (lib/my_app_web/channels/user_socket.ex:1): no endpoint mounts it",
        "hello-sockets gen socket User --skip",
    )];
    breaks(
        &sandbox,
        "my_app/lib/my_app_web/endpoint.ex",
        mount,
        &socket,
    );
    let channel = [(
        "`MyAppWeb.RoomChannel` (lib/my_app_web/channels/room_channel.ex:1): no socket routes a topic to it",
        "hello-sockets gen channel Room --skip",
    )];
    breaks(
        &sandbox,
        "my_app/lib/my_app_web/channels/user_socket.ex",
        "  channel \"room:*\", MyAppWeb.RoomChannel\n",
        &channel,
    );
}

#[test]
fn a_channel_that_no_command_can_name_is_named_with_the_line_that_routes_to_it() {
    let sandbox = Sandbox::with_phoenix_app();
    let own = "defmodule MyAppWeb.Channel do\n  use MyAppWeb, :channel\nend\n";
    sandbox.write("my_app/lib/my_app_web/channels/channel.ex", own);

    let (wiring, _) = wiring(&sandbox);

    let problem = serde_json::json!([{
        "message": "`MyAppWeb.Channel` (lib/my_app_web/channels/channel.ex:1): no socket routes a topic to it",
        "help": "add a topic to a socket: channel \"topic:*\", MyAppWeb.Channel",
    }]);
    assert_eq!(wiring["problems"], problem);
}

#[test]
fn a_script_that_no_command_loads_is_named_with_the_line_that_does() {
    for (sandbox, script, import) in [
        (
            Sandbox::with_app(),
            "assets/js/rooms/chat.js",
            "./rooms/chat.js",
        ),
        (
            Sandbox::with_phoenix_app(),
            "assets/js/chat.ts",
            "./chat.ts",
        ),
        (Sandbox::with_phoenix_app(), "assets/chat.js", "../chat.js"),
    ] {
        let sandbox = sandbox.after(&GROWN[..1]);
        let [own, page] = ["user_socket", "app"].map(|name| format!("my_app/assets/js/{name}.js"));
        let text = sandbox.read(&own);
        std::fs::remove_file(sandbox.path().join(&own)).expect("it was there");
        sandbox.write(&format!("my_app/{script}"), &text);
        let before = sandbox
            .read(&page)
            .replace("import \"./user_socket.js\"\n", "");
        sandbox.write(&page, &before);

        let (wiring, _) = wiring(&sandbox);

        let line = format!("import \"{import}\"");
        let message = format!("`{script}`: no script or page loads it");
        let help = format!("add to the page's script in assets/js: {line}");
        let expected = serde_json::json!([{ "message": message, "help": help }]);
        assert_eq!(wiring["problems"], expected);
        sandbox.write(&page, &format!("{line}\n{before}"));
        assert_eq!(self::wiring(&sandbox).0["problems"], serde_json::json!([]));
    }
}

#[test]
fn names_are_read_through_aliases_and_constants() {
    let rust = Sandbox::with_app().after(&GROWN[..2]);
    let replace = |sandbox: &Sandbox, file: &str, from: &str, to: &str| {
        let before = sandbox.read(file);
        assert!(before.contains(from), "{before}");
        sandbox.write(file, &before.replace(from, to));
    };
    let socket = "my_app/src/channels/user_socket.rs";
    replace(&rust, socket, "(\"room:*\")", "(ROOMS)");
    replace(
        &rust,
        socket,
        "impl SocketHandler",
        "const ROOMS: &str = \"room:*\";\n\nimpl SocketHandler",
    );
    let endpoint = "my_app/src/endpoint.rs";
    replace(&rust, endpoint, "UserSocket;", "UserSocket as Users;");
    replace(&rust, endpoint, "<UserSocket>", "<Users>");
    let expected = [["user:*", "UserChannel"], ["room:*", "RoomChannel"]];
    assert_eq!(sockets(&wiring(&rust).0)[0][2], serde_json::json!(expected));
    assert_eq!(
        sockets(&wiring(&rust).0)[0][1],
        serde_json::json!(["/socket"])
    );

    let phoenix = Sandbox::with_phoenix_app().after(&GROWN[..2]);
    let socket = "my_app/lib/my_app_web/channels/user_socket.ex";
    replace(&phoenix, socket, "MyAppWeb.RoomChannel", "Rooms");
    replace(
        &phoenix,
        socket,
        "use Phoenix.Socket",
        "use Phoenix.Socket\n  alias MyAppWeb.RoomChannel, as: Rooms",
    );
    let expected = [
        ["user:*", "MyAppWeb.UserChannel"],
        ["room:*", "MyAppWeb.RoomChannel"],
    ];
    assert_eq!(
        sockets(&wiring(&phoenix).0)[0][2],
        serde_json::json!(expected)
    );
}

#[test]
fn a_script_that_is_imported_in_a_comment_is_not_loaded() {
    let sandbox = Sandbox::with_app().after(&GROWN[..1]);
    let script = sandbox.read("my_app/assets/js/app.js");
    sandbox.write(
        "my_app/assets/js/app.js",
        &script.replace("import \"./user", "// import \"./user"),
    );
    assert_eq!(wiring(&sandbox).1.code, Some(1));
}

#[test]
fn an_app_without_sockets_has_none_and_outside_of_an_app_there_is_nothing_to_report() {
    let sandbox = Sandbox::with_app();
    assert_eq!(sandbox.ok(&["routes"]).stdout, "No sockets.\n");
    let ran = sandbox.run_outside(&["routes"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
}
