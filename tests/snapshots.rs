//! Snapshots of generated trees and transcripts, in `snapshots/`. Missing, additional and changed files fail.
//!
//! To accept a change after reading it: `INSTA_UPDATE=always cargo test --test snapshots`.

mod support;

use std::collections::BTreeSet;
use std::fmt::Write;

use support::{Ran, Sandbox, without_secrets};

/// All snapshots. An unused one fails as well.
const NAMES: [&str; 20] = [
    "rust_new",
    "rust_gen_channel_user",
    "rust_gen_channel_user_without_a_socket",
    "rust_gen_channel_admin_room",
    "rust_gen_socket_device",
    "rust_gen_presence",
    "rust_gen_auth",
    "rust_gen_release",
    "rust_gen_pubsub",
    "rust_new_with_a_channel",
    "rust_new_with_redis",
    "phoenix_new",
    "phoenix_gen_channel_user",
    "phoenix_gen_channel_user_without_a_socket",
    "phoenix_gen_socket_device_and_its_channel",
    "phoenix_gen_presence",
    "phoenix_gen_auth",
    "phoenix_gen_pubsub",
    "phoenix_gen_release",
    "help",
];

#[test]
fn rust_new() {
    let sandbox = Sandbox::new();
    let ran = sandbox.answer(&["new", "my_app", "--no-git"], "n\n");

    assert_snapshot(
        "rust_new",
        &(transcript("new my_app --no-git", &ran) + &tree(&sandbox, &[])),
    );
}

#[test]
fn rust_new_with_a_channel() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&[
        "new",
        "my_app",
        "--channel",
        "User",
        "--no-git",
        "--no-install",
    ]);

    assert_snapshot(
        "rust_new_with_a_channel",
        &transcript("new my_app --channel User --no-git --no-install", &ran),
    );
}

#[test]
fn rust_new_with_redis() {
    let sandbox = Sandbox::new();
    let args = ["new", "my_app", "--pubsub", "redis", "--no-git"];
    let ran = sandbox.answer(&args, "n\n");

    assert_snapshot("rust_new_with_redis", &transcript(&args.join(" "), &ran));
}

#[test]
fn rust_gen_channel_user() {
    let sandbox = Sandbox::with_app();
    let before = sandbox.tree();
    let ran = sandbox.answer(&["gen", "channel", "User"], "Y\n");

    assert_snapshot(
        "rust_gen_channel_user",
        &(transcript("gen channel User", &ran) + &tree(&sandbox, &before)),
    );
}

#[test]
fn rust_gen_channel_user_without_a_socket() {
    let sandbox = Sandbox::with_app();
    let before = sandbox.tree();
    let ran = sandbox.answer(&["gen", "channel", "User"], "n\n");

    let snapshot = transcript("gen channel User", &ran) + &tree(&sandbox, &before);
    assert_snapshot("rust_gen_channel_user_without_a_socket", &snapshot);
}

#[test]
fn rust_gen_channel_admin_room() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "channel", "Room", "--yes"]);
    let before = sandbox.tree();
    let ran = sandbox.run(&["gen", "channel", "Admin.Room", "--topic", "admin_room"]);

    let snapshot =
        transcript("gen channel Admin.Room --topic admin_room", &ran) + &tree(&sandbox, &before);
    assert_snapshot("rust_gen_channel_admin_room", &snapshot);
}

#[test]
fn rust_gen_socket_device() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "channel", "User", "--yes"]);
    let before = sandbox.tree();
    let ran = sandbox.run(&["gen", "socket", "Device"]);

    assert_snapshot(
        "rust_gen_socket_device",
        &(transcript("gen socket Device", &ran) + &tree(&sandbox, &before)),
    );
}

#[test]
fn rust_gen_presence() {
    assert_grown_from_a_channel(Sandbox::with_app(), "rust_gen_presence", "presence");
}

#[test]
fn rust_gen_auth() {
    assert_grown_from_a_channel(Sandbox::with_app(), "rust_gen_auth", "auth");
}

#[test]
fn rust_gen_release() {
    assert_grown_from_a_channel(Sandbox::with_app(), "rust_gen_release", "release");
}

#[test]
fn rust_gen_pubsub() {
    assert_grown_from_a_channel(Sandbox::with_app(), "rust_gen_pubsub", "pubsub");
}

/// Compares the output and the changes of a generator, in an app with a channel.
#[track_caller]
fn assert_grown_from_a_channel(sandbox: Sandbox, name: &str, generator: &str) {
    sandbox.ok(&["gen", "channel", "User", "--yes"]);
    let before = sandbox.tree();
    let ran = sandbox.run(&["gen", generator]);

    let snapshot = transcript(&format!("gen {generator}"), &ran) + &tree(&sandbox, &before);
    assert_snapshot(name, &without_secrets(&snapshot));
}

