//! `hello-sockets gen channel`, from outside.

mod support;

use support::Sandbox;

const CREATED: &str = "\
* creating src/channels/user_channel.rs
* creating tests/user_channel.rs
* creating tests/support/mod.rs

The default socket handler - my_app::channels::UserSocket - was not found.
";

#[test]
fn yes_makes_and_wires_everything() {
    let sandbox = Sandbox::with_app();

    let ran = sandbox
        .answer(&["gen", "channel", "User"], "Y\n")
        .succeeded();

    assert_eq!(ran.stderr, "\nDo you want to create it? [Yn] Y\n");
    assert_eq!(
        ran.stdout,
        format!(
            "{CREATED}\
             * creating src/channels/user_socket.rs\n\
             * creating assets/js/user_socket.js\n\
             * injecting src/channels/mod.rs\n\
             * injecting src/endpoint.rs\n\
             * injecting assets/js/app.js\n\
             \nStart the app with `hello-sockets dev`, and open http://localhost:4000\n"
        )
    );
    let added = |path: &str, line: &str| {
        assert!(
            sandbox.read(path).lines().any(|l| l == line),
            "{path}\n{}",
            sandbox.read(path)
        )
    };
    added("my_app/src/channels/mod.rs", "pub mod user_channel;");
    added("my_app/src/channels/mod.rs", "pub mod user_socket;");
    added(
        "my_app/src/endpoint.rs",
        "use crate::channels::user_socket::UserSocket;",
    );
    added(
        "my_app/src/endpoint.rs",
        "        .socket::<UserSocket>(\"/socket\")",
    );
    added(
        "my_app/src/channels/user_socket.rs",
        "use super::user_channel::UserChannel;",
    );
    added(
        "my_app/src/channels/user_socket.rs",
        "        routes.channel::<UserChannel>(\"user:*\");",
    );
    added("my_app/assets/js/app.js", "import \"./user_socket.js\"");
    added(
        "my_app/assets/js/user_socket.js",
        "export const userChannel = socket.channel(\"user:lobby\", {})",
    );
}

#[test]
fn no_leaves_an_app_that_can_be_completed_by_one_command() {
    let sandbox = Sandbox::with_app();

    let ran = sandbox
        .answer(&["gen", "channel", "User"], "n\n")
        .succeeded();

    assert_eq!(ran.stderr, "\nDo you want to create it? [Yn] n\n");
    assert_eq!(
        ran.stdout,
        format!(
            "{CREATED}\n\
             No socket handler routes `user:*` yet. To create one and to route the channel in it, run\n\n    \
             hello-sockets gen channel User --yes --skip\n\
             * injecting src/channels/mod.rs\n\
             \nThe channel compiles, and its tests pass without a socket: `cargo test`\n"
        )
    );
    assert!(!sandbox.exists("my_app/src/channels/user_socket.rs"));

    sandbox.ok(&["gen", "channel", "User", "--yes", "--skip"]);

    let at_once = Sandbox::with_app();
    at_once
        .answer(&["gen", "channel", "User"], "y\n")
        .succeeded();
    assert_eq!(sandbox.tree(), at_once.tree());
}

#[test]
fn that_command_completes_an_app_whose_channel_was_changed_meanwhile() {
    let sandbox = Sandbox::with_app();
    sandbox
        .answer(&["gen", "channel", "User"], "n\n")
        .succeeded();
    sandbox.ok(&["gen", "presence"]);
    let changed = sandbox.read("my_app/src/channels/user_channel.rs");

    sandbox.ok(&["gen", "channel", "User", "--yes", "--skip"]);

    assert_eq!(sandbox.read("my_app/src/channels/user_channel.rs"), changed);
    let socket = sandbox.read("my_app/src/channels/user_socket.rs");
    assert!(
        socket.contains("routes.channel::<UserChannel>(\"user:*\");"),
        "{socket}"
    );
}

#[test]
fn the_answer_can_be_given_beforehand() {
    let yes = Sandbox::with_app();
    let ran = yes
        .answer(&["gen", "channel", "User", "--yes"], "n\n")
        .succeeded();
    assert_eq!(ran.stderr, "\nDo you want to create it? [Yn] Y\n");
    assert!(yes.exists("my_app/src/channels/user_socket.rs"));

    let no = Sandbox::with_app();
    let ran = no
        .answer(&["gen", "channel", "User", "--no-socket"], "y\n")
        .succeeded();
    assert_eq!(ran.stderr, "\nDo you want to create it? [Yn] n\n");
    assert!(!no.exists("my_app/src/channels/user_socket.rs"));
}

