//! Exact topics and topics per user.

mod support;

use support::Sandbox;
use support::app::cargo;

fn lines_with(text: &str, word: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.contains(word));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn an_exact_topic_is_what_route_script_and_test_say() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Status", "--exact", "--yes"]]);

    let read = |path: &str| sandbox.read(&format!("my_app/{path}"));
    assert_eq!(
        lines_with(&read("src/channels/user_socket.rs"), "routes.channel"),
        ["routes.channel::<StatusChannel>(\"status\");"]
    );
    assert_eq!(
        lines_with(&read("assets/js/user_socket.js"), "socket.channel("),
        ["export const statusChannel = socket.channel(\"status\", {})"]
    );
    assert_eq!(
        lines_with(&read("tests/status_channel.rs"), "const TOPIC"),
        ["const TOPIC: &str = \"status\";"]
    );
    let again = ["gen", "channel", "Status", "--exact"];
    sandbox.run(&again).found_all_identical();
}

/// The first route that fits wins, so a page that joined `room:lobby` would join the other channel.
#[test]
fn a_page_joins_no_topic_that_is_routed_to_another_channel() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Lobby", "--exact", "--yes"]]);
    for path in ["src/channels/user_socket.rs", "assets/js/user_socket.js"] {
        let path = format!("my_app/{path}");
        let moved = sandbox.read(&path).replace("\"lobby\"", "\"room:lobby\"");
        sandbox.write(&path, &moved);
    }

    let room = ["gen", "channel", "Room"];
    sandbox.ok(&room);

    assert_eq!(
        lines_with(
            &sandbox.read("my_app/src/channels/user_socket.rs"),
            "channel::<"
        ),
        [
            "routes.channel::<LobbyChannel>(\"room:lobby\");",
            "routes.channel::<RoomChannel>(\"room:*\");"
        ]
    );
    assert_eq!(
        lines_with(&sandbox.read(SCRIPT), "socket.channel("),
        [
            "export const lobbyChannel = socket.channel(\"room:lobby\", {})",
            "export const roomChannel = socket.channel(\"room:main\", {})"
        ]
    );
    assert_eq!(
        lines_with(&sandbox.read("my_app/tests/room_channel.rs"), "const TOPIC"),
        ["const TOPIC: &str = \"room:main\";"]
    );
    sandbox.run(&room).found_all_identical();
}

const PRIVATE: &[&str] = &["gen", "channel", "Inbox", "--per-user", "--yes"];
const AUTH: &[&str] = &["gen", "auth", "--yes"];
const SCRIPT: &str = "my_app/assets/js/user_socket.js";

#[test]
fn a_page_joins_the_topic_of_the_user_that_its_token_names() {
    let sandbox = Sandbox::with_app().after(&[AUTH]);

    let ran = sandbox.ok(PRIVATE);

    let start = "\nStart the app with `hello-sockets dev`, and open http://localhost:4000\n";
    assert!(ran.stdout.ends_with(start), "{}", ran.stdout);
    assert!(!ran.stdout.contains("userId"), "{}", ran.stdout);
    let script = sandbox.read(SCRIPT);
    assert_eq!(lines_with(&script, "user()"), ["user().then((id) => {"]);
    assert_eq!(
        lines_with(&script, "socket.channel("),
        ["inboxChannel = socket.channel(`inbox:${id}`, {})"]
    );
    assert_eq!(
        lines_with(&script, "token.js"),
        ["import { connectWithToken, token, user } from \"./token.js\""]
    );
    sandbox.run(PRIVATE).found_all_identical();
}

