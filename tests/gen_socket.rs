//! `hello-sockets gen socket`, from outside.

mod support;

use support::Sandbox;

#[test]
fn a_socket_is_mounted_beside_the_default_one_and_its_script_imported() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "socket", "User"]);

    let ran = sandbox.ok(&["gen", "socket", "Device"]);

    assert_eq!(
        ran.stdout,
        "* creating src/channels/device_socket.rs\n\
         * creating assets/js/device_socket.js\n\
         * injecting src/channels/mod.rs\n\
         * injecting src/endpoint.rs\n\
         * injecting assets/js/app.js\n\
         \nThe socket at /device_socket has no channels yet. Make one:\n\n    \
         hello-sockets gen channel Room --socket Device\n"
    );
    let endpoint = sandbox.read("my_app/src/endpoint.rs");
    assert!(
        endpoint.contains(
            "    Endpoint::builder()\n        \
             .socket::<UserSocket>(\"/socket\")\n        \
             .socket::<DeviceSocket>(\"/device_socket\")\n        \
             .url("
        ),
        "{endpoint}"
    );
    assert!(
        endpoint.contains(
            "use crate::channels::device_socket::DeviceSocket;\nuse crate::channels::user_socket::UserSocket;\nuse crate::log;\n"
        ),
        "{endpoint}"
    );
    let app = sandbox.read("my_app/assets/js/app.js");
    assert!(
        app.ends_with("import \"./inspector.js\"\nimport \"./user_socket.js\"\nimport \"./device_socket.js\"\n"),
        "{app}"
    );
    assert!(
        sandbox
            .read("my_app/assets/js/device_socket.js")
            .contains("new Socket(path(\"/device_socket\")")
    );
}

/// A channel that the app has would be asked about, as soon as it has been edited.
#[test]
fn the_suggested_channel_is_one_that_the_app_does_not_have() {
    for (sandbox, folder, end) in [
        (Sandbox::with_app(), "src/channels", ".rs"),
        (
            Sandbox::with_phoenix_app(),
            "lib/my_app_web/channels",
            ".ex",
        ),
    ] {
        let mut sandbox = sandbox;
        for (channel, suggested) in [
            ("Room", "Kiosk --socket Kiosk"),
            ("Kiosk", "Room --socket Kiosk --skip"),
        ] {
            sandbox = sandbox.after(&[&["gen", "channel", channel, "--yes"]]);
            let path = format!("my_app/{folder}/{}_channel{end}", channel.to_lowercase());
            let edited = sandbox.read(&path).replace("shout", "call");
            sandbox.write(&path, &edited);

            let ran = sandbox.ok(&["gen", "socket", "Kiosk"]);

            let command = ran.stdout.lines().last().unwrap_or_default().trim();
            assert_eq!(command, format!("hello-sockets gen channel {suggested}"));
            let words: Vec<_> = command.split(' ').skip(1).collect();
            let ran = sandbox.ok(&[&words[..], &["--dry-run"]].concat());
            let routed = format!("* injecting {folder}/kiosk_socket{end}\n");
            ran.prints(&routed);
        }
    }
}

#[test]
fn the_second_time_changes_nothing() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "socket", "Device"]);
    let before = sandbox.tree();

    sandbox
        .run(&["gen", "socket", "DeviceSocket"])
        .found_all_identical();

    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_socket_and_then_its_channel_are_what_a_channel_with_its_socket_is() {
    let apart = Sandbox::with_app();
    apart.ok(&["gen", "socket", "User"]);
    apart.ok(&["gen", "channel", "User"]);

    let together = Sandbox::with_app();
    together.ok(&["gen", "channel", "User", "--yes"]);

    assert_eq!(apart.tree(), together.tree());
}

#[test]
fn a_socket_with_long_polling_has_it_on_the_server_and_in_its_script() {
    let sandbox = Sandbox::with_app();
    let kiosk = ["gen", "socket", "Kiosk", "--longpoll"];

    sandbox.ok(&kiosk);

    let endpoint = sandbox.read("my_app/src/endpoint.rs");
    let mount = "        .socket_with::<KioskSocket>(\"/kiosk_socket\", axum_channels::websocket().longpoll())\n";
    assert!(endpoint.contains(mount), "{endpoint}");
    let script = sandbox.read("my_app/assets/js/kiosk_socket.js");
    let options = "new Socket(path(\"/kiosk_socket\"), { longPollFallbackMs: 2500, params: { token: window.userToken } })\n";
    assert!(script.contains(options), "{script}");
    let again = sandbox.run(&kiosk).found_all_identical();
    assert!(!again.stdout.contains("already"), "{}", again.stdout);
}