#[test]
fn the_second_time_changes_nothing() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "channel", "User", "--yes"]);
    let before = sandbox.tree();

    let ran = sandbox.ok(&["gen", "channel", "User"]);

    assert_eq!(sandbox.tree(), before);
    assert_eq!(ran.stderr, "");
    assert_eq!(
        ran.stdout,
        "* identical src/channels/user_channel.rs\n\
         * identical tests/user_channel.rs\n\
         * identical tests/support/mod.rs\n\
         * identical src/channels/mod.rs\n\
         * identical src/channels/user_socket.rs\n\
         * identical assets/js/user_socket.js\n\
         \nStart the app with `hello-sockets dev`, and open http://localhost:4000\n"
    );
}

#[test]
fn a_second_channel_is_routed_without_a_question() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "channel", "User", "--yes"]);

    let ran = sandbox.ok(&["gen", "channel", "Room"]);

    assert_eq!(ran.stderr, "");
    let socket = sandbox.read("my_app/src/channels/user_socket.rs");
    assert!(
        socket.contains(
            "use super::room_channel::RoomChannel;\nuse super::user_channel::UserChannel;\n"
        ),
        "{socket}"
    );
    assert!(
        socket.contains(
            "    fn channels(routes: &mut Channels<Self>) {\n        \
             routes.channel::<UserChannel>(\"user:*\");\n        \
             routes.channel::<RoomChannel>(\"room:*\");\n    }\n"
        ),
        "{socket}"
    );
}

#[test]
fn a_nested_name_has_a_topic_of_its_own() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "channel", "Room", "--yes"]);
    let before = sandbox.tree();

    sandbox.run(&["gen", "channel", "Admin.Room"]).misused(
        "error: the topic `room:*` is taken: UserSocket routes `room:*` to RoomChannel\n\
         help: hello-sockets gen channel Admin.Room --topic admin_room\n",
    );
    assert_eq!(sandbox.tree(), before);

    sandbox.ok(&["gen", "channel", "Admin.Room", "--topic", "admin_room"]);
    let socket = sandbox.read("my_app/src/channels/user_socket.rs");
    assert!(
        socket.contains("        routes.channel::<AdminRoomChannel>(\"admin_room:*\");\n"),
        "{socket}"
    );
    assert!(
        sandbox
            .read("my_app/tests/admin_room_channel.rs")
            .contains("const TOPIC: &str = \"admin_room:lobby\";")
    );
    assert!(
        sandbox
            .read("my_app/assets/js/user_socket.js")
            .contains("socket.channel(\"admin_room:lobby\", {})")
    );
}

#[test]
fn a_route_goes_before_a_wider_pattern_for_the_first_that_fits_wins() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "channel", "User", "--yes"]);
    let socket = sandbox
        .read("my_app/src/channels/user_socket.rs")
        .replace("\"user:*\"", "\"*\"");
    sandbox.write("my_app/src/channels/user_socket.rs", &socket);

    sandbox.ok(&["gen", "channel", "Room"]);

    let routed = "routes.channel::<RoomChannel>(\"room:*\");\n        routes.channel::<UserChannel>(\"*\");\n";
    let socket = sandbox.read("my_app/src/channels/user_socket.rs");
    assert!(socket.contains(routed), "{socket}");
}

#[test]
fn another_socket_can_route_it() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "socket", "Device"]);

    let ran = sandbox.ok(&["gen", "channel", "Sensor", "--socket", "DeviceSocket"]);

    assert_eq!(ran.stderr, "");
    assert!(
        sandbox
            .read("my_app/src/channels/device_socket.rs")
            .contains("routes.channel::<SensorChannel>(\"sensor:*\");")
    );
    assert!(!sandbox.exists("my_app/src/channels/user_socket.rs"));
    assert!(
        sandbox
            .read("my_app/assets/js/device_socket.js")
            .contains("socket.channel(\"sensor:lobby\", {})")
    );
}

