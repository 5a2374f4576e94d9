//! `undo`: the last run is taken back by its record, and nothing that has changed since is lost.

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use support::taken_back::{by_undo, different};
use support::{Ran, Sandbox};

const CHANNEL: &str = "my_app/src/channels/user_channel.rs";
const DEVICE: &str = "my_app/src/channels/device_socket.rs";
const GEN: [&str; 4] = ["gen", "channel", "User", "--yes"];
const BYTES: &str = "my_app/.hello-sockets/undo";

/// Returns all folders below `root`, except that of the record.
fn folders(root: &Path) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    let mut todo = vec![root.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder is listed") {
            let path = entry.expect("an entry is read").path();
            if path.is_dir() && !path.ends_with(".hello-sockets") {
                folders.insert(path.clone());
                todo.push(path);
            }
        }
    }
    folders
}

/// Checks that `undo` after `gen` leaves files and folders as they were.
#[track_caller]
fn takes_back(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let before = folders(sandbox.path());
    let ran = by_undo(sandbox, args);
    assert_eq!(folders(sandbox.path()), before, "{args:?}");
    ran
}

#[test]
#[cfg(unix)]
fn a_run_in_a_folder_whose_name_is_no_text_is_taken_back() {
    use std::os::unix::ffi::OsStrExt;
    let sandbox = Sandbox::with_app();
    let root = sandbox.path().join(std::ffi::OsStr::from_bytes(b"\xff"));
    std::fs::rename(sandbox.path().join("my_app"), &root).expect("it is renamed");
    let before = support::tree(&root);
    let run = |args: &[&str]| {
        let mut command = sandbox.command(args);
        command.current_dir(&root);
        support::finish(command, "")
    };

    let ran = run(&GEN).succeeded();
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    run(&["undo"]).succeeded();

    assert_eq!(support::tree(&root), before);
}

#[test]
fn undo_leaves_the_bytes_and_folders_that_were_there_before_the_run() {
    let sandbox = Sandbox::with_app();
    let record = sandbox.runs();
    let ran = takes_back(&sandbox, &GEN[1..]);

    let expected = "\
* removing src/channels/user_channel.rs
* removing tests/user_channel.rs
* removing tests/support/mod.rs
* removing src/channels/user_socket.rs
* removing assets/js/user_socket.js
* restoring src/channels/mod.rs
* restoring src/endpoint.rs
* restoring assets/js/app.js

Taken back: hello-sockets gen channel User
";
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(sorted(&ran.stdout), sorted(expected));
    assert_eq!(ran.stderr, "");
    assert!(!sandbox.exists(BYTES));
    assert!(sandbox.runs() == record, "the list is not as before");
}

#[test]
fn every_generator_is_taken_back_on_both_stacks() {
    for sandbox in [Sandbox::with_app(), Sandbox::with_phoenix_app()] {
        let commands: [&[&str]; 5] = [
            &["socket", "Device", "--longpoll"],
            &GEN[1..],
            &["channel", "Sensor", "--socket", "Device"],
            &["presence", "--channel", "User"],
            &["auth"],
        ];
        for args in commands {
            takes_back(&sandbox, args);
            sandbox.ok(&[&["gen"], args].concat());
        }
    }
}

