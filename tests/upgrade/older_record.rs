//! A record of an earlier version: it has the commands of `gen`, and what they have generated only in part, or not at all.

use super::support::Sandbox;
use super::support::taken_back::different;
use super::{files, is_up_to_date, renew, with_runs};

/// Commands whose files and lines the app does not show, or not with their options.
const COMMANDS: [&[&str]; 7] = [
    &["gen", "channel", "RoomChannel", "--topic", "lobby", "--yes"],
    &["gen", "presence", "Tracker", "--channel", "Room"],
    &["gen", "socket", "Device"],
    &["gen", "auth", "--socket", "Device"],
    &["gen", "pubsub", "nats"],
    &["gen", "release", "--host", "chat.example.org"],
    &["gen", "presence", "--channel", "Room"],
];

/// An app whose record has what the runs before the one at `first` have generated, and only the commands of the others.
fn app(first: usize, commands: &[&[&str]]) -> Sandbox {
    let sandbox = Sandbox::with_app().after(commands);
    with_runs(&sandbox, |runs| {
        for run in &mut runs[first..] {
            let fields = run.as_object_mut().expect("it is an object");
            assert!(fields.remove("generated").is_some());
        }
    });
    sandbox
}

const CHECK: [&str; 3] = ["upgrade", "--made-by-new", "--check"];
const FORCE: [&str; 3] = ["upgrade", "--made-by-new", "--force"];

#[test]
fn what_recorded_commands_have_made_stays() {
    for first in [0, 1, 4] {
        let sandbox = app(first, &COMMANDS);
        let before = sandbox.tree();
        for args in [CHECK, FORCE] {
            let ran = sandbox.run(&args).succeeded();
            assert_eq!(files(&ran), [""; 0], "from run {first}: {args:?}");
            assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
        }
        assert_eq!(different(&sandbox, &before), [""; 0]);
        is_up_to_date(&sandbox);
    }
}

#[test]
fn the_base_of_the_next_upgrade_has_the_options_of_the_command() {
    let sandbox = app(1, &COMMANDS);
    sandbox.run(&FORCE).succeeded();
    let template = ".hello-sockets/templates/rust/release/deploy";
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/rust/release/deploy");
    for file in std::fs::read_dir(folder).expect("it is there") {
        let file = file.expect("it is read");
        let text = std::fs::read_to_string(file.path()).expect("it is text");
        let name = file.file_name();
        let path = format!("my_app/{template}/{}", name.display());
        sandbox.write(&path, &format!("# Newer.\n{text}"));
    }

    let ran = sandbox.run(&["upgrade"]).succeeded();

    let lines = files(&ran);
    assert!(lines.contains(&"* updating deploy/Caddyfile"), "{lines:?}");
    let caddy = sandbox.read("my_app/deploy/Caddyfile");
    assert!(caddy.starts_with("# Newer.\n"), "{caddy}");
    assert!(caddy.contains("chat.example.org"), "{caddy}");
}

#[test]
fn what_a_recorded_command_has_taken_back_stays_away() {
    let commands: [&[&str]; 4] = [
        COMMANDS[0],
        COMMANDS[1],
        COMMANDS[2],
        &["destroy", "presence", "Tracker", "--channel", "Room"],
    ];
    for first in [0, 1, 4] {
        let sandbox = app(first, &commands);
        let before = sandbox.tree();
        let ran = sandbox.run(&FORCE).succeeded();
        assert_eq!(files(&ran), [""; 0], "from run {first}");
        assert_eq!(different(&sandbox, &before), [""; 0]);
    }
}

#[test]
fn a_command_that_this_version_does_not_know_is_left_alone() {
    let sandbox = app(2, &COMMANDS[..3]);
    renew(&sandbox, "src/log.rs", "//! ", "//! Newer. ");
    with_runs(&sandbox, |runs| {
        runs[2]["command"] = serde_json::json!(["gen", "tracker", "Room"]);
        runs[3]["command"] = serde_json::json!(["gen", "socket", "Device", "--unknown"]);
    });

    let ran = sandbox.run(&["upgrade"]).succeeded();

    assert_eq!(files(&ran), ["* updating src/log.rs"]);
    assert_eq!(
        ran.stderr,
        "warning: what `gen socket Device --unknown` has made is left as it is: unexpected argument '--unknown' found\n"
    );
}