#[test]
fn bad_names_and_topics_are_refused_with_a_suggestion() {
    let sandbox = Sandbox::with_app();
    let before = sandbox.tree();

    sandbox.run(&["gen", "channel", "room"]).misused(
        "error: `room` is not a channel name: each part of a name starts with a capital letter\nhelp: hello-sockets gen channel Room\n",
    );
    sandbox.run(&["gen", "channel", "Room", "--topic", "Room:*"]).misused(
        "error: `Room:*` is not a topic: a topic is the part before the colon, of lower-case letters, digits and `_`\n\
         help: --topic room\n",
    );
    sandbox.run(&["gen", "channel", "Room", "--socket", "device"]).misused(
        "error: `device` is not a socket name: each part of a name starts with a capital letter\nhelp: --socket Device\n",
    );
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn it_works_from_any_folder_of_the_app_and_nowhere_else() {
    let sandbox = Sandbox::with_app();
    let mut command = sandbox.command(&["gen", "channel", "User", "--yes"]);
    command.current_dir(sandbox.path().join("my_app/src/channels"));
    support::finish(command, "").succeeded();
    assert!(sandbox.exists("my_app/src/channels/user_channel.rs"));

    let nowhere = Sandbox::new();
    let ran = nowhere.run(&["gen", "channel", "User"]);
    assert_eq!(ran.code, Some(2));
    let here = nowhere.path().canonicalize().expect("it is there");
    assert_eq!(
        ran.stderr,
        format!(
            "error: no app was found in `{}` or in any folder above it\n\
             help: make one with `hello-sockets new my_app`, or go to the folder of one: \
             a Rust app has `axum`, under that name, or `axum-channels` in `[dependencies]` of its Cargo.toml, \
             a Phoenix app has `:phoenix` among the dependencies in its mix.exs\n",
            here.display()
        )
    );
}

#[test]
fn an_existing_app_is_recognised_by_its_dependency() {
    for dependency in [
        "[dependencies]\naxum-channels = \"0.1\"\n",
        "[dependencies]\naxum-channels.workspace = true\n",
        "[dependencies]\n\"axum-channels\" = { git = \"https://example.com\" }\n",
        "[dependencies.axum-channels]\npath = \"../axum-channels\"\n",
        "[dependencies.\"axum-channels\"]\npath = '../axum-channels'\n",
        "[ dependencies ]\n'axum-channels'.path = '../axum-channels'\n",
        "[dependencies.channels]\nversion = \"0.1\"\npackage = 'axum-channels'\n",
        "[dependencies]\nchannels.version = \"0.1\"\nchannels.package = \"axum-channels\"\n",
    ] {
        let sandbox = Sandbox::new();
        sandbox.write(
            "my_app/Cargo.toml",
            &format!("[package]\nname = \"existing-app\"\nversion = \"0.1.0\"\n\n{dependency}"),
        );

        let ran = sandbox.ok(&["gen", "channel", "User", "--no-socket"]);

        assert!(
            sandbox.exists("my_app/src/channels/user_channel.rs"),
            "{dependency}\n{}",
            ran.stdout
        );
        assert_eq!(
            sandbox.read("my_app/src/channels/mod.rs"),
            "//! Channels and sockets.\n\npub mod user_channel;\n"
        );
        assert!(
            sandbox
                .read("my_app/tests/user_channel.rs")
                .contains("use existing_app::channels::")
        );
    }
    let sandbox = Sandbox::new();
    sandbox.write(
        "my_app/Cargo.toml",
        "[package]\nname = \"other\"\n\n[dev-dependencies]\naxum-channels = \"0.1\"\n",
    );
    assert_eq!(sandbox.run(&["gen", "channel", "User"]).code, Some(2));
}

#[test]
fn a_manifest_that_cannot_be_read_is_named_with_what_is_wrong_in_it() {
    let sandbox = Sandbox::with_app();
    let manifest = sandbox.read("my_app/Cargo.toml");
    sandbox.write("my_app/Cargo.toml", &format!("<<<<<<< HEAD\n{manifest}"));

    let ran = sandbox.run(&["gen", "channel", "User", "--yes"]);

    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let path = sandbox.path().join("my_app/Cargo.toml");
    let path = path.canonicalize().expect("it is there");
    let start = format!(
        "error: `{}` cannot be read: TOML parse error at line 1",
        path.display()
    );
    assert!(ran.stderr.starts_with(&start), "{}", ran.stderr);
    let end = "help: correct it, and run the command again\n";
    assert!(ran.stderr.ends_with(end), "{}", ran.stderr);
    // A folder with such a file is no obstacle to an app below it.
    sandbox.write("Cargo.toml", "<<<<<<< HEAD\n");
    sandbox.write("my_app/Cargo.toml", &manifest);
    sandbox.ok(&["gen", "channel", "User", "--yes"]);
}

#[test]
fn a_template_of_the_projects_own_wins() {
    let sandbox = Sandbox::with_app();
    sandbox.write(
        "my_app/.hello-sockets/templates/rust/channel/src/channels/{{ name.snake }}_channel.rs.tera",
        "pub struct {{ name.pascal }}Channel; // ours\n",
    );

    sandbox.ok(&["gen", "channel", "User", "--yes"]);

    assert_eq!(
        sandbox.read("my_app/src/channels/user_channel.rs"),
        "pub struct UserChannel; // ours\n"
    );
}

#[test]
fn an_undefined_variable_in_a_template_is_an_error_and_writes_nothing() {
    let sandbox = Sandbox::with_app();
    sandbox.write(
        "my_app/.hello-sockets/templates/rust/channel/src/channels/{{ name.snake }}_channel.rs.tera",
        "pub struct {{ name.pascall }};\n",
    );
    let before = sandbox.tree();

    let ran = sandbox.run(&["gen", "channel", "User", "--yes"]);

    assert_eq!(ran.code, Some(1));
    let file =
        ".hello-sockets/templates/rust/channel/src/channels/{{ name.snake }}_channel.rs.tera";
    assert!(
        ran.stderr.starts_with(&format!("error: in {file}: ")),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("pascall"), "{}", ran.stderr);
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_dry_run_reports_the_same_and_touches_nothing() {
    let sandbox = Sandbox::with_app();
    let before = sandbox.tree();

    let dry = sandbox.ok(&["gen", "channel", "User", "--yes", "--dry-run"]);

    assert_eq!(sandbox.tree(), before);
    let wet = sandbox.ok(&["gen", "channel", "User", "--yes"]);
    let lines = |report: &str| {
        report
            .lines()
            .filter(|l| l.starts_with("* "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(&dry.stdout), lines(&wet.stdout));
}

#[test]
fn in_an_app_that_we_did_not_make_what_is_missing_is_made_or_printed() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "my_app/Cargo.toml",
        "[package]\nname = \"chat\"\n\n[dependencies]\naxum-channels = \"0.1\"\n",
    );
    sandbox.write("my_app/src/lib.rs", "//! Chat.\n\npub mod endpoint;\n");
    sandbox.write(
        "my_app/src/endpoint.rs",
        "fn e() -> E { Endpoint::builder().build() }\n",
    );

    let ran = sandbox.ok(&["gen", "channel", "User", "--yes"]);

    assert_eq!(
        sandbox.read("my_app/src/lib.rs"),
        "//! Chat.\n\npub mod channels;\npub mod endpoint;\n"
    );
    assert!(
        sandbox
            .read("my_app/src/endpoint.rs")
            .contains(".socket::<UserSocket>")
    );
    ran.prints("* injecting src/lib.rs\n");
    ran.prints("* injecting Cargo.toml\n");
    let feature = "    [dev-dependencies]\n    axum-channels = { …, features = [\"testing\"] }\n";
    ran.prints(feature);
    // Without a page, there is no script and no question about one.
    assert!(!ran.stdout.contains("assets"), "{}", ran.stdout);

    let manifest = sandbox.read("my_app/Cargo.toml");
    let table = "[dev-dependencies.axum-channels]\nversion = \"0.1\"\nfeatures = [\"testing\"]\n";
    sandbox.write("my_app/Cargo.toml", &format!("{manifest}\n{table}"));
    let ran = sandbox.ok(&["gen", "channel", "Room", "--yes"]);
    assert!(!ran.stdout.contains(feature), "{}", ran.stdout);
}

#[test]
#[cfg(unix)]
fn a_name_that_is_no_text_is_misuse() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::with_app();
    let mut command = sandbox.command(&["gen"]);
    command.arg(std::ffi::OsStr::from_bytes(b"chan\xffnel"));

    let ran = support::finish(command, "");

    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}

#[test]
fn with_history_the_route_keeps_broadcasts_and_the_script_recovers_them() {
    let sandbox = Sandbox::with_app();

    sandbox.ok(&["gen", "channel", "Room", "--history", "--yes"]);

    let socket = sandbox.read("my_app/src/channels/user_socket.rs");
    let route = "        routes\n            .channel::<RoomChannel>(\"room:*\")\n            \
                 .history(axum_channels::History::last(100).for_minutes(5));\n";
    assert!(socket.contains(route), "{socket}");
    let script = sandbox.read("my_app/assets/js/user_socket.js");
    for part in [
        "import { recover } from \"./recover.js\"\n",
        "\nexport const roomChannel = recover(socket.channel.bind(socket), \"room:lobby\", {}, () => {\n",
    ] {
        assert!(script.contains(part), "{script}");
    }
    assert_eq!(
        sandbox.read("my_app/assets/js/recover.js"),
        include_str!("../axum-channels/js/recover.js")
    );

    let again = sandbox.ok(&["gen", "channel", "Room", "--history", "--yes"]);
    assert!(!again.stdout.contains("injecting"), "{}", again.stdout);
    sandbox.ok(&["gen", "channel", "User", "--yes"]);
    let socket = sandbox.read("my_app/src/channels/user_socket.rs");
    let user = "        routes.channel::<UserChannel>(\"user:*\");\n";
    assert!(socket.contains(&format!("{route}{user}")), "{socket}");

    assert!(!sandbox.exists("my_app/assets/js/recover.d.ts"));
    sandbox.write("my_app/tsconfig.json", "{}\n");
    sandbox.ok(&["gen", "channel", "Feed", "--history", "--yes"]);
    assert_eq!(
        sandbox.read("my_app/assets/js/recover.d.ts"),
        include_str!("../axum-channels/js/recover.d.ts")
    );
}

#[test]
fn with_history_a_channel_that_is_there_gets_one_in_its_route_and_its_script() {
    let sandbox = Sandbox::with_app();
    let with_history = ["gen", "channel", "Room", "--history", "--yes"];
    sandbox.ok(&["gen", "channel", "Room", "--yes"]);

    let ran = sandbox.ok(&with_history);

    // The module and the route are there, the history of the route is not: one line for the file.
    let lines = ran
        .stdout
        .lines()
        .filter(|line| line.contains("user_socket.rs"));
    let lines: Vec<_> = lines.collect();
    assert_eq!(
        lines,
        ["* injecting src/channels/user_socket.rs"],
        "{}",
        ran.stdout
    );
    let socket = sandbox.read("my_app/src/channels/user_socket.rs");
    let route = "        routes\n            .channel::<RoomChannel>(\"room:*\")\n            \
                 .history(axum_channels::History::last(100).for_minutes(5));\n";
    assert!(socket.contains(route), "{socket}");
    let script = sandbox.read("my_app/assets/js/user_socket.js");
    for part in [
        "import { recover } from \"./recover.js\"\n",
        "\nexport const roomChannel = recover(socket.channel.bind(socket), \"room:lobby\", {}, () => {\n",
        "\n})\nroomChannel.join()\n",
    ] {
        assert!(script.contains(part), "{script}");
    }

    sandbox.run(&with_history).found_all_identical();
    sandbox.ok(&["upgrade", "--check"]);
}

#[test]
fn with_history_a_route_with_a_history_of_its_own_is_left_alone() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "channel", "Room", "--yes"]);
    let path = "my_app/src/channels/user_socket.rs";
    let route = "routes.channel::<RoomChannel>(\"room:*\");";
    let own = "routes.channel::<RoomChannel>(\"room:*\").history(History::last(7));";
    let socket = sandbox.read(path).replace(route, own);
    sandbox.write(path, &socket);
    let script = "my_app/assets/js/user_socket.js";
    let changed = sandbox.read(script).replace("{})", "{ name: \"me\" })");
    sandbox.write(script, &changed);

    let ran = sandbox.ok(&["gen", "channel", "Room", "--history", "--yes"]);

    assert_eq!(sandbox.read(path), socket);
    assert_eq!(sandbox.read(script), changed, "its parameters are its own");
    let step = "recover(socket.channel.bind(socket), \"room:lobby\", {}, () => {";
    ran.prints(step);
}