#[test]
fn after_a_second_undo_there_is_a_message_and_exit_code_2() {
    let sandbox = Sandbox::with_app();
    sandbox.run(&["undo"]).misused(
        "error: there is no run to take back\n\
         help: `undo` takes back the last run of `gen`, `destroy` or `upgrade` in this app, once\n",
    );
    let sandbox = sandbox.after(&[&GEN, &["gen", "channel", "Room"], &["undo"]]);
    let before = sandbox.tree();

    sandbox.run(&["undo"]).misused(
        "error: only the last run can be taken back, once, and in the copy of the app that it was made in; the record ends with \
         `hello-sockets gen channel User`\n\
         help: hello-sockets destroy channel User\n",
    );
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn a_file_that_has_changed_since_is_refused_without_a_terminal_and_shown_by_a_dry_run() {
    let sandbox = Sandbox::with_app().after(&[&GEN]);
    let own = sandbox.read(CHANNEL) + "// Mine.\n";
    sandbox.write(CHANNEL, &own);
    let before = sandbox.tree();

    sandbox.run(&["undo", "--yes"]).misused(
        "error: `src/channels/user_channel.rs` has changed since the run; nothing was written\n\
         help: --force takes the run back in these files, too, --skip keeps them, --dry-run shows what would be done\n",
    );
    let shown = sandbox.ok(&["undo", "--dry-run"]);

    assert_eq!(different(&sandbox, &before), [""; 0]);
    let line = "* conflict src/channels/user_channel.rs\n";
    assert!(shown.stdout.starts_with(line), "{}", shown.stdout);
    assert!(shown.stderr.contains("\n-// Mine.\n"), "{}", shown.stderr);
    let end = "\nDry run: nothing was written.\n";
    assert!(shown.stdout.ends_with(end), "{}", shown.stdout);
}

#[test]
fn skip_keeps_a_changed_file_and_a_later_undo_with_force_takes_it_back() {
    let sandbox = Sandbox::with_app();
    let before = sandbox.tree();
    sandbox.ok(&GEN);
    let own = sandbox.read(CHANNEL) + "// Mine.\n";
    sandbox.write(CHANNEL, &own);

    let ran = sandbox.ok(&["undo", "--skip"]);

    let kept = "* skipping src/channels/user_channel.rs\n";
    assert!(ran.stdout.starts_with(kept), "{}", ran.stdout);
    assert_eq!(sandbox.read(CHANNEL), own);
    let mut expected = before.clone();
    expected.push((CHANNEL.to_owned(), own.into_bytes()));
    expected.sort();
    assert_eq!(different(&sandbox, &expected), [""; 0]);
    sandbox.ok(&["undo", "--force"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[cfg(unix)]
#[test]
fn in_a_terminal_a_changed_file_is_shown_as_a_diff_and_kept_by_default() {
    let sandbox = Sandbox::with_app().after(&[&GEN]);
    let own = sandbox.read(CHANNEL) + "// Mine.\n";
    sandbox.write(CHANNEL, &own);

    let shown = support::terminal::transcript(
        sandbox.command(&["undo", "--color", "never"]),
        "lose these changes? [y]es [N]o [d]iff [a]ll [q]uit ",
        "",
    );

    assert!(shown.contains("-// Mine.\n"), "{shown}");
    assert_eq!(sandbox.read(CHANNEL), own);
    assert!(!sandbox.exists("my_app/tests/user_channel.rs"));
}

#[test]
fn the_record_lists_files_with_their_hashes_and_git_ignores_the_bytes() {
    let sandbox = Sandbox::with_app();
    let endpoint = sandbox.read("my_app/src/endpoint.rs");
    sandbox.ok(&["gen", "socket", "User"]);

    // The first one is `new`.
    let run = |number: usize| -> serde_json::Value {
        serde_json::from_str(&sandbox.runs()[number].1).expect("it is JSON")
    };
    let first = run(1);
    assert_eq!(
        first["command"],
        serde_json::json!(["gen", "socket", "User"])
    );
    let files = first["files"].as_array().expect("a list");
    let edited = files
        .iter()
        .find(|file| file["path"] == "src/endpoint.rs")
        .expect("it was edited");
    let hash = edited["before"].as_str().expect("a hash");
    assert_eq!(sandbox.read(&format!("{BYTES}/{hash}")), endpoint);
    assert_eq!(sandbox.read(&format!("{BYTES}/.gitignore")), "*\n");
    sandbox.ok(&["gen", "channel", "User"]);

    assert_eq!(run(2)["folders"], serde_json::json!(["tests/support"]));
    assert!(
        !sandbox.exists(&format!("{BYTES}/{hash}")),
        "the bytes stay"
    );
}

#[test]
fn a_run_without_changes_and_a_dry_run_leave_the_record_as_it_is() {
    let sandbox = Sandbox::with_app();
    let of_new = sandbox.runs();
    sandbox.ok(&["gen", "socket", "User", "--dry-run"]);
    assert!(!sandbox.exists(BYTES) && sandbox.runs() == of_new);
    sandbox.ok(&GEN);
    let record = sandbox.runs();

    sandbox.run(&GEN).found_all_identical();

    assert_eq!(sandbox.runs(), record);
}

#[test]
fn a_run_that_fails_leaves_no_record_of_itself() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "Device"]]);
    let record = sandbox.runs();
    std::fs::remove_dir_all(sandbox.path().join("my_app/tests")).expect("it was there");
    sandbox.write("my_app/tests", "not a folder\n");

    assert_eq!(sandbox.run(&GEN).code, Some(1));

    assert_eq!(sandbox.runs(), record);
    sandbox.ok(&["undo"]);
    assert!(!sandbox.exists("my_app/src/channels/device_socket.rs"));
}

#[test]
fn a_killed_run_is_taken_back_and_so_is_the_run_that_completed_it() {
    let whole = Sandbox::with_app();
    let before = whole.tree();
    whole.ok(&GEN);
    // The state of a run that was killed before its last two writes.
    let unwrite = |sandbox: &Sandbox| {
        let app_js = before.iter().find(|(path, _)| path.ends_with("js/app.js"));
        let (path, bytes) = app_js.expect("it is there");
        std::fs::write(sandbox.path().join(path), bytes).expect("it is written");
        let socket = sandbox.path().join("my_app/assets/js/user_socket.js");
        std::fs::remove_file(socket).expect("it is new");
    };
    unwrite(&whole);

    let ran = whole.ok(&["undo"]);

    ran.prints("* identical assets/js/app.js\n");
    assert_eq!(different(&whole, &before), [""; 0]);
    let completed = Sandbox::with_app().after(&[&GEN]);
    unwrite(&completed);
    completed.ok(&GEN);
    completed.ok(&["undo"]);
    assert_eq!(different(&completed, &before), [""; 0]);
}

