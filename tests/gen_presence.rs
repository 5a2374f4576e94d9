//! `hello-sockets gen presence` in a Rust app, from outside.

mod support;

use support::Sandbox;

/// An app with the channels User and Room.
fn app() -> Sandbox {
    Sandbox::with_app().after(&[
        &["gen", "channel", "User", "--yes"],
        &["gen", "channel", "Room"],
    ])
}

#[test]
fn a_presence_is_wired_into_its_channel_and_its_script() {
    let sandbox = app();

    let ran = sandbox.ok(&["gen", "presence"]);

    assert_eq!(
        ran.stdout,
        "* creating src/channels/presence.rs\n\
         * creating tests/presence.rs\n\
         * injecting src/channels/mod.rs\n\
         * injecting src/channels/user_channel.rs\n\
         * injecting assets/js/user_socket.js\n\
         \nStart the app with `hello-sockets dev`. The clients in a topic of UserChannel see each other.\n"
    );
    let channel = sandbox.read("my_app/src/channels/user_channel.rs");
    assert!(
        channel.contains(
            "_payload: Payload, socket: &Socket) -> Result<Self> {\n        \
             presence::track(socket)?;\n        Ok(Self)\n"
        ),
        "{channel}"
    );
    assert!(channel.contains("\nuse super::presence;\n"), "{channel}");
    let script = sandbox.read("my_app/assets/js/user_socket.js");
    assert!(
        script.contains("import { Presence, Socket } from \"phoenix\"\n"),
        "{script}"
    );
    let joined = script.find("userChannel.join()").expect("it is joined");
    let present = script.find("export const userPresence = new Presence(userChannel)\n");
    assert!(present.is_some_and(|present| present > joined), "{script}");
}

/// A topic or a payload that such a `join` accepts is not known: the test has a channel of its own.
#[test]
fn the_test_joins_no_channel_that_looks_at_its_topic_or_its_payload() {
    let unused = "_topic: &Topic, _payload: Payload";
    for (parameters, joins) in [
        (unused, true),
        ("topic: &Topic, _payload: Payload", false),
        ("_: &Topic, payload: Payload", false),
        ("_: &Topic, Payload(map): Payload", false),
        ("_: &Topic, _: Payload", true),
    ] {
        let sandbox = app();
        let path = "my_app/src/channels/room_channel.rs";
        let channel = sandbox.read(path);
        assert!(channel.contains(unused), "{channel}");
        sandbox.write(path, &channel.replace(unused, parameters));

        sandbox.ok(&["gen", "presence", "--channel", "Room"]);

        let test = sandbox.read("my_app/tests/presence.rs");
        assert_eq!(test.contains("RoomChannel"), joins, "{parameters}");
        assert_eq!(test.contains("struct Somewhere"), !joins, "{parameters}");
    }
}