#[test]
fn a_phoenix_socket_with_long_polling_has_it_on_the_server_and_in_its_script() {
    let sandbox = Sandbox::with_phoenix_app();
    let kiosk = ["gen", "socket", "Kiosk", "--longpoll"];

    sandbox.ok(&kiosk);

    let endpoint = sandbox.read("my_app/lib/my_app_web/endpoint.ex");
    let mount = "  socket \"/kiosk_socket\", MyAppWeb.KioskSocket,\n    websocket: true,\n    longpoll: true\n";
    assert!(endpoint.contains(mount), "{endpoint}");
    let script = sandbox.read("my_app/assets/js/kiosk_socket.js");
    let options = "new Socket(\"/kiosk_socket\", { longPollFallbackMs: 2500, params: { token: window.userToken } })\n";
    assert!(script.contains(options), "{script}");
    let again = sandbox.run(&kiosk).found_all_identical();
    assert!(!again.stdout.contains("already"), "{}", again.stdout);
}

#[test]
fn a_mounted_socket_gets_long_polling_by_the_printed_lines() {
    for (sandbox, lines) in [
        (
            Sandbox::with_app(),
            "KioskSocket is mounted already, and its options stay as they are. For long-polling, mount it with\n\n    \
             .socket_with::<KioskSocket>(\"/kiosk_socket\", ",
        ),
        (
            Sandbox::with_phoenix_app(),
            "MyAppWeb.KioskSocket is mounted already, and its options stay as they are. For long-polling, set `longpoll: true` \
             where the endpoint\nmounts it, and ",
        ),
    ] {
        let sandbox = sandbox.after(&[&["gen", "socket", "Kiosk"]]);
        let ran = sandbox.run(&["gen", "socket", "Kiosk", "--longpoll", "--skip"]);
        let ran = ran.succeeded();
        ran.prints(lines);
    }
}

#[test]
fn a_socket_for_other_clients_has_no_script() {
    let device = ["gen", "socket", "Device", "--no-js"];
    for (sandbox, handler) in [
        (Sandbox::with_app(), "src/channels/device_socket.rs"),
        (
            Sandbox::with_phoenix_app(),
            "lib/my_app_web/channels/device_socket.ex",
        ),
    ] {
        let script = sandbox.read("my_app/assets/js/app.js");
        let before = sandbox.tree();

        let ran = sandbox.ok(&device);

        assert!(!ran.stdout.contains("assets/"), "{}", ran.stdout);
        assert!(!ran.stderr.contains("open pages"), "{}", ran.stderr);
        assert!(sandbox.exists(&format!("my_app/{handler}")));
        assert!(!sandbox.exists("my_app/assets/js/device_socket.js"));
        assert_eq!(sandbox.read("my_app/assets/js/app.js"), script);
        sandbox.run(&device).found_all_identical();
        sandbox.ok(&["destroy", "socket", "Device"]);
        assert_eq!(sandbox.tree(), before);
        // Without the option, the script is made for a socket that is there.
        sandbox.ok(&device);
        sandbox.ok(&["gen", "socket", "Device"]);
        assert!(sandbox.exists("my_app/assets/js/device_socket.js"));
    }
}

#[test]
fn a_token_is_sent_by_a_script_that_falls_back_to_long_polling() {
    let commands: [&[&str]; 2] = [&["gen", "socket", "User", "--longpoll"], &["gen", "auth"]];
    for (sandbox, path) in [
        (Sandbox::with_app(), "path(\"/socket\")"),
        (Sandbox::with_phoenix_app(), "\"/socket\""),
    ] {
        let options =
            format!("new Socket({path}, {{ longPollFallbackMs: 2500, authToken: token }})\n");
        let script = sandbox
            .after(&commands)
            .read("my_app/assets/js/user_socket.js");
        assert!(script.contains(&options), "{script}");
    }
}

/// The mount was a manual step; the script of the socket tells what it needs.
#[test]
fn a_socket_with_long_polling_is_mounted_with_it_by_later_commands_too() {
    let mount =
        ".socket_with::<KioskSocket>(\"/kiosk_socket\", axum_channels::websocket().longpoll())";
    let phoenix =
        "socket \"/kiosk_socket\", MyAppWeb.KioskSocket,\n  websocket: true,\n  longpoll: true";
    for (sandbox, endpoint, mount) in [
        (Sandbox::with_app(), "my_app/src/endpoint.rs", mount),
        (
            Sandbox::with_phoenix_app(),
            "my_app/lib/my_app_web/endpoint.ex",
            phoenix,
        ),
    ] {
        let source = sandbox.read(endpoint);
        sandbox.delete(endpoint);
        sandbox.ok(&["gen", "socket", "Kiosk", "--longpoll"]);

        for commands in [&["gen", "channel", "Room"][..], &["gen", "auth"]] {
            let args = [commands, &["--socket", "Kiosk", "--yes", "--dry-run"]].concat();
            let ran = sandbox.ok(&args);
            let printed = ran.stdout.replace("\n    ", "\n");
            assert!(printed.contains(mount), "{args:?}\n{}", ran.stdout);
        }

        // Once there is a place for it.
        sandbox.write(endpoint, &source);
        sandbox.ok(&["gen", "channel", "Room", "--socket", "Kiosk", "--yes"]);
        let source = sandbox.read(endpoint).replace("\n  ", "\n");
        assert!(source.contains(mount), "{source}");
    }
}
