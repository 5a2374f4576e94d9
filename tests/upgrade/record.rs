//! The record, and runs that go by it: checks, undo, interruption, versions.

use std::process::Command;

use serde_json::Value;

use super::support::taken_back::different;
use super::support::{Ran, Sandbox};
use super::{edit, everything, files, git, is_up_to_date, renew, with_runs};

const LOG: &str = "my_app/src/log.rs";
const MARKED: [&str; 2] = ["//! ", "//! Newer. "];

/// An app with newer templates of two files.
fn outdated() -> Sandbox {
    let sandbox = Sandbox::with_app();
    for path in ["src/log.rs", "src/config.rs"] {
        renew(&sandbox, path, MARKED[0], MARKED[1]);
    }
    sandbox
}

#[test]
fn the_record_of_a_new_app_is_small_and_names_no_folder_of_the_machine() {
    let sandbox = Sandbox::with_app();
    let record = sandbox.runs();
    let [(_, text)] = &record[..] else {
        panic!("{record:?}");
    };
    assert!(text.len() < 64 * 1024, "{}", text.len());
    let run: Value = serde_json::from_str(text).expect("it is JSON");
    assert_eq!(run["command"], serde_json::json!(["new"]));
    // Facts that are parts of queries belong to the command.
    assert!(!text.contains("@scope"), "a query is in the record");
    assert!(Sandbox::with_app().runs() == record, "the records differ");
}

#[test]
fn check_writes_nothing_lists_what_would_change_and_exits_with_4() {
    let sandbox = outdated();
    let before = everything(&sandbox);

    let ran = sandbox.run(&["upgrade", "--check"]);

    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (
            Some(4),
            "* updating src/config.rs\n* updating src/log.rs\n\nCheck: nothing was written.\n",
            ""
        )
    );
    let json = sandbox.run(&["upgrade", "--check", "--json"]);
    let report: Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    let expected = serde_json::json!(["outdated", 4, true]);
    let found = ["outcome", "exit_code", "dry_run"].map(|key| report[key].clone());
    assert_eq!(Value::from(found.to_vec()), expected);
    assert!(everything(&sandbox) == before, "something was written");
}

#[test]
fn a_dry_run_writes_nothing_and_shows_the_diff_of_what_differs() {
    let sandbox = outdated();
    sandbox.write(&format!("{}/app/src/a.rs", super::TEMPLATES), "// A.\n");
    sandbox.write("my_app/src/a.rs", "// Mine.\n");
    let before = everything(&sandbox);

    let ran = sandbox.ok(&["upgrade", "--dry-run"]);

    let expected = "* conflict src/a.rs\n* updating src/config.rs\n* updating src/log.rs\n\nDry run: nothing was written.\n";
    assert_eq!(ran.stdout, expected);
    assert!(
        ran.stderr.contains("\n-// Mine.\n+// A.\n"),
        "{}",
        ran.stderr
    );
    assert!(everything(&sandbox) == before, "something was written");
}

#[test]
fn undo_takes_an_upgrade_back_and_the_next_one_does_the_same_again() {
    let sandbox = outdated();
    let before = everything(&sandbox);
    let first = sandbox.ok(&["upgrade"]);
    let after = sandbox.tree();

    let ran = sandbox.ok(&["undo"]);

    let taken_back = "\nTaken back: hello-sockets upgrade\n";
    assert!(ran.stdout.ends_with(taken_back), "{}", ran.stdout);
    assert!(everything(&sandbox) == before, "it is not as before");
    assert_eq!(sandbox.ok(&["upgrade"]), first);
    assert_eq!(different(&sandbox, &after), [""; 0]);
}