#[test]
fn the_second_time_changes_nothing() {
    let sandbox = app();
    sandbox.ok(&["gen", "presence"]);
    let before = sandbox.tree();

    sandbox.run(&["gen", "presence"]).found_all_identical();

    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_changed_presence_serves_a_second_channel() {
    let sandbox = app();
    sandbox.ok(&["gen", "presence"]);
    let own = sandbox
        .read("my_app/src/channels/presence.rs")
        .replace("guest", "visitor");
    sandbox.write("my_app/src/channels/presence.rs", &own);

    let ran = sandbox.ok(&["gen", "presence", "--channel", "Room"]);

    ran.prints("* skipping src/channels/presence.rs\n* skipping tests/presence.rs\n");
    assert_eq!(sandbox.read("my_app/src/channels/presence.rs"), own);
    let script = sandbox.read("my_app/assets/js/user_socket.js");
    assert_eq!(script.matches("import { Presence, Socket }").count(), 1);
    for channel in ["user", "room"] {
        let present = format!("const {channel}Presence = new Presence({channel}Channel)\n");
        assert!(script.contains(&present), "{script}");
    }
}

#[test]
fn a_name_makes_another_one_for_the_channel_of_that_name() {
    let sandbox = app();

    sandbox.ok(&["gen", "presence", "RoomPresence"]);

    assert!(sandbox.exists("my_app/tests/room_presence.rs"));
    let channel = sandbox.read("my_app/src/channels/room_channel.rs");
    assert!(
        channel.contains("        room_presence::track(socket)?;\n        Ok(Self)\n"),
        "{channel}"
    );
    let modules = sandbox.read("my_app/src/channels/mod.rs");
    assert!(modules.contains("pub mod room_channel;\npub mod room_presence;\n"));
}

/// The library refuses the second `track` of a client by one name: each join would fail.
#[test]
fn a_channel_that_another_presence_tracks_is_refused() {
    let sandbox = app().after(&[
        &["gen", "channel", "Room"],
        &["gen", "presence", "--channel", "Room"],
    ]);
    let before = sandbox.tree();
    sandbox.run(&["gen", "presence", "Staff", "--channel", "Room"]).misused(
        "error: RoomChannel tracks its clients by `presence` already\n\
         help: add to the metadata in src/channels/presence.rs, or name another channel with `--channel`\n",
    );
    assert_eq!(sandbox.tree(), before);
    sandbox.ok(&["gen", "presence", "Staff", "--channel", "User"]);
}

#[test]
fn without_a_channel_the_next_command_is_printed() {
    let sandbox = Sandbox::with_app();

    let ran = sandbox.ok(&["gen", "presence"]);

    assert_eq!(
        ran.stdout,
        "* creating src/channels/presence.rs\n\
         * creating tests/presence.rs\n\
         * injecting src/channels/mod.rs\n\
         \nNo channel tracks its clients yet. Once there is one, such as RoomChannel, run\n\n    \
         hello-sockets gen presence --channel Room\n"
    );
}

#[test]
fn an_existing_presence_gets_the_function_that_the_channel_calls() {
    let sandbox = app();
    let own = "//! Mine.\n\npub struct Online;\n";
    sandbox.write("my_app/src/channels/presence.rs", own);

    let ran = sandbox.ok(&["gen", "presence"]);

    assert!(
        ran.stdout
            .starts_with("* skipping src/channels/presence.rs\n"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout
            .contains("* injecting src/channels/presence.rs\n"),
        "edited files are reported: {}",
        ran.stdout
    );
    let presence = sandbox.read("my_app/src/channels/presence.rs");
    assert!(presence.starts_with(own), "{presence}");
    assert!(
        presence.contains("pub fn track(socket: &axum_channels::Socket)"),
        "{presence}"
    );
}

#[test]
fn a_join_of_ones_own_is_edited_where_it_lets_clients_in() {
    let own = "        let name: String = payload.parse()?;\n        Ok(Self { name })\n";
    let (before, after) = join_with(own);
    let edited = before.replace(
        "        Ok(Self { name })\n",
        "        presence::track(client)?;\n        Ok(Self { name })\n",
    );
    let imports = "Socket, Topic, UnknownEvent};\n";
    let with_use = format!("{imports}\nuse super::presence;\n");
    assert_eq!(after, edited.replace(imports, &with_use));
}

#[test]
fn a_join_in_which_socket_means_something_else_is_a_manual_step() {
    let own = "        let socket = client.id().unwrap_or_default();\n        drop(socket);\n        Ok(Self)\n";
    let (before, after) = join_with(own);
    assert_eq!(after, before);
}

#[test]
fn a_join_that_lets_clients_in_at_two_places_is_a_manual_step() {
    let own = "        if topic.ends_with('1') {\n            return Ok(Self);\n        }\n        Ok(Self)\n";
    let (before, after) = join_with(own);
    assert_eq!(after, before);
}

/// A channel with `body` in `join`, before and after `gen presence`.
fn join_with(body: &str) -> (String, String) {
    let path = "my_app/src/channels/user_channel.rs";
    let sandbox = app();
    let channel = sandbox
        .read(path)
        .replace("        Ok(Self)\n", body)
        .replace(
            "_topic: &Topic, _payload: Payload, _socket: &Socket",
            "topic: &Topic, payload: Payload, client: &Socket",
        );
    sandbox.write(path, &channel);

    let ran = sandbox.ok(&["gen", "presence"]);

    let after = sandbox.read(path);
    let manual_step = ran.stdout.contains("presence::track(socket)?;");
    assert_eq!(manual_step, after == channel, "{}", ran.stdout);
    (channel, after)
}

#[test]
fn a_script_without_the_channel_is_left_alone_and_the_lines_are_shown() {
    let sandbox = app();
    let path = "my_app/assets/js/user_socket.js";
    let own = sandbox.read(path).replace("userChannel", "lobby");
    let own = own.replace("(\"user:lobby\", {})", "(TOPIC, {})");
    sandbox.write(path, &own);

    let ran = sandbox.ok(&["gen", "presence"]);

    assert_eq!(sandbox.read(path), own);
    ran.prints("new Presence(userChannel)");
    ran.prints("\nOnce these lines are in place:\n\nStart the app with `hello-sockets dev`");
}

#[test]
fn the_only_channel_is_the_default_and_candidates_are_listed() {
    for stack in ["rust", "phoenix"] {
        let sandbox = Sandbox::new();
        let new = [
            "new",
            "my_app",
            "--no-git",
            "--no-install",
            "--channel",
            "Room",
            "--stack",
            stack,
        ];
        sandbox.ok(&new);
        let before = sandbox.tree();
        let usr = sandbox.run(&["gen", "presence", "--channel", "Usr"]);
        usr.misused(
            "error: no channel of this app is called UsrChannel\n\
             help: hello-sockets gen presence --channel Room\n",
        );
        assert_eq!(sandbox.tree(), before);

        let ran = sandbox.ok(&["gen", "presence", "--dry-run"]);
        let injected = ran
            .stdout
            .lines()
            .any(|line| line.starts_with("* injecting") && line.contains("room_channel"));
        assert!(injected, "{}", ran.stdout);

        sandbox.ok(&["gen", "channel", "Lobby"]);
        let ran = sandbox.ok(&["gen", "presence"]);
        let next =
            "To make one track them, run\n\n    hello-sockets gen presence --channel Lobby\n";
        assert!(ran.stdout.ends_with(next), "{}", ran.stdout);
    }
}

#[test]
fn of_many_channels_the_nearest_or_some_are_named() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let names = ["Ant", "Bee", "Cat", "Dog", "Emu", "Fox", "Gnu"];
        let sandbox = names.iter().fold(sandbox, |sandbox, name| {
            sandbox.after(&[&["gen", "channel", name, "--yes"]])
        });
        for (typed, help) in [
            ("Foxx", "Fox"),
            (
                "Zebra",
                "Ant, or --channel Bee, or --channel Cat, or --channel Dog, or --channel Emu, or another one, as \
                 `hello-sockets routes` lists them",
            ),
        ] {
            sandbox
                .run(&["gen", "presence", "--channel", typed])
                .misused(&format!(
                    "error: no channel of this app is called {typed}Channel\n\
                 help: hello-sockets gen presence --channel {help}\n"
                ));
        }
    }
}

