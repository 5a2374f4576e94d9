//! `destroy`: what a generator has made is taken back, and what others need stays.

mod support;

use support::Sandbox;
use support::taken_back::{by_destroy, by_undo, different};

/// Commands that add to each other, without `gen`.
const GROWTH: [&[&str]; 9] = [
    &["channel", "User"],
    &["channel", "Room"],
    &["channel", "Admin.Room", "--topic", "admin_room"],
    &["channel", "Status", "--exact"],
    &["socket", "Device", "--longpoll"],
    &["channel", "Sensor", "--socket", "Device"],
    &["presence", "--channel", "Room"],
    &["presence", "--channel", "User"],
    &["auth", "--socket", "Device"],
];

#[test]
fn gen_and_destroy_leave_the_same_bytes_in_a_growing_rust_app() {
    let sandbox = Sandbox::with_app();
    let more: [&[&str]; 5] = [
        &["channel", "Inbox", "--per-user", "--socket", "Device"],
        &["channel", "News", "--history"],
        &["channel", "Alerts", "--history"],
        &["release"],
        &["pubsub"],
    ];
    for args in GROWTH.iter().chain(&more) {
        by_destroy(&sandbox, args);
        sandbox.ok(&[&["gen"], *args].concat());
    }
}

#[test]
fn gen_and_destroy_leave_the_same_bytes_in_a_growing_phoenix_app() {
    let sandbox = Sandbox::with_phoenix_app();
    let more: [&[&str]; 2] = [
        &["channel", "Inbox", "--per-user", "--socket", "Device"],
        &["pubsub"],
    ];
    for args in GROWTH.iter().chain(&more) {
        by_destroy(&sandbox, args);
        sandbox.ok(&[&["gen"], *args].concat());
    }
}

#[test]
fn a_new_app_is_as_new_after_all_generators_were_destroyed_in_any_order() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let before = sandbox.tree();
        let commands: [&[&str]; 4] = [
            &["channel", "User"],
            &["channel", "Room"],
            &["presence", "--channel", "Room"],
            &["auth"],
        ];
        for args in commands {
            sandbox.ok(&[&["gen"], args].concat());
        }
        // Not the order of the runs. The socket goes with its last channel.
        for at in [2, 3, 0, 1] {
            sandbox.ok(&[&["destroy"], commands[at]].concat());
        }
        assert_eq!(different(&sandbox, &before), [""; 0]);
    }
}

#[test]
fn a_sign_in_page_is_taken_back() {
    by_destroy(&Sandbox::with_app(), &["auth", "--sign-in"]);
}

#[test]
fn the_library_is_taken_back_as_soon_as_the_crate_does_not_use_it() {
    let sandbox = Sandbox::new();
    let cargo = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\n";
    sandbox.write("my_app/Cargo.toml", cargo);
    sandbox.write("my_app/src/lib.rs", "");
    let without = sandbox.tree();
    by_destroy(&sandbox, &["library"]);
    let sandbox = sandbox.after(&[
        &["gen", "library"],
        &["gen", "channel", "Room", "--no-socket"],
    ]);
    let with = sandbox.tree();

    // One error, where a line for each of its files would be.
    sandbox.run(&["destroy", "library"]).misused(
        "error: src/channels/room_channel.rs uses axum-channels\n\
         help: take back what uses it first, such as with `hello-sockets destroy channel`\n",
    );

    assert_eq!(different(&sandbox, &with), [""; 0]);
    let sandbox = sandbox.after(&[&["destroy", "channel", "Room"], &["destroy", "library"]]);
    assert_eq!(different(&sandbox, &without), [""; 0]);
}

/// An app with channels User and Room on one socket.
fn with_two_channels() -> Sandbox {
    Sandbox::with_app().after(&[&["gen", "channel", "User"], &["gen", "channel", "Room"]])
}

const ROOM: &str = "my_app/src/channels/room_channel.rs";

#[test]
fn what_others_need_stays_and_the_report_names_them() {
    let sandbox = with_two_channels();

    let ran = sandbox.ok(&["destroy", "channel", "Room"]);

    let report = "\
* editing assets/js/user_socket.js
* editing src/channels/user_socket.rs
* removing src/channels/room_channel.rs
* removing tests/room_channel.rs
* skipping tests/support/mod.rs
* editing src/channels/mod.rs

tests/support/mod.rs stays: tests/user_channel.rs needs it.
";
    assert_eq!(ran.stdout, report);
}

#[test]
fn a_presence_stays_while_another_channel_has_it() {
    let sandbox = with_two_channels().after(&[&["gen", "presence", "--channel", "User"]]);
    by_destroy(&sandbox, &["presence", "--channel", "Room"]);
    assert!(sandbox.exists("my_app/src/channels/presence.rs"));
}

#[test]
fn what_is_in_use_is_refused_with_the_command_that_ends_its_use() {
    for (sandbox, socket, channel, presence) in [
        (
            with_two_channels(),
            "UserSocket routes topics to RoomChannel, UserChannel",
            "Room && hello-sockets destroy channel User",
            "RoomChannel tracks its clients by `presence`",
        ),
        (
            Sandbox::with_phoenix_app().after(&[&["gen", "channel", "Room"]]),
            "MyAppWeb.UserSocket routes topics to MyAppWeb.RoomChannel",
            "Room",
            "RoomChannel tracks its clients by MyAppWeb.Presence",
        ),
    ] {
        let sandbox = sandbox.after(&[&["gen", "presence", "--channel", "Room"]]);
        let before = sandbox.tree();
        sandbox
            .run(&["destroy", "socket", "User"])
            .misused(&format!(
                "error: {socket}\nhelp: hello-sockets destroy channel {channel}\n"
            ));
        sandbox
            .run(&["destroy", "channel", "Room", "--force"])
            .misused(&format!(
                "error: {presence}\nhelp: hello-sockets destroy presence --channel Room\n"
            ));
        assert_eq!(different(&sandbox, &before), [""; 0]);
    }
}

#[test]
fn a_socket_that_a_run_of_its_own_has_made_stays_without_channels() {
    // Without a page, the socket is as generated.
    let bare = || {
        let sandbox = Sandbox::with_phoenix_app();
        std::fs::remove_dir_all(sandbox.path().join("my_app/assets")).expect("it is ours");
        sandbox
    };
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app(), bare()] {
        for options in [&[][..], &["--longpoll"]] {
            let socket = [&["gen", "socket", "Device"], options].concat();
            let before = sandbox.tree();
            sandbox.ok(&socket);
            by_destroy(&sandbox, &["channel", "Sensor", "--socket", "Device"]);
            sandbox.ok(&["destroy", "socket", "Device"]);
            assert_eq!(different(&sandbox, &before), [""; 0]);
        }
    }
}