#[test]
fn an_upgrade_that_was_killed_is_completed_by_another() {
    let sandbox = outdated();
    edit(&sandbox, LOG, MARKED[0], "//! Mine. ");
    let config = sandbox.read("my_app/src/config.rs");
    let before = sandbox.tree();
    sandbox.ok(&["upgrade"]);
    let after = sandbox.tree();
    // As a run that was killed before its last write leaves it.
    sandbox.write("my_app/src/config.rs", &config);
    sandbox.write("my_app/.hello-sockets/undo/unfinished", "");

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(files(&ran), ["* updating src/config.rs"]);
    assert_eq!(different(&sandbox, &after), [""; 0]);
    sandbox.ok(&["undo"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn an_upgrade_that_cannot_write_a_file_writes_none() {
    let sandbox = outdated();
    let more = format!("{}/app/src/log/more.rs", super::TEMPLATES);
    sandbox.write(&more, "// A file where there is a folder.\n");
    sandbox.write("my_app/src/log", "a file\n");
    let before = everything(&sandbox);

    assert_eq!(sandbox.run(&["upgrade"]).code, Some(1));

    assert!(everything(&sandbox) == before, "something was written");
}

#[test]
fn an_app_of_a_newer_version_is_refused() {
    let sandbox = Sandbox::with_app();
    with_runs(&sandbox, |runs| runs[0]["version"] = "999.1.0".into());
    let before = everything(&sandbox);
    let version = env!("CARGO_PKG_VERSION");
    for args in [&["upgrade"][..], &["upgrade", "--check"]] {
        sandbox.run(args).misused(&format!(
            "error: the app was made by hello-sockets 999.1.0, and this is {version}\n\
             help: install that version of the command, or a later one\n"
        ));
    }
    assert!(everything(&sandbox) == before, "something was written");
}

#[test]
fn a_record_that_cannot_be_read_is_an_error() {
    let sandbox = Sandbox::with_app();
    with_runs(&sandbox, |runs| runs[0]["generated"] = "AAAA".into());
    let ran = sandbox.run(&["upgrade"]);
    let error = "error: the record of `new` cannot be read";
    assert!(ran.stderr.starts_with(error), "{}", ran.stderr);
    let (path, _) = sandbox.runs().remove(0);
    sandbox.write(&path, "<<<<<<< ours\n");
    let path = path.strip_prefix("my_app/").expect("it is in the app");
    sandbox.run(&["upgrade"]).misused(&format!(
        "error: `{path}` cannot be read: expected value at line 1 column 1\n\
         help: restore it from version control: `git log -- .hello-sockets/runs`\n"
    ));
}

/// Changes the entries of the first run.
fn with_entries(sandbox: &Sandbox, change: impl FnOnce(&mut Value)) {
    use data_encoding::BASE64;
    use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec};

    with_runs(sandbox, |runs| {
        let text = runs[0]["generated"].as_str().expect("it is text");
        let bytes = BASE64.decode(text.as_bytes()).expect("it is base64");
        let json = decompress_to_vec(&bytes).expect("it is compressed");
        let mut entries = serde_json::from_slice(&json).expect("it is JSON");
        change(&mut entries);
        let bytes = compress_to_vec(entries.to_string().as_bytes(), 6);
        runs[0]["generated"] = BASE64.encode(&bytes).into();
    });
}

#[test]
fn a_record_that_names_files_outside_of_the_app_is_refused() {
    let sandbox = Sandbox::with_app();
    sandbox.write("victim", "theirs\n");
    with_entries(&sandbox, |entries| {
        entries[0]["files"]["../victim"] = serde_json::json!({ "text": "theirs\n" });
    });

    sandbox
        .run(&["upgrade", "--force"])
        .misused("error: `../victim` is outside the project: a generator writes nothing there\n");
    assert_eq!(sandbox.read("victim"), "theirs\n");
}

#[test]
fn facts_of_the_record_lead_no_edit_out_of_the_app() {
    let sandbox = Sandbox::with_app();
    let workspace = "[workspace]\nmembers = [\"victim\"]\n";
    sandbox.write("Cargo.toml", workspace);
    with_entries(&sandbox, |entries| {
        entries[0]["facts"]["member"] = "victim".into();
        entries[0]["edits"] = serde_json::json!([]);
    });

    let ran = sandbox.ok(&["upgrade", "--force"]);

    let step = "Add this to `../Cargo.toml` ";
    ran.prints(step);
    ran.prints("(it is outside of the app):");
    assert_eq!(sandbox.read("Cargo.toml"), workspace);
}

#[test]
fn the_changes_since_an_earlier_version_are_printed_once() {
    let sandbox = Sandbox::with_app();
    with_runs(&sandbox, |runs| runs[0]["version"] = "0.0.9".into());
    let version = env!("CARGO_PKG_VERSION");

    let ran = sandbox.ok(&["upgrade"]);

    let heading = format!("\nChanges since hello-sockets 0.0.9:\n\n{version}");
    assert!(ran.stdout.starts_with(&heading), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n### Generated apps\n"));
    is_up_to_date(&sandbox);
}

#[test]
fn the_report_ends_with_what_to_do_unless_nothing_was_written() {
    let last = |ran: &Ran| {
        let line = ran.stdout.trim_end().lines().last().unwrap_or_default();
        line.to_owned()
    };
    let sandbox = outdated();
    let dry = sandbox.ok(&["upgrade", "--dry-run"]);
    assert_eq!(last(&dry), "Dry run: nothing was written.");

    let ran = sandbox.ok(&["upgrade"]);

    let version = env!("CARGO_PKG_VERSION");
    let done = format!(
        "The app is at hello-sockets {version} now. Build it, and run its tests. `hello-sockets undo` takes the upgrade back."
    );
    assert_eq!(last(&ran), done);
}

#[test]
fn uncommitted_changes_are_warned_of() {
    let sandbox = outdated();
    git(&sandbox, &["init", "--quiet"]);
    git(&sandbox, &["add", "--all"]);
    git(&sandbox, &["commit", "--quiet", "--message", "first"]);
    let clean = sandbox.ok(&["upgrade"]);
    assert_eq!(clean.stderr, "");
    sandbox.ok(&["undo"]);
    edit(&sandbox, "my_app/src/main.rs", "//!", "//! Mine.");

    let ran = sandbox.ok(&["upgrade"]);

    let warning = "warning: the app had uncommitted changes, ";
    assert!(ran.stderr.starts_with(warning), "{}", ran.stderr);
}

/// Somebody else's repository: its settings name programs, which git runs when it looks at files.
#[test]
fn settings_of_a_clone_run_no_programs() {
    let sandbox = outdated();
    sandbox.write("my_app/.gitattributes", "* filter=evil diff=evil\n");
    git(&sandbox, &["init", "--quiet"]);
    git(&sandbox, &["add", "--all"]);
    git(&sandbox, &["commit", "--quiet", "--message", "first"]);
    edit(&sandbox, "my_app/src/main.rs", "//!", "//! Mine.");
    let marker = sandbox.path().join("ran");
    let program = format!("#!/bin/sh\ntouch {}\nexec cat\n", marker.display());
    sandbox.write("my_app/.git/evil/post-index-change", &program);
    let evil = sandbox
        .path()
        .join("my_app/.git/evil/post-index-change")
        .display()
        .to_string();
    let made = Command::new("chmod").args(["+x", &evil]).status();
    assert!(made.expect("it is a program of every Unix").success());
    for (name, value) in [
        (
            "core.hooksPath",
            evil.trim_end_matches("/post-index-change"),
        ),
        ("core.fsmonitor", &evil),
        ("core.pager", &evil),
        ("core.sshCommand", &evil),
        ("core.gitProxy", &evil),
        ("diff.external", &evil),
        ("diff.evil.textconv", &evil),
        ("diff.evil.command", &evil),
        ("filter.evil.clean", &evil),
        ("filter.evil.smudge", &evil),
        ("alias.status", &format!("!{evil}")),
        ("alias.rev-parse", &format!("!{evil}")),
    ] {
        git(&sandbox, &["config", name, value]);
    }

    let ran = sandbox.ok(&["upgrade"]);

    assert!(!marker.exists(), "a program of the clone has run");
    let warning = "warning: the app had uncommitted changes, ";
    assert!(ran.stderr.starts_with(warning), "{}", ran.stderr);
    // Git itself obeys them.
    git(&sandbox, &["status"]);
    assert!(marker.exists(), "the settings name no program");
}

/// The app is a part of a repository: what is changed beside it is none of its changes.
#[test]
fn uncommitted_changes_beside_the_app_are_not_its_own() {
    let sandbox = outdated();
    sandbox.write("beside/notes.txt", "one\n");
    git(&sandbox, &["init", "--quiet", ".."]);
    git(&sandbox, &["add", "--all", ".."]);
    git(&sandbox, &["commit", "--quiet", "--message", "first"]);
    sandbox.write("beside/notes.txt", "two\n");

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(ran.stderr, "");
    sandbox.ok(&["undo"]);
    edit(&sandbox, "my_app/src/main.rs", "//!", "//! Mine.");
    git(&sandbox, &["add", "--all"]);
    let ran = sandbox.ok(&["upgrade"]);
    assert!(ran.stderr.starts_with("warning: "), "{}", ran.stderr);
}

/// The file system of Windows below Linux: git has found out that it does not keep permissions.
#[test]
fn files_that_only_look_changed_by_their_permissions_are_not() {
    let sandbox = outdated();
    git(&sandbox, &["init", "--quiet"]);
    git(&sandbox, &["config", "core.fileMode", "false"]);
    git(&sandbox, &["add", "--all"]);
    git(&sandbox, &["commit", "--quiet", "--message", "first"]);
    let file = sandbox.path().join("my_app/src/main.rs");
    let made = Command::new("chmod").arg("+x").arg(file).status();
    assert!(made.expect("it is a program of every Unix").success());

    let ran = sandbox.ok(&["upgrade"]);

    assert_eq!(ran.stderr, "");
}
