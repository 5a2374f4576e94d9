//! `upgrade`: what newer templates generate is merged into an app, and nothing of its own is lost.
//!
//! Newer templates are a project's own, in `.hello-sockets/templates/`.

mod branches;
mod edits;
mod library;
mod merges;
mod old_app;
mod record;
#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;
use std::process::Command;
use support::{Ran, Sandbox};

const TEMPLATES: &str = "my_app/.hello-sockets/templates/rust";

/// Writes a newer template: that of the file at `path` in a new app, with `from` replaced.
#[track_caller]
fn renew(sandbox: &Sandbox, path: &str, from: &str, to: &str) {
    let text = Sandbox::with_app().read(&format!("my_app/{path}"));
    assert!(text.contains(from), "{text}");
    let text = text.replacen(from, to, 1);
    sandbox.write(&format!("{TEMPLATES}/app/{path}"), &text);
}

/// Replaces a text in a file of the app.
#[track_caller]
fn edit(sandbox: &Sandbox, path: &str, from: &str, to: &str) {
    let text = sandbox.read(path);
    assert!(text.contains(from), "{text}");
    sandbox.write(path, &text.replacen(from, to, 1));
}

/// Removes the record of runs.
fn forget(sandbox: &Sandbox) {
    let record = sandbox.path().join("my_app/.hello-sockets/runs");
    std::fs::remove_dir_all(record).expect("it is there");
}

/// Changes the recorded runs, as a list of JSON objects; `change` leaves their number.
fn with_runs(sandbox: &Sandbox, change: impl FnOnce(&mut [Value])) {
    let (paths, texts): (Vec<_>, Vec<_>) = sandbox.runs().into_iter().unzip();
    let runs = texts.iter().map(|text| serde_json::from_str(text));
    let mut runs: Vec<_> = runs.map(|run| run.expect("it is JSON")).collect();
    change(&mut runs);
    for (path, run) in paths.iter().zip(runs) {
        sandbox.write(path, &run.to_string());
    }
}

/// Runs git in the app.
#[track_caller]
fn git(sandbox: &Sandbox, args: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@b"]);
    command
        .args(args)
        .current_dir(sandbox.path().join("my_app"));
    let output = command.output().expect("git is installed");
    assert!(output.status.success(), "{output:?}");
}

/// Files and the record.
fn everything(sandbox: &Sandbox) -> Vec<(String, Vec<u8>)> {
    let runs = sandbox.runs().into_iter();
    let runs = runs.map(|(path, text)| (path, text.into_bytes()));
    sandbox.tree().into_iter().chain(runs).collect()
}

/// Checks that an upgrade finds nothing to do, and changes no byte.
#[track_caller]
fn is_up_to_date(sandbox: &Sandbox) {
    let before = everything(sandbox);
    let current = concat!(
        "\nThe app is up to date with hello-sockets ",
        env!("CARGO_PKG_VERSION"),
        ".\n"
    );
    let check = sandbox.ok(&["upgrade", "--check"]);
    let dry = format!("{current}\nCheck: nothing was written.\n");
    assert_eq!(check.stdout, dry);
    let ran = sandbox.ok(&["upgrade"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (current, ""));
    assert!(everything(sandbox) == before, "something has changed");
}

/// Returns the lines of the report about files.
fn files(ran: &Ran) -> Vec<&str> {
    let lines = ran.stdout.lines();
    lines.filter(|line| line.starts_with("* ")).collect()
}