#[test]
fn an_undo_that_was_killed_is_completed_by_another() {
    let sandbox = Sandbox::with_app();
    let before = sandbox.tree();
    sandbox.ok(&GEN);
    std::fs::remove_file(sandbox.path().join(CHANNEL)).expect("it is there");
    sandbox.ok(&["undo"]);
    assert_eq!(different(&sandbox, &before), [""; 0]);
}

#[test]
fn without_a_place_for_the_record_a_run_warns_and_goes_on() {
    let sandbox = Sandbox::with_app();
    sandbox.write(BYTES, "not a folder\n");

    let ran = sandbox.ok(&GEN);

    let warning = "\nwarning: `undo` cannot take this run back: ";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    assert!(sandbox.exists(CHANNEL));
    assert_eq!(sandbox.run(&["undo"]).code, Some(2));
}

#[test]
fn a_record_with_conflicts_of_a_merge_is_kept_and_undo_goes_on_without_it() {
    let sandbox = Sandbox::with_app();
    sandbox.ok(&["gen", "socket", "Device"]);
    sandbox.write("my_app/.hello-sockets/runs/0003-gen.json", "<<<<<<< ours\n");
    let runs = sandbox.runs();

    let ran = sandbox.ok(&GEN);

    let warning = "warning: `undo` cannot take this run back: `.hello-sockets/runs/0003-gen.json` cannot be read: ";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    assert_eq!(sandbox.runs(), runs);
    let before = sandbox.tree();

    // The run before, whose record can be read.
    let ran = sandbox.ok(&["undo", "--skip"]);

    assert!(different(&sandbox, &before).contains(&DEVICE.to_owned()));
    assert!(!sandbox.exists(DEVICE), "{}", ran.stdout);
    assert!(ran.stderr.contains("cannot be read"), "{}", ran.stderr);
}

#[test]
fn in_a_clone_without_the_bytes_nothing_is_taken_back() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);
    std::fs::remove_dir_all(sandbox.path().join(BYTES)).expect("it is there");
    let before = sandbox.tree();
    let ran = sandbox.run(&["undo"]);
    let error = "error: only the last run can be taken back, once, and in the copy of the app that it was made in; ";
    assert!(ran.stderr.starts_with(error), "{}", ran.stderr);
    assert_eq!(
        (ran.code, different(&sandbox, &before)),
        (Some(2), Vec::new())
    );
}

#[test]
fn a_record_that_names_files_outside_of_the_app_is_refused() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);
    sandbox.write("victim", "theirs\n");
    let path = format!("{BYTES}/run.json");
    let mut last: serde_json::Value =
        serde_json::from_str(&sandbox.read(&path)).expect("it is JSON");
    last["root"] = "/elsewhere".into();
    last["run"]["files"][0]["path"] = "../victim".into();
    sandbox.write(&path, &last.to_string());

    let ran = sandbox.run(&["undo", "--force"]);

    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            Some(2),
            "error: `../victim` is outside of the app\n\
             help: the run was made in another copy of the app, in `/elsewhere`: undo it there\n"
        )
    );
    assert_eq!(sandbox.read("victim"), "theirs\n");
}

#[test]
fn the_report_as_json_has_an_outcome_for_each_file() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);

    let ran = sandbox.ok(&["undo", "--json"]);

    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    let files = report["files"].as_array().expect("a list");
    let outcomes: BTreeSet<_> = files
        .iter()
        .map(|file| (file["path"].as_str(), file["outcome"].as_str()))
        .collect();
    let expected = [
        ("assets/js/app.js", "restored"),
        ("assets/js/user_socket.js", "removed"),
        ("src/channels/mod.rs", "restored"),
        ("src/channels/user_socket.rs", "removed"),
        ("src/endpoint.rs", "restored"),
    ];
    let expected = expected.map(|(path, outcome)| (Some(path), Some(outcome)));
    assert_eq!(outcomes, BTreeSet::from(expected));
}

#[test]
fn in_a_workspace_and_below_the_folder_of_an_app_its_own_runs_are_taken_back() {
    let sandbox = Sandbox::new();
    let cargo = "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\naxum-channels = \"0.1\"\n";
    let files = [
        (
            "my_app/Cargo.toml",
            "[workspace]\nmembers = [\"crates/shop\"]\n",
        ),
        ("my_app/crates/shop/Cargo.toml", cargo),
        ("my_app/crates/shop/src/lib.rs", ""),
    ];
    for (path, text) in files {
        sandbox.write(path, text);
    }
    let before = sandbox.tree();
    sandbox.ok(&["gen", "channel", "Room", "--no-socket"]);
    assert!(sandbox.exists("my_app/crates/shop/.hello-sockets/runs"));

    let mut command = sandbox.command(&["undo"]);
    command.current_dir(sandbox.path().join("my_app/crates/shop/src/channels"));
    let ran = support::finish(command, "").succeeded();

    ran.prints("* removing ");
    assert_eq!(different(&sandbox, &before), [""; 0]);
}
