//! Exact topics and topics per user.
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at the disk themselves"
)]

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

#[test]
fn a_users_topic_is_joined_by_its_user_in_the_script_and_in_tests() {
    let private = ["gen", "channel", "Inbox", "--per-user", "--yes"];
    let sandbox = Sandbox::with_app();

    let ran = sandbox.run(&private).succeeded();

    let how = "A user's topic is joined with the name that the socket's `id` has behind the colon: `hello-sockets gen auth`";
    assert!(ran.stdout.contains(how), "{}", ran.stdout);
    assert_eq!(
        lines_with(
            &sandbox.read("my_app/assets/js/user_socket.js"),
            "socket.channel("
        ),
        ["export const inboxChannel = socket.channel(`inbox:${window.userId}`, {})"]
    );
    sandbox.run(&private).found_all_identical();
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
        &["gen", "channel", "Inbox", "--per-user"],
        &["gen", "auth"],
    ]);
    let folder = sandbox.path().join("my_app");
    cargo(&folder, &["fmt", "--check"]);
    let tests = cargo(&folder, &["test", "--offline"]);
    let passed = "test other_users_cannot_join_the_topic_of_a_user ... ok";
    assert!(tests.contains(passed), "{tests}");
}