#[test]
fn where_no_socket_knows_its_user_the_page_says_it_and_the_reader_is_told() {
    let sandbox = Sandbox::with_app();

    let ran = sandbox.ok(PRIVATE);

    let how = "
No client can join `inbox:ID` yet: the `id` of UserSocket identifies no user. To make the socket require a token that
does, and the page request one, run

    hello-sockets gen auth

With your own authentication, return `Some(\"user_socket:ID\".to_owned())` from `id`, and set `window.userId` to
that ID before the page's scripts run.
";
    ran.prints(how);
    assert_eq!(
        lines_with(&sandbox.read(SCRIPT), "user")
            .into_iter()
            .filter(|line| !line.contains("userToken") && !line.starts_with("//"))
            .collect::<Vec<_>>(),
        [
            "const user = async () => window.userId",
            "user().then((id) => {"
        ]
    );
    sandbox.run(PRIVATE).found_all_identical();
}

#[test]
fn a_socket_with_an_id_of_its_own_is_told_of_no_token() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);
    let path = "my_app/src/channels/user_socket.rs";
    let own = sandbox
        .read(path)
        .replace("        None\n", "        Some(self.name())\n");
    sandbox.write(path, &own);

    let ran = sandbox.ok(PRIVATE);

    assert!(!ran.stdout.contains("gen auth"), "{}", ran.stdout);
    assert_eq!(
        lines_with(&ran.stdout, "window.userId").len(),
        1,
        "{}",
        ran.stdout
    );
}

#[test]
fn a_users_topic_before_and_after_the_token_comes_to_the_same() {
    let second: &[&str] = &["gen", "channel", "Draft", "--per-user"];

    let last = Sandbox::with_app().after(&[PRIVATE, second, AUTH]);
    let first = Sandbox::with_app().after(&[AUTH, PRIVATE, second]);

    assert_eq!(last.tree(), first.tree());
    last.run(AUTH).found_all_identical();
}

#[test]
fn a_script_in_another_folder_imports_the_token_by_its_path_from_there() {
    for (folder, path) in [
        ("assets/js/lib", "../token.js"),
        ("assets/src", "../js/token.js"),
    ] {
        for commands in [[PRIVATE, AUTH], [AUTH, PRIVATE]] {
            let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);
            let script = format!("my_app/{folder}/net.js");
            sandbox.write(&script, &sandbox.read(SCRIPT));
            std::fs::remove_file(sandbox.path().join(SCRIPT)).expect("it was there");

            let sandbox = sandbox.after(&commands);

            let import = format!("import {{ connectWithToken, token, user }} from \"{path}\"");
            assert_eq!(lines_with(&sandbox.read(&script), "token.js"), [import]);
        }
    }
}

#[test]
fn who_is_in_a_users_topic_is_counted_and_shown() {
    let sandbox = Sandbox::with_app().after(&[AUTH, PRIVATE]);

    let ran = sandbox.ok(&["gen", "presence", "--channel", "Inbox", "--strict"]);

    ran.prints("* injecting src/channels/inbox_channel.rs\n");
    let presence = "  const inboxPresence = new Presence(inboxChannel)\n";
    assert!(sandbox.read(SCRIPT).contains(presence));
}

#[test]
fn one_topic_and_one_for_each_user_do_not_go_together() {
    let sandbox = Sandbox::with_app();
    let before = sandbox.tree();

    sandbox.run(&["gen", "channel", "Inbox", "--per-user", "--exact"]).misused(
        "error: `--exact` is for one topic, `--per-user` for a topic for each user\nhelp: omit one of them\n",
    );

    assert_eq!(sandbox.tree(), before);
}

#[test]
#[ignore = "compiles a generated app"]
fn channels_of_such_topics_compile_and_pass_their_tests() {
    let sandbox = Sandbox::with_app().after(&[
        &["gen", "channel", "Status", "--exact", "--yes"],
        PRIVATE,
        &["gen", "presence", "--channel", "Inbox"],
        AUTH,
    ]);
    let folder = sandbox.path().join("my_app");
    cargo(&folder, &["fmt", "--check"]);
    let tests = cargo(&folder, &["test", "--offline"]);
    let passed = "test other_users_cannot_join_the_topic_of_a_user ... ok";
    assert!(tests.contains(passed), "{tests}");
}