#[test]
fn a_channel_that_got_a_history_later_is_taken_back_with_both() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User"]]);
    let before = sandbox.tree();
    let sandbox = sandbox.after(&[
        &["gen", "channel", "Room"],
        &["gen", "channel", "Room", "--history"],
    ]);

    sandbox.ok(&["destroy", "channel", "Room"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn options_of_another_name_are_not_completed_for_the_default_name() {
    for (sandbox, more) in [
        (Sandbox::with_app(), "Room"),
        (Sandbox::with_phoenix_app(), "RoomPresence"),
    ] {
        let sandbox = sandbox.after(&[
            &["gen", "channel", "Room"],
            &["gen", "channel", "News"],
            &["gen", "presence"],
            &["gen", "presence", more, "--channel", "Room"],
        ]);
        let script = sandbox.read("my_app/assets/js/user_socket.js");

        sandbox.ok(&["destroy", "presence"]);

        assert_eq!(sandbox.read("my_app/assets/js/user_socket.js"), script);
    }
}

/// The default of `--channel` is the app's only channel, so the second run has another one.
#[test]
fn of_runs_with_another_default_the_last_one_is_taken_back_first() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let start = sandbox.tree();
        let sandbox = sandbox.after(&[
            &["gen", "presence"],
            &["gen", "channel", "Status"],
            &["gen", "presence"],
        ]);

        sandbox.run(&["destroy", "presence"]).succeeded();
        sandbox.run(&["destroy", "channel", "Status"]).succeeded();
        assert_eq!(different(&sandbox, &start), [""; 0]);
    }
}

#[test]
fn a_presence_with_another_name_in_a_channel_stays() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Room"], &["gen", "presence"]]);
    let own = sandbox
        .read(ROOM)
        .replace("presence::track", "people::track");
    sandbox.write(
        ROOM,
        &own.replace("super::presence", "super::presence as people"),
    );
    let before = sandbox.read(ROOM);

    let ran = sandbox.ok(&["destroy", "presence"]);

    ran.prints("src/channels/presence.rs stays: src/channels/room_channel.rs needs it");
    assert_eq!(sandbox.read(ROOM), before);
    let modules = sandbox.read("my_app/src/channels/mod.rs");
    assert!(modules.contains("pub mod presence;"), "{modules}");
}

#[test]
fn options_are_completed_for_a_name_with_its_suffix() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let before = sandbox.tree();
        sandbox.ok(&["gen", "channel", "RoomChannel", "--topic", "chat"]);
        sandbox.ok(&["destroy", "channel", "RoomChannel"]);
        assert_eq!(different(&sandbox, &before), [""; 0]);
    }
}

#[test]
fn a_channel_that_a_script_of_the_page_uses_is_refused() {
    for (sandbox, imports) in [
        (
            Sandbox::with_app(),
            "import { roomChannel } from \"./user_socket.js\"\n",
        ),
        (
            Sandbox::with_phoenix_app(),
            "import { roomChannel } from \"./user_socket\"\n",
        ),
    ] {
        let sandbox = sandbox.after(&[&["gen", "channel", "Room"], &["gen", "presence"]]);
        let script = |text: &str| sandbox.write("my_app/assets/js/chat.js", text);

        script(&imports.replace("Channel", "Presence"));
        sandbox.run(&["destroy", "presence"]).misused(
            "error: assets/js/chat.js imports `roomPresence`\n\
             help: remove that, or keep the presence\n",
        );
        script(imports);
        sandbox.ok(&["destroy", "presence"]);
        sandbox.run(&["destroy", "channel", "Room"]).misused(
            "error: assets/js/chat.js imports `roomChannel`\n\
             help: remove that, or keep the channel\n",
        );
        script("");
        sandbox.ok(&["destroy", "channel", "Room"]);
    }
}

#[test]
fn tokens_of_a_socket_are_taken_back_while_the_page_joins_the_topic_of_a_user_on_another() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox = sandbox.after(&[
            &["gen", "auth"],
            &["gen", "channel", "Inbox", "--per-user"],
            &["gen", "channel", "Sensor", "--socket", "Device"],
        ]);
        by_destroy(&sandbox, &["auth", "--socket", "Device"]);
    }
}

#[test]
fn a_topic_with_the_name_of_an_import_does_not_use_it() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox = sandbox.after(&[&["gen", "channel", "User", "--yes"], &["gen", "auth"]]);
        by_destroy(&sandbox, &["channel", "Inbox", "--per-user"]);
    }
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Auth", "--yes"]]);
    by_destroy(&sandbox, &["auth"]);
}

#[test]
fn tokens_stay_while_a_page_joins_the_topic_of_its_user() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox =
            sandbox.after(&[&["gen", "auth"], &["gen", "channel", "Inbox", "--per-user"]]);
        sandbox.run(&["destroy", "auth"]).misused(
            "error: assets/js/user_socket.js joins the topic of its user, whom assets/js/token.js fetches\n\
             help: take back the channels made with --per-user first\n",
        );
    }
}