#[test]
fn a_history_is_refused_by_name_on_phoenix() {
    Sandbox::with_phoenix_app()
        .run(&["gen", "channel", "Room", "--history"])
        .misused(
            "error: Phoenix keeps no history of broadcasts: `--history` is for apps of the stack `rust`\n\
             help: hello-sockets gen channel Room\n",
        );
}

#[test]
fn a_script_that_connects_to_another_socket_is_not_taken_for_that_of_this_one() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox = sandbox.after(&[&["gen", "channel", "User"], &["gen", "socket", "Device"]]);
        let script = sandbox.path().join("my_app/assets/js/device_socket.js");
        std::fs::remove_file(script).expect("it is there");
        let app = sandbox.read("my_app/assets/js/app.js");
        let lines = app.lines().filter(|line| !line.contains("device_socket"));
        let app: String = lines.map(|line| format!("{line}\n")).collect();
        sandbox.write("my_app/assets/js/app.js", &app);

        let ran = sandbox.ok(&["gen", "channel", "Sensor", "--socket", "Device"]);

        let expected = "`sensor:lobby`. To make one that does, run\n\n    hello-sockets gen socket Device --skip\n";
        ran.prints(expected);
    }
}

/// Moves the channel `Room` of the app to another file, as its owner would.
fn move_room(sandbox: &Sandbox, to: &str, module: &str) {
    let from = sandbox.path().join("my_app/src/channels/room_channel.rs");
    let room = std::fs::read_to_string(&from).expect("it is there");
    std::fs::remove_file(&from).expect("it was there");
    sandbox.write(&format!("my_app/{to}"), &room);
    for path in [
        "src/channels/user_socket.rs",
        "tests/room_channel.rs",
        "src/channels/mod.rs",
    ] {
        let path = format!("my_app/{path}");
        let text = sandbox.read(&path);
        let own = format!("crate::{module}").replace("crate::channels", "super");
        let text = text.replace("super::room_channel", &own);
        let text = text.replace(
            "my_app::channels::room_channel",
            &format!("my_app::{module}"),
        );
        let declared = module
            .strip_prefix("channels::")
            .map(|name| format!("pub mod {name};\n"));
        sandbox.write(
            &path,
            &text.replace("pub mod room_channel;\n", &declared.unwrap_or_default()),
        );
    }
}