#[test]
fn a_channel_that_an_app_without_channels_is_asked_for_is_missing() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let before = sandbox.tree();
        let ran = sandbox.run(&["gen", "presence", "--channel", "Room"]);
        ran.misused(
            "error: no channel of this app is called RoomChannel\n\
             help: hello-sockets gen channel Room\n",
        );
        assert_eq!(sandbox.tree(), before);
    }
}

/// Characters of regular expressions stand for themselves.
#[test]
fn a_topic_of_any_characters_is_found_in_the_script() {
    for topic in ["user(1", "us+er", "user.v[1]"] {
        let sandbox = app();
        let handler = "my_app/src/channels/user_socket.rs";
        let script = "my_app/assets/js/user_socket.js";
        let [own, routes] = [script, handler].map(|path| sandbox.read(path));
        let routes = routes.replace("\"user:*\"", &format!("\"{topic}:*\""));
        sandbox.write(handler, &routes);
        let own = own.replace("userChannel", "lobby");
        sandbox.write(
            script,
            &own.replace("user:lobby", &format!("{topic}:lobby")),
        );

        sandbox.ok(&["gen", "presence"]);

        assert!(
            sandbox.read(script).contains("new Presence(lobby)"),
            "{topic}"
        );
    }
}

#[test]
fn a_renamed_channel_is_found_in_the_script_by_its_topic() {
    let sandbox = app();
    let folder = "my_app/src/channels";
    for file in ["mod.rs", "user_socket.rs", "user_channel.rs"] {
        let text = sandbox.read(&format!("{folder}/{file}"));
        let text = text.replace("user_channel", "people_channel");
        let text = text.replace("UserChannel", "PeopleChannel");
        let file = file.replace("user_channel", "people_channel");
        sandbox.write(&format!("{folder}/{file}"), &text);
    }

    let ran = sandbox.ok(&["gen", "presence", "--channel", "People"]);

    assert_eq!(
        ran.stdout,
        "* creating src/channels/presence.rs\n\
         * creating tests/presence.rs\n\
         * injecting src/channels/mod.rs\n\
         * injecting src/channels/people_channel.rs\n\
         * injecting assets/js/user_socket.js\n\
         \nStart the app with `hello-sockets dev`. The clients in a topic of PeopleChannel see each other.\n"
    );
    let script = sandbox.read("my_app/assets/js/user_socket.js");
    let presence = "export const peoplePresence = new Presence(userChannel)\n";
    assert!(script.contains(presence), "{script}");
}

#[test]
fn the_list_is_kept_in_the_script_that_joins_the_channel() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Room"]]);
    let socket_js = sandbox.read("my_app/assets/js/user_socket.js");
    let (connects, _) = socket_js.split_once("\n// RoomChannel").expect("it joins");
    let connects = format!(
        "{connects}\nlet channel = socket.channel(\"news:all\", {{}})\nexport default socket\n"
    );
    sandbox.write("my_app/assets/js/user_socket.js", &connects);
    let page = "import socket from \"./user_socket.js\"\n\nconst channel = socket.channel(\"room:lobby\", {})\nchannel.join()\n";
    sandbox.write("my_app/assets/js/room.js", page);

    sandbox.ok(&["gen", "presence", "--channel", "Room"]);

    assert_eq!(sandbox.read("my_app/assets/js/user_socket.js"), connects);
    let script = sandbox.read("my_app/assets/js/room.js");
    assert!(
        script.contains("export const roomPresence = new Presence(channel)\n"),
        "{script}"
    );
}

/// An alias is the last part of a name.
#[test]
fn the_test_of_a_presence_in_a_namespace_calls_it_by_its_alias() {
    let sandbox = Sandbox::with_phoenix_app().after(&[
        &["gen", "channel", "Admin.Room", "--yes"],
        &["gen", "presence", "Admin.RoomPresence"],
    ]);

    let test = sandbox.read("my_app/test/my_app_web/channels/admin/room_presence_test.exs");

    assert!(
        test.contains("  alias MyAppWeb.Admin.RoomPresence\n"),
        "{test}"
    );
    assert!(
        test.contains("      RoomPresence.track(socket)\n"),
        "{test}"
    );
    assert!(!test.contains(" Admin.RoomPresence"), "{test}");
}