#[test]
fn without_a_terminal_a_changed_file_is_refused_and_force_removes_it() {
    let sandbox = with_two_channels();
    let own = sandbox.read(ROOM) + "// Mine.\n";
    sandbox.write(ROOM, &own);
    let before = sandbox.tree();

    sandbox.run(&["destroy", "channel", "Room", "--yes"]).misused(
        "error: `src/channels/room_channel.rs` differs from the generated file; nothing was written\n\
         help: --force removes files that differ, --skip keeps them, --dry-run shows what would be done\n",
    );
    assert_eq!(different(&sandbox, &before), [""; 0]);
    let shown = sandbox.ok(&["destroy", "channel", "Room", "--dry-run"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
    assert!(shown.stderr.contains("\n-// Mine.\n"), "{}", shown.stderr);
    let lines = shown.stdout.matches("src/channels/room_channel.rs").count();
    assert_eq!(lines, 1, "{}", shown.stdout);
    sandbox.ok(&["destroy", "channel", "Room", "--force"]);
    assert!(!sandbox.exists(ROOM));
    // Removed files are not lost.
    sandbox.ok(&["undo"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn a_changed_channel_that_is_kept_stays_a_module_without_a_route() {
    let sandbox = with_two_channels();
    let own = sandbox.read(ROOM) + "// Mine.\n";
    sandbox.write(ROOM, &own);

    sandbox.ok(&["destroy", "channel", "Room", "--skip"]);

    assert_eq!(sandbox.read(ROOM), own);
    assert!(!sandbox.exists("my_app/tests/room_channel.rs"));
    assert!(
        sandbox
            .read("my_app/src/channels/mod.rs")
            .contains("pub mod room_channel;")
    );
    assert!(
        !sandbox
            .read("my_app/src/channels/user_socket.rs")
            .contains("Room")
    );
}

#[test]
fn a_changed_test_that_is_kept_keeps_what_it_tests() {
    let sandbox = with_two_channels();
    let path = "my_app/tests/room_channel.rs";
    let own = sandbox.read(path) + "// Mine.\n";
    sandbox.write(path, &own);
    let before = sandbox.tree();

    let ran = sandbox.ok(&["destroy", "channel", "Room", "--skip"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
    let why =
        "\n`tests/room_channel.rs`: it is changed and uses the rest, so nothing was taken out.\n";
    assert!(ran.stdout.ends_with(why), "{}", ran.stdout);
}

/// It was there before, so it uses nothing of what was generated, whatever its words are.
#[test]
fn a_file_of_the_crate_at_the_path_of_a_test_keeps_nothing() {
    for (path, own, command) in [
        (
            "my_app/tests/auth.rs",
            "//! The auth gate.\n",
            &["auth"][..],
        ),
        (
            "my_app/tests/room_channel.rs",
            "//! Of a room_channel.\n",
            &["channel", "Room"],
        ),
    ] {
        let cargo = "[package]\nname = \"shop\"\n\n[dependencies]\naxum = \"0.8\"\n";
        let sandbox = Sandbox::new();
        sandbox.write("my_app/Cargo.toml", cargo);
        sandbox.write("my_app/src/lib.rs", "");
        sandbox.write(path, own);
        let sandbox = sandbox.after(&[&["gen", "library"]]);
        let before = sandbox.tree();
        let generate = [&["gen"], command, &["--skip", "--yes"]].concat();
        sandbox.ok(&generate);

        sandbox.ok(&[&["destroy"], command, &["--force", "--yes"]].concat());

        assert_eq!(different(&sandbox, &before), [""; 0], "{path}");
        // Once it has changed, it may use what was generated.
        sandbox.ok(&generate);
        sandbox.write(path, &format!("{own}// Changed.\n"));
        let with_all = sandbox.tree();
        let ran = sandbox.run(&[&["destroy"], command, &["--skip"]].concat());
        let why = "changed and uses the rest, so nothing was taken out.\n";
        assert!(ran.succeeded().stdout.ends_with(why));
        assert_eq!(different(&sandbox, &with_all), [""; 0], "{path}");
    }
}

#[cfg(unix)]
#[test]
fn in_a_terminal_a_changed_file_is_shown_as_a_diff_and_kept_by_default() {
    let sandbox = with_two_channels();
    let own = sandbox.read(ROOM) + "// Mine.\n";
    sandbox.write(ROOM, &own);

    let shown = support::terminal::transcript(
        sandbox.command(&["destroy", "channel", "Room", "--color", "never"]),
        "Remove it nevertheless? [y]es [N]o [d]iff [a]ll [q]uit ",
        "",
    );

    let diff =
        "--- src/channels/room_channel.rs (yours)\n+++ src/channels/room_channel.rs (generated)\n";
    assert!(shown.contains(diff), "{shown}");
    assert!(shown.contains("-// Mine.\n"), "{shown}");
    assert_eq!(sandbox.read(ROOM), own);
}

#[test]
fn texts_that_were_moved_or_reformatted_are_taken_out() {
    let sandbox = with_two_channels();
    let path = "my_app/src/channels/user_socket.rs";
    let (user, room) = (
        "        routes.channel::<UserChannel>(\"user:*\");\n",
        "        routes.channel::<RoomChannel>(\"room:*\");\n",
    );
    let moved = sandbox.read(path).replace(
        &format!("{user}{room}"),
        &format!(
            "        routes.channel::<RoomChannel>(\n            \"room:*\",\n        );\n{user}"
        ),
    );
    sandbox.write(path, &moved);

    sandbox.ok(&["destroy", "channel", "Room"]);

    let expected = Sandbox::with_app().after(&[&["gen", "channel", "User"]]);
    assert_eq!(sandbox.read(path), expected.read(path));
}

#[test]
fn another_spelling_of_a_text_is_a_manual_step() {
    let sandbox = with_two_channels();
    let path = "my_app/src/channels/user_socket.rs";
    let narrowed = sandbox.read(path).replace(
        "routes.channel::<RoomChannel>(\"room:*\");",
        "routes.channel::<RoomChannel>(\"room:*\").limit(1);",
    );
    sandbox.write(path, &narrowed);

    let ran = sandbox.run(&["destroy", "channel", "Room", "--strict"]);

    let step = "\nTake out of `src/channels/user_socket.rs` what was added to route the channel, the second line in `fn channels`, \
                such as:\n\n    routes.channel::<RoomChannel>(\"room:*\");\n";
    ran.prints(step);
    assert_eq!(ran.code, Some(3));
    assert_eq!(sandbox.read(path), narrowed);
}

#[test]
fn what_is_not_there_is_an_error() {
    let sandbox = Sandbox::with_app();
    sandbox.run(&["destroy", "channel", "Room"]).misused(
        "error: nothing of `hello-sockets gen channel Room` is in this app\n\
         help: the options have to be those of `gen`, such as --topic; .hello-sockets/runs/ has those of its runs\n",
    );
    // The support of its tests is that of others, too.
    sandbox.ok(&["gen", "channel", "Room", "--yes"]);
    let before = sandbox.tree();
    sandbox.run(&["destroy", "channel", "Rom"]).misused(
        "error: nothing of `hello-sockets gen channel Rom` is in this app\n\
         help: hello-sockets destroy channel Room\n",
    );
    assert!(sandbox.tree() == before, "something was written");
    sandbox.run(&["destroy", "channel", "room"]).misused(
        "error: `room` is not a channel name: each part of a name starts with a capital letter\nhelp: hello-sockets destroy channel Room\n",
    );
    sandbox.ok(&["destroy", "channel", "Room"]);
    sandbox.run(&["destroy", "channel", "Room"]).misused(
        "error: nothing of `hello-sockets gen channel Room` is in this app\n\
         help: `hello-sockets destroy channel Room` has taken it back already\n",
    );
}

#[test]
fn what_was_taken_back_is_named_with_its_options() {
    let runs: [(&[&str], &[&str]); 4] = [
        (&["auth"], &["--socket", "Device"]),
        (&["socket", "Kiosk"], &["--no-js"]),
        (&["channel", "News"], &["--history"]),
        (&["pubsub"], &["nats"]),
    ];
    let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "Device"]]);
    for (words, options) in runs {
        sandbox.ok(&[&["gen"], words, options].concat());
        let destroy = [&["destroy"], words].concat();
        sandbox.ok(&destroy);

        let typed = words.join(" ");
        let named = [words, options].concat().join(" ");
        sandbox.run(&destroy).misused(&format!(
            "error: nothing of `hello-sockets gen {typed}` is in this app\n\
             help: `hello-sockets destroy {named}` has taken it back already\n"
        ));
    }
}

#[test]
fn without_options_those_of_the_recorded_run_count() {
    for (apps, sandbox) in [
        ("Rust", Sandbox::with_app()),
        ("Phoenix", Sandbox::with_phoenix_app()),
    ] {
        let sandbox = sandbox.after(&[&["gen", "channel", "Room", "--yes"]]);
        let before = sandbox.tree();
        let gens: [&[&str]; 3] = [
            &["channel", "Admin.Room", "--topic", "admin_room"],
            &["channel", "Status", "--exact"],
            &["presence", "--channel", "Room"],
        ];
        for r#gen in gens {
            sandbox.ok(&[&["gen"], r#gen].concat());
        }

        let commands: [&[&str]; 3] = [
            &["presence"],
            &["channel", "Status"],
            &["channel", "Admin.Room"],
        ];
        for command in commands {
            sandbox.ok(&[&["destroy"], command].concat());
        }

        assert_eq!(different(&sandbox, &before), [""; 0], "{apps}");
    }
}

#[test]
fn other_options_than_those_of_gen_are_named() {
    let sandbox = Sandbox::with_app().after(&[
        &[
            "gen",
            "channel",
            "Admin.Room",
            "--topic",
            "admin_room",
            "--yes",
        ],
        &["gen", "channel", "Room"],
    ]);
    let before = sandbox.tree();

    let ran = sandbox.run(&["destroy", "channel", "Admin.Room", "--exact"]);

    let error = "error: `Admin.Room` was made with other options\n\
                 help: hello-sockets destroy channel Admin.Room --topic admin_room\n";
    assert!(ran.stderr.starts_with(error), "{}", ran.stderr);
    assert_eq!(ran.code, Some(2));
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn some_of_the_options_of_gen_are_others() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Room", "--topic", "hall"]]);
    let before = sandbox.tree();
    for options in [
        ["--socket", "User"].as_slice(),
        &["--topic", "hall", "--socket", "Device"],
    ] {
        let args = [&["destroy", "channel", "Room"], options].concat();

        sandbox.run(&args).misused(
            "error: `Room` was made with other options\n\
             help: hello-sockets destroy channel Room --topic hall\n",
        );
    }
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn between_runs_that_all_have_values_nothing_is_guessed() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox = sandbox.after(&[
            &["gen", "channel", "Sensor", "--socket", "Device"],
            &["gen", "channel", "Sensor", "--socket", "Kiosk"],
        ]);
        let before = sandbox.tree();

        sandbox.run(&["destroy", "channel", "Sensor"]).misused(
            "error: `Sensor` was made with other options\n\
             help: hello-sockets destroy channel Sensor --socket Kiosk\n",
        );

        assert_eq!(different(&sandbox, &before), [""; 0]);
    }
}

#[test]
fn an_option_that_is_the_default_of_the_recorded_run_is_no_other_one() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let before = sandbox.tree();
        let sandbox = sandbox.after(&[
            &["gen", "channel", "Room"],
            &[
                "destroy", "channel", "Room", "--socket", "User", "--topic", "room",
            ],
        ]);
        assert_eq!(different(&sandbox, &before), [""; 0]);
    }
}

#[test]
fn a_channel_stays_while_other_code_has_it() {
    for (sandbox, channel, file, code) in [
        (
            Sandbox::with_app(),
            "src/channels/room_channel.rs",
            "src/rooms.rs",
            "pub type Rooms = Vec<crate::channels::room_channel::RoomChannel>;\n",
        ),
        (
            Sandbox::with_phoenix_app(),
            "lib/my_app_web/channels/room_channel.ex",
            "lib/my_app/rooms.ex",
            "defmodule MyApp.Rooms do\n  def channel, do: MyAppWeb.RoomChannel\nend\n",
        ),
    ] {
        let sandbox = sandbox.after(&[&["gen", "channel", "Room"]]);
        sandbox.write(&format!("my_app/{file}"), code);

        let ran = sandbox.ok(&["destroy", "channel", "Room"]);

        let stays = format!("{channel} stays: {file} needs it.\n");
        ran.prints(&stays);
        assert!(sandbox.exists(&format!("my_app/{channel}")));
    }
}

#[test]
fn a_name_that_is_only_the_value_of_an_option_was_not_made() {
    let sandbox =
        Sandbox::with_app().after(&[&["gen", "channel", "Room", "--socket", "Device", "--yes"]]);

    let ran = sandbox.run(&["destroy", "channel", "Device"]);

    let error = "error: nothing of `hello-sockets gen channel Device` is in this app\n";
    assert!(ran.stderr.starts_with(error), "{}", ran.stderr);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn the_report_as_json_has_an_outcome_for_each_file_and_edit() {
    let sandbox = with_two_channels();

    let ran = sandbox.ok(&["destroy", "channel", "Room", "--json"]);

    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    let outcomes = |list: &str| -> Vec<(String, String)> {
        let entries = report[list].as_array().expect("a list").iter();
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        let pairs = entries.map(|entry| (text(&entry["path"]), text(&entry["outcome"])));
        pairs.collect()
    };
    let pair = |(path, outcome): (&str, &str)| (path.to_owned(), outcome.to_owned());
    let files = [
        ("src/channels/room_channel.rs", "removed"),
        ("tests/room_channel.rs", "removed"),
        ("tests/support/mod.rs", "kept"),
    ];
    let edits = [
        ("assets/js/user_socket.js", "taken_out"),
        ("src/channels/user_socket.rs", "taken_out"),
        ("src/channels/mod.rs", "taken_out"),
    ];
    assert_eq!(outcomes("files"), files.map(pair));
    assert_eq!(outcomes("edits"), edits.map(pair));
}

#[test]
fn the_question_about_an_unused_socket_has_a_flag() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User"]]);
    sandbox.ok(&["destroy", "channel", "User", "--no-socket"]);
    let expected = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);
    assert_eq!(different(&sandbox, &expected.tree()), [""; 0]);
}

#[test]
#[ignore = "compiles an app"]
fn the_app_compiles_without_warnings_after_each_destroy_and_its_tests_pass_after_the_last() {
    let sandbox = support::app::full();
    let folder = sandbox.path().join("my_app");
    let commands: [&[&str]; 6] = [
        &["channel", "Inbox", "--per-user", "--socket", "Device"],
        &["presence", "--channel", "Room"],
        &["channel", "Room"],
        &["auth", "--socket", "Device"],
        &["channel", "Admin.Room", "--topic", "admin_room"],
        &["channel", "Board", "--socket", "Kiosk"],
    ];
    for args in commands {
        sandbox.ok(&[&["destroy"], args].concat());
        support::app::cargo(&folder, &["fmt", "--all", "--check"]);
        support::app::cargo(&folder, &["check", "--offline", "--all-targets"]);
    }
    support::app::cargo(&folder, &["test", "--offline"]);
}

/// Words in comments and texts are no use of a crate.
#[test]
fn a_dependency_stays_for_code_that_uses_it_not_for_mentions() {
    let cargo = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\nserde_json = \"1\"\ntokio = \"1\"\n";
    let mention =
        "// The layers of tower run from the outside in.\npub const TOWER: &str = \"tower\";\n";
    let used = "pub use tower::ServiceExt;\n";
    for (source, stays) in [(mention, false), (used, true)] {
        let sandbox = Sandbox::new();
        sandbox.write("my_app/Cargo.toml", cargo);
        sandbox.write("my_app/src/lib.rs", source);
        let sandbox = sandbox.after(&[
            &["gen", "library"],
            &["gen", "channel", "Room"],
            &["gen", "auth"],
        ]);

        sandbox.ok(&["destroy", "auth"]);

        let manifest = sandbox.read("my_app/Cargo.toml");
        assert_eq!(manifest.contains("tower = "), stays, "{manifest}");
    }
}

/// An example with a manifest of its own has its own dependencies.
#[test]
fn a_dependency_stays_for_an_example_of_the_crate_not_for_a_package_among_them() {
    let cargo = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\nserde_json = \"1\"\ntokio = \"1\"\n";
    for (path, stays) in [
        ("examples/door.rs", true),
        ("examples/door/main.rs", true),
        ("examples/door/src/main.rs", false),
        ("benches/door/src/load/one.rs", false),
        ("tests/door/src/lib.rs", false),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("my_app/Cargo.toml", cargo);
        sandbox.write("my_app/src/lib.rs", "");
        sandbox.write(&format!("my_app/{path}"), "use tower::ServiceExt;\n");
        let sandbox = sandbox.after(&[
            &["gen", "library"],
            &["gen", "channel", "Room"],
            &["gen", "auth"],
            &["destroy", "auth"],
        ]);

        let manifest = sandbox.read("my_app/Cargo.toml");
        assert_eq!(manifest.contains("tower = "), stays, "{path}: {manifest}");
    }
}

/// The dependency of its test goes if the crate itself has the package.
#[test]
fn a_dependency_of_tests_goes_if_the_crate_has_its_own() {
    let sandbox = Sandbox::new();
    let cargo = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\nserde_json = \"1\"\n\
        tokio = \"1\"\ntower = \"0.5\"\n";
    sandbox.write("my_app/Cargo.toml", cargo);
    sandbox.write("my_app/src/lib.rs", "pub use tower::Service;\n");
    let sandbox = sandbox.after(&[&["gen", "library"], &["gen", "channel", "Room"]]);
    let before = sandbox.tree();

    sandbox.ok(&["gen", "auth"]);
    sandbox.ok(&["destroy", "auth"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

/// Tests of a crate whose own is optional have one of theirs.
#[test]
fn a_dependency_of_tests_comes_and_goes_beside_an_optional_one_of_the_crate() {
    let sandbox = Sandbox::new();
    let cargo = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\n\
        tokio = { version = \"1\", optional = true }\n\n[dev-dependencies]\nrstest = \"0.25\"\n";
    sandbox.write("my_app/Cargo.toml", cargo);
    sandbox.write("my_app/src/lib.rs", "pub use tokio::sync::Mutex;\n");
    let sandbox = sandbox.after(&[&["gen", "library"]]);
    let before = sandbox.tree();

    sandbox.ok(&["gen", "channel", "Room", "--yes"]);
    let own = "rstest = \"0.25\"\naxum-channels = { path = \"vendor/axum-channels\", features = [\"testing\"] }\n\
        serde_json = \"1\"\ntokio = { version = \"1\", features = [\"macros\", \"rt\"] }\n";
    let cargo = sandbox.read("my_app/Cargo.toml");
    assert!(cargo.ends_with(own), "{cargo}");
    sandbox.ok(&["destroy", "channel", "Room", "--yes"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn another_module_called_auth_is_no_use_of_ours() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User"]]);
    let other = "pub mod auth {\n    pub fn user() {}\n}\n\npub fn page() {\n    crate::features::auth::user();\n}\n";
    sandbox.write("my_app/src/features.rs", other);
    by_destroy(&sandbox, &["auth"]);
}

#[test]
fn tokens_and_sessions_stay_for_code_of_the_app_that_uses_them() {
    let [token, sign_in]: [&[&str]; 2] = [&["gen", "auth"], &["gen", "auth", "--sign-in"]];
    for (generated, path, code) in [
        (
            token,
            "src/page.rs",
            "use crate::auth::CurrentUser;\n\npub fn page(_: CurrentUser) {}\n",
        ),
        (
            token,
            "src/page.rs",
            "use crate::{auth::CurrentUser, state};\n\npub fn page(_: CurrentUser) {}\n",
        ),
        (
            token,
            "src/page.rs",
            "use crate::auth::{self, CurrentUser};\n\npub fn page(_: CurrentUser) {}\n",
        ),
        (
            token,
            "src/page.rs",
            "pub fn page(_: crate::auth::CurrentUser) {}\n",
        ),
        (
            token,
            "src/page.rs",
            "use crate::auth;\n\npub fn page(user: auth::CurrentUser) {}\n",
        ),
        (
            token,
            "src/page.rs",
            "use crate::auth;\n\npub const SIGN: usize = auth::sign as usize;\n",
        ),
        (
            token,
            "tests/page.rs",
            "use my_app::auth;\n\nconst SIGN: usize = auth::sign as usize;\n",
        ),
        (
            sign_in,
            "src/page.rs",
            "use crate::sessions::Session;\n\npub fn page(_: Session) {}\n",
        ),
        (
            sign_in,
            "tests/page.rs",
            "use my_app::sessions::{Session, Sessions};\n\nfn page(_: Session, _: Sessions) {}\n",
        ),
    ] {
        let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User"], generated]);
        sandbox.write(&format!("my_app/{path}"), code);
        let before = sandbox.tree();

        let ran = sandbox.ok(&["destroy", "auth"]);

        let mut changed = different(&sandbox, &before);
        changed.sort();
        changed.dedup();
        let expected = [
            "my_app/assets/js/token.js",
            "my_app/assets/js/user_socket.js",
            "my_app/src/channels/user_socket.rs",
        ];
        assert_eq!(changed, expected, "{path}: {code}");
        let stays = format!("src/auth.rs stays: {path} needs it.");
        assert!(ran.stdout.contains(&stays), "{}", ran.stdout);
    }
}

#[test]
fn the_feature_of_tokens_stays_for_code_that_signs_others() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User"], &["gen", "auth"]]);
    let code = "use axum_channels::Signer;\n\npub struct DeviceSigner(pub Signer);\n";
    sandbox.write("my_app/src/devices.rs", code);

    sandbox.ok(&["destroy", "auth"]);

    let manifest = sandbox.read("my_app/Cargo.toml");
    assert!(manifest.contains("\"token\""), "{manifest}");
    assert!(!sandbox.exists("my_app/src/auth.rs"));
}

#[test]
fn the_user_of_a_socket_stays_while_a_channel_reads_it() {
    for read in [
        "&socket.handler::<UserSocket>().user",
        "{\n        let handler = socket.handler::<UserSocket>();\n        &handler.user\n    }",
    ] {
        let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User"], &["gen", "auth"]]);
        let code = format!(
            "use axum_channels::Socket;\n\nuse crate::channels::user_socket::UserSocket;\n\n\
             pub fn name(socket: &Socket) -> &str {{\n    {read}\n}}\n"
        );
        sandbox.write("my_app/src/name.rs", &code);
        sandbox.run(&["destroy", "auth"]).misused(
            "error: src/name.rs reads the `user` of UserSocket\n\
             help: remove that, or keep the tokens\n",
        );
        by_destroy(&sandbox, &["auth", "--socket", "Device"]);
    }
}

/// `gen channel` adds one for its test, `gen auth` one for its module.
#[test]
fn a_dependency_of_the_crate_and_that_of_its_tests_go_each_with_its_generator() {
    let sandbox = Sandbox::new();
    let cargo = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\n";
    sandbox.write("my_app/Cargo.toml", cargo);
    sandbox.write("my_app/src/lib.rs", "");
    let sandbox = sandbox.after(&[&["gen", "library"]]);
    let library = sandbox.tree();
    let sandbox = sandbox.after(&[&["gen", "channel", "Room"]]);
    let channel = sandbox.tree();

    sandbox.ok(&["gen", "auth"]);
    sandbox.ok(&["destroy", "auth"]);
    assert_eq!(different(&sandbox, &channel), [""; 0]);

    sandbox.ok(&["destroy", "channel", "Room"]);
    assert_eq!(different(&sandbox, &library), [""; 0]);
}

/// The same line is in both tables: one is of the crate, the other one was generated.
#[test]
fn a_dependency_that_tests_have_stays_when_that_of_the_crate_goes() {
    let cargo = "[package]\nname = \"shop\"\n\n[dependencies]\naxum = \"0.8\"\ntokio = \"1\"\n";
    // Only a test uses it, and it has the crate's own.
    let inline = "pub fn one() {}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn one() {\n        serde_json::json!(1);\n    }\n}\n";
    for own in ["serde_json = \"1\"", "serde_json.workspace = true"] {
        for order in [
            ["presence", "auth", "channel"],
            ["presence", "channel", "auth"],
        ] {
            let sandbox = Sandbox::new();
            let manifest = format!("{cargo}\n[dev-dependencies]\n{own}\n");
            sandbox.write("my_app/Cargo.toml", &manifest);
            sandbox.write("my_app/src/lib.rs", inline);
            let sandbox = sandbox.after(&[&["gen", "library"]]);
            let before = sandbox.tree();
            let sandbox = sandbox.after(&[
                &["gen", "channel", "Room", "--yes"],
                &["gen", "presence"],
                &["gen", "auth"],
            ]);
            let both = sandbox
                .read("my_app/Cargo.toml")
                .matches("serde_json")
                .count();
            assert_eq!(both, 2);

            for generator in order {
                let name = [&["Room"][..]]
                    .into_iter()
                    .filter(|_| generator == "channel");
                let name: Vec<_> = name.flatten().copied().collect();
                let command = [&["destroy", generator], &name[..], &["--yes"]].concat();
                sandbox.ok(&command);
            }

            assert_eq!(different(&sandbox, &before), [""; 0], "{own}: {order:?}");
        }
    }
}

/// Other tests had it from the crate before.
#[test]
fn a_dependency_beside_that_of_the_crate_goes_with_the_test_of_tokens() {
    for (own, is_enough) in [
        ("tower = \"0.5\"", false),
        ("tower = { version = \"0.5\", features = [\"util\"] }", true),
        (
            "tower = { version = \"0.5\", features = [\"util\"], optional = true }",
            false,
        ),
        ("tower.workspace = true", false),
    ] {
        let sandbox = Sandbox::new();
        let cargo = format!(
            "[package]\nname = \"shop\"\n\n[dependencies]\naxum = \"0.8\"\nserde_json = \"1\"\ntokio = \"1\"\n{own}\n"
        );
        sandbox.write("my_app/Cargo.toml", &cargo);
        sandbox.write("my_app/src/lib.rs", "");
        sandbox.write("my_app/tests/pages.rs", "use tower::ServiceExt;\n");
        let sandbox = sandbox.after(&[&["gen", "library"], &["gen", "channel", "Room", "--yes"]]);
        let before = sandbox.tree();

        sandbox.ok(&["gen", "auth"]);

        let count = sandbox.read("my_app/Cargo.toml").matches("\ntower").count();
        assert_eq!(count, if is_enough { 1 } else { 2 }, "{own}");
        sandbox.ok(&["destroy", "auth"]);
        assert_eq!(different(&sandbox, &before), [""; 0], "{own}");
    }
}

#[test]
fn a_handler_that_accepts_all_clients_comes_back_as_it_was_in_any_spelling() {
    let app = || Sandbox::with_phoenix_app().after(&[&["gen", "channel", "User", "--yes"]]);
    let file = "my_app/lib/my_app_web/channels/user_socket.ex";
    let made = app().read(file);
    let connect = "def connect(_params, socket, _connect_info) do\n    {:ok, socket}\n  end";
    assert!(
        made.contains(connect) && made.contains("def id(_socket), do: nil"),
        "{made}"
    );
    for own in [
        connect,
        "def connect(_, socket, _), do: {:ok, socket}",
        "def connect(_, socket), do: {:ok, socket}",
        "def connect(_params, client, _info), do: {:ok, client}",
        "def connect(params, socket, info) do\n    {:ok, socket}\n  end",
        "def connect(_, socket) do\n    {:ok, socket}\n  end",
    ] {
        for id in [
            "def id(_socket), do: nil",
            "def id(_), do: nil",
            "def id(client), do: nil",
        ] {
            let handler = made
                .replace(connect, own)
                .replace("def id(_socket), do: nil", id);
            let sandbox = app();
            sandbox.write(file, &handler);
            by_destroy(&sandbox, &["auth"]);
            by_undo(&sandbox, &["auth"]);
            let ran = sandbox.ok(&["gen", "auth"]);
            assert!(!ran.stdout.contains("connect"), "{own}\n{}", ran.stdout);
            assert!(sandbox.read(file).contains("SocketToken.verify"), "{own}");
        }
    }
}

/// Returns `text` without the lines that contain `word`.
fn without_line(text: &str, word: &str) -> String {
    let lines = text.split_inclusive('\n');
    let kept: String = lines.filter(|line| !line.contains(word)).collect();
    assert_ne!(kept, text, "{word}");
    kept
}

#[test]
fn a_mount_and_an_import_that_gen_channel_added_go_with_the_last_channel_of_the_socket() {
    let rust = (
        Sandbox::with_app().after(&[&["gen", "socket", "User"]]),
        "my_app/src/endpoint.rs",
        "UserSocket",
        ("my_app/src/channels/user_socket.rs", "// Our own.\n"),
    );
    let phoenix = (
        Sandbox::with_phoenix_app().after(&[&["gen", "socket", "User"]]),
        "my_app/lib/my_app_web/endpoint.ex",
        "UserSocket",
        (
            "my_app/lib/my_app_web/channels/user_socket.ex",
            "# Our own.\n",
        ),
    );
    for (sandbox, endpoint, mount, (handler, comment)) in [rust, phoenix] {
        sandbox.write(handler, &(comment.to_owned() + &sandbox.read(handler)));
        let page = "my_app/assets/js/app.js";
        let mounted = [endpoint, page].map(|path| sandbox.read(path));
        // The texts of gen socket stay.
        by_destroy(&sandbox, &["channel", "Room"]);
        assert_eq!([endpoint, page].map(|path| sandbox.read(path)), mounted);

        sandbox.write(endpoint, &without_line(&mounted[0], mount));
        sandbox.write(page, &without_line(&mounted[1], "user_socket"));
        by_undo(&sandbox, &["channel", "Room"]);
        by_destroy(&sandbox, &["channel", "Room"]);
        let before = sandbox.tree();
        sandbox.ok(&["gen", "channel", "Room"]);
        by_destroy(&sandbox, &["channel", "Lobby"]);
        sandbox.ok(&["gen", "channel", "Lobby"]);
        sandbox.ok(&["destroy", "channel", "Room"]);
        assert!(sandbox.read(endpoint).contains(mount), "Lobby needs it");
        assert!(sandbox.read(page).contains("user_socket"), "Lobby needs it");
        sandbox.ok(&["destroy", "channel", "Lobby"]);
        assert_eq!(different(&sandbox, &before), [""; 0]);

        sandbox.ok(&["gen", "channel", "Room"]);
        sandbox.ok(&["gen", "auth"]);
        let ran = sandbox.ok(&["destroy", "channel", "Room"]);
        assert!(!ran.stdout.contains("Take out"), "{}", ran.stdout);
    }
}

#[test]
fn dependencies_that_generators_share_go_with_the_last_of_them() {
    let cargo = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum = \"0.8\"\n";
    let channel: &[&str] = &["channel", "Room"];
    let [auth, presence]: [&[&str]; 2] = [&["auth"], &["presence", "--channel", "Room"]];
    for (made, taken) in [
        ([channel, auth], [channel, auth]),
        ([auth, channel], [auth, channel]),
        ([auth, channel], [channel, auth]),
        ([channel, presence], [presence, channel]),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("my_app/Cargo.toml", cargo);
        sandbox.write("my_app/src/lib.rs", "");
        let sandbox = sandbox.after(&[&["gen", "library"], &["gen", "socket", "User"]]);
        let before = sandbox.read("my_app/Cargo.toml");
        for args in made {
            sandbox.ok(&[&["gen"], args].concat());
        }
        for args in taken {
            sandbox.ok(&[&["destroy"], args].concat());
        }
        assert_eq!(
            sandbox.read("my_app/Cargo.toml"),
            before,
            "{made:?} {taken:?}"
        );
    }
}

/// The app has the module, which nothing started; the run has only added the child.
#[test]
fn a_line_that_the_app_needs_by_now_stays_and_is_reported() {
    let sandbox = Sandbox::with_phoenix_app();
    sandbox.write(
        "my_app/lib/my_app_web/presence.ex",
        "defmodule MyAppWeb.Presence do\n  use Phoenix.Presence, otp_app: :my_app, pubsub_server: MyApp.PubSub\nend\n",
    );
    sandbox.run(&["destroy", "presence"]).misused(
        "error: nothing of `hello-sockets gen presence` is in this app\n\
         help: the options have to be those of `gen`, such as --topic; .hello-sockets/runs/ has those of its runs\n",
    );
    let sandbox = sandbox.after(&[&["gen", "presence"]]);

    let ran = sandbox.ok(&["destroy", "presence"]);

    assert_eq!(
        ran.stdout,
        "* skipping lib/my_app_web/presence.ex\n\n\
         `MyAppWeb.Presence` in lib/my_app/application.ex stays: lib/my_app_web/presence.ex needs it.\n"
    );
}

#[test]
fn features_of_a_dependency_go_in_any_order() {
    let [auth, redis]: [&[&str]; 2] = [&["auth"], &["pubsub"]];
    for (made, taken) in [
        ([auth, redis], [auth, redis]),
        ([redis, auth], [redis, auth]),
        ([redis, auth], [auth, redis]),
    ] {
        let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Room"]]);
        let before = sandbox.tree();
        for args in made {
            sandbox.ok(&[&["gen"], args].concat());
        }
        for args in taken {
            sandbox.ok(&[&["destroy"], args, &["--strict"]].concat());
        }
        assert_eq!(different(&sandbox, &before), [""; 0], "{made:?} {taken:?}");
    }
}

/// It is routed by a second socket, or for a second topic, which the owner has agreed to.
#[test]
fn a_channel_stays_while_another_route_has_it() {
    for app in [Sandbox::with_app, Sandbox::with_phoenix_app] {
        let more: [&[&str]; 2] = [&["--socket", "Device"], &["--topic", "news", "--skip"]];
        for more in more {
            let sandbox = app().after(&[&["gen", "channel", "Room"], &["gen", "socket", "Device"]]);
            let before = sandbox.tree();
            let channel: &[&str] = &["channel", "Room"];
            sandbox.ok(&[&["gen"], channel, more].concat());
            let both = sandbox.tree();

            let ran = sandbox.run(&[&["destroy"], channel, more, &["--no-socket"]].concat());

            let stays = [
                "src/channels/room_channel.rs",
                "lib/my_app_web/channels/room_channel.ex",
            ]
            .iter()
            .any(|path| ran.stdout.contains(&format!("{path} stays: ")));
            assert!(
                stays && ran.stdout.contains("user_socket"),
                "{}",
                ran.stdout
            );
            assert_eq!(different(&sandbox, &before), [""; 0], "{more:?}");
            // The run without options is taken back by a command without any.
            sandbox.ok(&[&["gen"], channel, more].concat());
            assert_eq!(different(&sandbox, &both), [""; 0], "{more:?}");
            sandbox.run(&[&["destroy"], channel, more, &["--no-socket"]].concat());
            sandbox.ok(&["destroy", "channel", "Room"]);
            assert!(!sandbox.exists("my_app/src/channels/room_channel.rs"));
            assert!(!sandbox.exists("my_app/lib/my_app_web/channels/room_channel.ex"));
        }
    }
}

#[test]
fn a_presence_of_the_only_channel_is_taken_back_when_there_are_more() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let sandbox = sandbox.after(&[&["gen", "channel", "Room"]]);
        let script = sandbox.read("my_app/assets/js/user_socket.js");
        let sandbox = sandbox.after(&[
            &["gen", "presence"],
            &["gen", "channel", "News", "--no-socket"],
        ]);

        sandbox.ok(&["destroy", "presence"]);
        sandbox.ok(&["destroy", "channel", "News"]);

        assert_eq!(sandbox.read("my_app/assets/js/user_socket.js"), script);
    }
}

#[test]
fn options_that_add_are_completed_and_others_only_if_all_runs_have_them() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let before = sandbox.tree();
        let sandbox = sandbox.after(&[
            &["gen", "socket", "Device", "--no-js"],
            &["gen", "socket", "Device"],
        ]);
        sandbox.ok(&["destroy", "socket", "Device"]);
        assert_eq!(different(&sandbox, &before), [""; 0]);

        let sandbox = sandbox.after(&[&["gen", "socket", "User"], &["gen", "socket", "Device"]]);
        let before = sandbox.tree();
        let sandbox = sandbox.after(&[&["gen", "auth", "--socket", "Device"]]);
        let of_device = sandbox.tree();
        let sandbox = sandbox.after(&[&["gen", "auth"]]);
        sandbox.ok(&["destroy", "auth"]);
        assert_eq!(different(&sandbox, &of_device), [""; 0]);
        sandbox.ok(&["destroy", "auth"]);
        assert_eq!(different(&sandbox, &before), [""; 0]);
    }
}

/// Changes a file of the app, as its owner does.
fn rewrite(sandbox: &Sandbox, path: &str, changes: &[(&str, &str)]) {
    let mut text = sandbox.read(path);
    for (old, new) in changes {
        assert!(text.contains(old), "{path} has no {old}:\n{text}");
        text = text.replace(old, new);
    }
    sandbox.write(path, &text);
}

#[test]
fn an_import_is_taken_out_of_a_list_that_its_owner_has_moved_it_into() {
    const ENDPOINT: &str = "my_app/src/endpoint.rs";
    const SCRIPT: &str = "my_app/assets/js/user_socket.js";
    let sandbox = Sandbox::with_app().after(&[
        &["gen", "channel", "Room"],
        &["gen", "socket", "Device"],
        &["gen", "auth"],
        &["gen", "presence", "--channel", "Room"],
    ]);
    let user_socket = "user_socket::UserSocket";
    let devices = "use crate::channels::device_socket::DeviceSocket;\n";
    let auth = "use crate::auth;\n";
    rewrite(
        &sandbox,
        ENDPOINT,
        &[
            (auth, ""),
            ("use crate::assets;", "use crate::{assets, auth};"),
            (devices, ""),
            (
                &format!("use crate::channels::{user_socket};\nuse crate::log;"),
                &format!(
                    "use crate::{{\n    channels::{{device_socket::DeviceSocket, {user_socket}}},\n    log,\n}};"
                ),
            ),
        ],
    );
    rewrite(
        &sandbox,
        SCRIPT,
        &[
            ("{ Presence, Socket }", "{ Socket, Presence }"),
            (
                "import { connectWithToken, token } from \"./token.js\"",
                "import { token } from \"./token.js\"\nimport { connectWithToken } from \"./token.js\"",
            ),
        ],
    );

    for words in [
        &["destroy", "auth"][..],
        &["destroy", "socket", "Device"],
        &["destroy", "presence", "--channel", "Room"],
    ] {
        sandbox.run(&[words, &["--strict"]].concat()).succeeded();
    }

    let uses = |path: &str, word: &str| -> Vec<String> {
        let text = sandbox.read(path);
        let lines = text.lines().filter(|line| line.contains(word));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(uses(ENDPOINT, "assets;"), ["use crate::assets;"]);
    let user_socket = format!("    channels::{user_socket},");
    assert_eq!(uses(ENDPOINT, " channels::"), [user_socket]);
    let imports = [
        "import { Socket } from \"phoenix\"",
        "import { path } from \"./path.js\"",
    ];
    assert_eq!(uses(SCRIPT, "import "), imports);
    assert!(!sandbox.exists("my_app/assets/js/token.js"));
}

#[test]
fn an_import_is_taken_out_of_a_list_of_several() {
    const ENDPOINT: &str = "my_app/src/endpoint.rs";
    for (list, expected) in [
        (
            "use crate::{auth, assets, log};",
            "use crate::{assets, log};",
        ),
        (
            "use crate::{assets, auth, log};",
            "use crate::{assets, log};",
        ),
        (
            "use crate::{\n    assets,\n    auth,\n    log,\n};",
            "use crate::{\n    assets,\n    log,\n};",
        ),
    ] {
        let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Room"], &["gen", "auth"]]);
        rewrite(
            &sandbox,
            ENDPOINT,
            &[
                ("use crate::auth;\n", ""),
                ("use crate::log;\n", ""),
                ("use crate::assets;", list),
            ],
        );

        sandbox.run(&["destroy", "auth", "--strict"]).succeeded();

        let endpoint = sandbox.read(ENDPOINT);
        assert!(endpoint.contains(&format!("{expected}\n")), "{endpoint}");
    }
}

#[test]
fn what_was_replaced_comes_back_for_a_text_in_another_format() {
    let rust = Sandbox::with_app();
    let phoenix = Sandbox::with_phoenix_app();
    let in_rust = [
        ("user: String,\n}", "user: String\n}"),
        (
            "Some(format!(\"user_socket:{}\", self.user))",
            "Some(\n            format!(\"user_socket:{}\", self.user)\n        )",
        ),
    ];
    let in_elixir = [
        ("{:ok, user} ->", "{:ok, user} ->\n       "),
        ("id(socket), do:", "id(socket),\n    do:"),
    ];
    for (sandbox, socket, changes) in [
        (rust, "my_app/src/channels/user_socket.rs", in_rust),
        (
            phoenix,
            "my_app/lib/my_app_web/channels/user_socket.ex",
            in_elixir,
        ),
    ] {
        let sandbox = sandbox.after(&[&["gen", "channel", "Room"]]);
        let before = sandbox.read(socket);
        let sandbox = sandbox.after(&[&["gen", "auth"]]);
        rewrite(&sandbox, socket, &changes);

        sandbox.run(&["destroy", "auth", "--strict"]).succeeded();

        let after = sandbox.read(socket);
        // The `do:` of `id` stays on its line.
        assert_eq!(
            after.replace("(_socket),\n    do:", "(_socket), do:"),
            before
        );
    }
}

#[test]
fn a_text_goes_by_the_short_names_of_its_file_and_their_line_stays() {
    let sandbox = Sandbox::with_phoenix_app().after(&[
        &["gen", "channel", "Room"],
        &["gen", "socket", "Device"],
        &["gen", "presence", "--channel", "Room"],
    ]);
    let files = [
        (
            "my_app/lib/my_app/application.ex",
            "  use Application\n",
            "MyAppWeb.Presence",
            "Presence",
        ),
        (
            "my_app/lib/my_app_web/channels/room_channel.ex",
            "  use MyAppWeb, :channel\n",
            "MyAppWeb.Presence",
            "Presence",
        ),
        (
            "my_app/lib/my_app_web/endpoint.ex",
            "  use Phoenix.Endpoint, otp_app: :my_app\n",
            "MyAppWeb.DeviceSocket",
            "DeviceSocket",
        ),
    ];
    for (path, first, long, short) in files {
        let alias = format!("{first}\n  alias MyAppWeb.{{{short}, Telemetry}}\n");
        rewrite(&sandbox, path, &[(long, short), (first, &alias)]);
    }

    for words in [
        &["destroy", "socket", "Device"][..],
        &["destroy", "presence", "--channel", "Room"],
    ] {
        sandbox.run(&[words, &["--strict"]].concat()).succeeded();
    }

    for (path, _, _, short) in files {
        let text = sandbox.read(path);
        let lines: Vec<_> = text.lines().filter(|line| line.contains(short)).collect();
        assert_eq!(lines, [format!("  alias MyAppWeb.{{{short}, Telemetry}}")]);
    }
}

#[test]
fn a_chain_on_two_lines_is_as_its_owner_has_broken_it() {
    const ENDPOINT: &str = "my_app/src/endpoint.rs";
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Room"]]);
    let mount = "        .socket::<UserSocket>(\"/socket\")\n";
    let mounted = format!("    Endpoint::builder()\n{mount}");
    let split = format!(
        "    let builder = Endpoint::builder()\n{};\n    builder\n",
        mount.trim_end()
    );
    rewrite(&sandbox, ENDPOINT, &[(&mounted, &split)]);
    let before = sandbox.tree();
    let sandbox = sandbox.after(&[&["gen", "auth"]]);

    sandbox.run(&["destroy", "auth"]).succeeded();

    assert_eq!(different(&sandbox, &before), [""; 0]);
}