#[test]
fn a_channel_that_was_moved_is_made_once() {
    for (to, module) in [
        ("src/channels/rooms.rs", "channels::rooms"),
        ("src/chat/mod.rs", "chat"),
    ] {
        let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Room", "--yes"]]);
        move_room(&sandbox, to, module);
        let before = sandbox.tree();

        let ran = sandbox.ok(&["gen", "channel", "Room"]);

        assert_eq!(sandbox.tree(), before, "{}", ran.stdout);
        let skipped = format!("* skipping {to}\n");
        assert!(ran.stdout.starts_with(&skipped), "{}", ran.stdout);

        let handler = "my_app/src/channels/device_socket.rs";
        sandbox.ok(&["gen", "socket", "Device"]);
        sandbox.ok(&[
            "gen", "channel", "Room", "--socket", "Device", "--topic", "vip", "--skip",
        ]);
        let routed = sandbox.read(handler);
        let line = match module {
            "chat" => "use crate::chat::RoomChannel;\n",
            _ => "use super::rooms::RoomChannel;\n",
        };
        assert!(routed.contains(line), "{routed}");
        assert!(!sandbox.exists("my_app/src/channels/room_channel.rs"));

        if module.starts_with("channels") {
            sandbox.ok(&["gen", "presence", "--channel", "Room"]);
            let room = sandbox.read(&format!("my_app/{to}"));
            assert!(room.contains("presence::track("), "{room}");
            sandbox.ok(&["destroy", "presence", "--channel", "Room"]);
        }
        let destroy = ["destroy", "channel", "Room", "--no-socket", "--force"];
        sandbox.ok(&destroy);
        let ran = sandbox.ok(&destroy);
        ran.prints(&skipped);
        assert!(
            !sandbox
                .read("my_app/src/channels/user_socket.rs")
                .contains("RoomChannel")
        );
    }
}