#[test]
fn phoenix_new() {
    let sandbox = Sandbox::new();
    let args = ["new", "my_app", "--stack", "phoenix", "--no-git"];
    let ran = sandbox.answer(&args, "n\n");

    let snapshot = transcript(&args.join(" "), &ran) + &tree(&sandbox, &[]);
    assert_snapshot("phoenix_new", &without_secrets(&snapshot));
}

#[test]
fn phoenix_gen_channel_user() {
    assert_snapshot(
        "phoenix_gen_channel_user",
        &grown(&[], &["gen", "channel", "User"], "Y\n"),
    );
}

#[test]
fn phoenix_gen_channel_user_without_a_socket() {
    assert_snapshot(
        "phoenix_gen_channel_user_without_a_socket",
        &grown(&[], &["gen", "channel", "User"], "n\n"),
    );
}

#[test]
fn phoenix_gen_socket_device_and_its_channel() {
    let sensor = ["gen", "channel", "Admin.Sensor", "--socket", "Device"];
    let snapshot = grown(&["gen", "socket", "Device"], &sensor, "");

    assert_snapshot("phoenix_gen_socket_device_and_its_channel", &snapshot);
}

#[test]
fn phoenix_gen_presence() {
    let sandbox = Sandbox::with_phoenix_app();
    assert_grown_from_a_channel(sandbox, "phoenix_gen_presence", "presence");
}

#[test]
fn phoenix_gen_release() {
    let sandbox = Sandbox::with_phoenix_app();
    assert_grown_from_a_channel(sandbox, "phoenix_gen_release", "release");
}

#[test]
fn phoenix_gen_auth() {
    let sandbox = Sandbox::with_phoenix_app();
    assert_grown_from_a_channel(sandbox, "phoenix_gen_auth", "auth");
}

#[test]
fn phoenix_gen_pubsub() {
    let sandbox = Sandbox::with_phoenix_app();
    assert_grown_from_a_channel(sandbox, "phoenix_gen_pubsub", "pubsub");
}

/// Returns the output and the changes of `args` in a new Phoenix app, after `before`.
fn grown(before: &[&str], args: &[&str], input: &str) -> String {
    let sandbox = Sandbox::with_phoenix_app();
    let mut text = String::new();
    let tree_before = sandbox.tree();
    if !before.is_empty() {
        text = transcript(&before.join(" "), &sandbox.run(before));
    }
    let ran = sandbox.answer(args, input);
    text += &(transcript(&args.join(" "), &ran) + &tree(&sandbox, &tree_before));
    without_secrets(&text)
}

#[test]
fn help() {
    let sandbox = Sandbox::new();
    let pages = [
        "help",
        "help new",
        "help gen",
        "help gen channel",
        "help gen socket",
        "help gen presence",
        "help gen pubsub",
        "--version",
    ];
    let shown = pages.map(|page| {
        let ran = sandbox.ok(&page.split(' ').collect::<Vec<_>>());
        transcript(page, &ran)
    });

    assert_snapshot("help", &shown.join("\n"));
}

#[test]
fn every_snapshot_is_made_by_a_test() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let there: BTreeSet<String> = support::tree(&folder)
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    let made: BTreeSet<String> = NAMES.iter().map(|name| format!("{name}.snap")).collect();

    assert_eq!(there, made);
}

fn assert_snapshot(name: &str, snapshot: &str) {
    assert!(NAMES.contains(&name), "{name} is missing in NAMES");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, snapshot));
}

fn transcript(typed: &str, ran: &Ran) -> String {
    let mut text = format!("$ hello-sockets {typed}\n{}", ran.stdout);
    if !ran.stderr.is_empty() {
        let _ = write!(text, "\nOn standard error:\n{}", ran.stderr);
    }
    text + "\n"
}

/// Returns all files that differ from `before`. Of the library, only the paths: another test compares its contents.
fn tree(sandbox: &Sandbox, before: &[(String, Vec<u8>)]) -> String {
    let mut text = String::new();
    for (path, contents) in sandbox.tree().iter().filter(|file| !before.contains(file)) {
        if path.contains("vendor/axum-channels/src/") {
            continue;
        }
        let contents = match path.contains("vendor/") {
            true => "(the library's)\n",
            false => std::str::from_utf8(contents).expect("templates are text"),
        };
        let _ = write!(text, "\n──── {path} ────\n{contents}");
    }
    text
}
