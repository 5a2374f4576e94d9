//! Files that differ, failed writes, killed runs: no file of the user is lost.

mod support;

use support::Sandbox;

const CHANNEL: &str = "my_app/src/channels/user_channel.rs";

fn with_a_channel_of_their_own() -> Sandbox {
    let sandbox = Sandbox::with_app();
    sandbox.write(CHANNEL, "// mine\n");
    sandbox
}

/// A library of another version differs in dozens of files.
#[test]
fn a_folder_that_is_reported_as_one_is_refused_as_one() {
    let sandbox = Sandbox::with_app();
    for file in ["src/lib.rs", "src/error.rs"] {
        let path = format!("my_app/vendor/axum-channels/{file}");
        sandbox.write(&path, "// Older.\n");
    }

    sandbox.run(&["gen", "library"]).misused(
        "error: `vendor/axum-channels` exists and differs; nothing was written\n\
         help: --force overwrites files that differ, --skip keeps them, --dry-run shows what would be done\n",
    );
}

#[test]
fn without_a_terminal_a_file_that_differs_is_refused() {
    let sandbox = with_a_channel_of_their_own();
    let before = sandbox.tree();

    sandbox.answer(&["gen", "channel", "User", "--yes"], "y\n").misused(
        "error: `src/channels/user_channel.rs` exists and differs; nothing was written\n\
         help: --force overwrites files that differ, --skip keeps them, --dry-run shows what would be done\n",
    );
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn force_overwrites_and_skip_keeps() {
    let forced = with_a_channel_of_their_own();
    let ran = forced.ok(&["gen", "channel", "User", "--yes", "--force"]);
    assert!(
        ran.stdout
            .starts_with("* overwriting src/channels/user_channel.rs\n"),
        "{}",
        ran.stdout
    );
    assert!(
        forced
            .read(CHANNEL)
            .contains("impl Channel for UserChannel")
    );

    let skipped = with_a_channel_of_their_own();
    let ran = skipped.ok(&["gen", "channel", "User", "--yes", "--skip"]);
    assert!(
        ran.stdout
            .starts_with("* skipping src/channels/user_channel.rs\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(skipped.read(CHANNEL), "// mine\n");
    assert!(skipped.exists("my_app/src/channels/user_socket.rs"));
}

#[test]
fn test_support_is_made_only_once() {
    let sandbox = Sandbox::with_app();
    sandbox.write("my_app/tests/support/mod.rs", "// mine\n");

    let ran = sandbox.ok(&["gen", "channel", "User", "--yes"]);

    ran.prints("* skipping tests/support/mod.rs\n");
    assert_eq!(sandbox.read("my_app/tests/support/mod.rs"), "// mine\n");
}

#[test]
fn when_a_write_fails_what_was_written_is_taken_back() {
    let sandbox = Sandbox::with_app();
    // A file in place of the tests' folder: the channel is written before it, the edits after it.
    std::fs::remove_dir_all(sandbox.path().join("my_app/tests")).expect("it was there");
    sandbox.write("my_app/tests", "not a folder\n");
    let before = sandbox.tree();

    let ran = sandbox.run(&["gen", "channel", "User", "--yes"]);

    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(
        ran.stderr
            .contains("tests/user_channel.rs` could not be written, so nothing was: "),
        "{}",
        ran.stderr
    );
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_run_that_was_killed_is_completed_by_the_same_command() {
    let whole = Sandbox::with_app();
    let before = whole.tree();
    let ran = whole.ok(&["gen", "channel", "User", "--yes"]);
    let expected = whole.tree();
    let mut written: Vec<_> = expected
        .iter()
        .filter(|file| !before.contains(file))
        .collect();
    written.sort_by_key(|(path, _)| {
        let metadata = whole.path().join(path).metadata().expect("it is there");
        let time = metadata.modified().expect("it has a time");
        // File times are coarse. Within one tick: in the order of the report, with the files of the question last.
        let asked_for = path.ends_with("user_socket.rs");
        let reported = ran.stdout.find(path.trim_start_matches("my_app/"));
        (time, asked_for, reported)
    });
    // The files of a killed run: those written so far, and a draft of the next.
    for killed_after in 0..written.len() {
        let sandbox = Sandbox::with_app();
        for (path, contents) in &written[..killed_after] {
            sandbox.write(path, std::str::from_utf8(contents).expect("text"));
        }
        let next = std::path::Path::new(&written[killed_after].0);
        let draft = format!(
            ".{}.hello-sockets",
            next.file_name().expect("a name").display()
        );
        sandbox.write(
            &next.with_file_name(draft).display().to_string(),
            "half a fi",
        );

        sandbox.ok(&["gen", "channel", "User", "--yes"]);

        assert_eq!(
            sandbox.tree(),
            expected,
            "killed after {killed_after} files"
        );
    }
}

#[test]
fn a_new_app_that_was_killed_is_completed_by_the_same_command() {
    let whole = Sandbox::with_app();
    let expected = whole.tree();
    for killed_after in [1, 7, expected.len() - 1] {
        let sandbox = Sandbox::new();
        for (path, contents) in expected.iter().take(killed_after) {
            sandbox.write(path, std::str::from_utf8(contents).expect("text"));
        }
        sandbox.write("my_app/src/.main.rs.hello-sockets", "half a fi");
        sandbox.write("my_app/.git/HEAD", "ref: refs/heads/main\n");

        let ran = sandbox
            .run_outside(&["new", "my_app", "--no-git", "--no-install"])
            .succeeded();

        assert!(!ran.stderr.contains("is not empty"), "{}", ran.stderr);
        let tree: Vec<_> = sandbox
            .tree()
            .into_iter()
            .filter(|(path, _)| !path.contains(".git/"))
            .collect();
        assert_eq!(tree, expected, "killed after {killed_after} files");
    }
}

#[test]
fn a_new_app_is_there_as_a_whole_and_nothing_of_a_killed_run_is_left_beside_it() {
    let expected = Sandbox::with_app().tree();
    let sandbox = Sandbox::new();
    for file in ["src/main.rs", "of/an/earlier/version.rs"] {
        sandbox.write(&format!(".my_app.hello-sockets/{file}"), "half a fi");
    }

    let new = ["new", "my_app", "--no-git", "--no-install"];
    sandbox.run_outside(&new).succeeded();

    assert_eq!(sandbox.tree(), expected);
    let beside = std::fs::read_dir(sandbox.path()).expect("it is there");
    let beside: Vec<_> = beside
        .map(|entry| entry.expect("readable").file_name())
        .collect();
    assert_eq!(beside, ["my_app"]);
}

#[test]
fn a_new_app_that_cannot_be_written_leaves_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "mine\n");
    sandbox.write(".taken.hello-sockets", "mine\n");
    let before = sandbox.tree();
    for path in ["file/my_app", "taken"] {
        let ran = sandbox.run_outside(&["new", path, "--no-git", "--no-install"]);
        assert_eq!(ran.code, Some(1), "{path}: {}", ran.stdout);
        let error = format!("error: `{path}");
        assert!(ran.stderr.contains(&error), "{}", ran.stderr);
        let nothing = "` could not be written, so nothing was: ";
        assert!(ran.stderr.contains(nothing), "{}", ran.stderr);
        assert_eq!(sandbox.tree(), before, "{path}");
    }
}

/// Runs `new`, whose files may have 8 kB at most. A larger one kills it, or is an error if it `is_ignored`.
#[cfg(unix)]
fn new_with_small_files(sandbox: &Sandbox, is_ignored: bool) -> std::process::ExitStatus {
    let trap = if is_ignored { "trap '' XFSZ;" } else { "" };
    let new = "new my_app --no-git --no-install";
    let script = format!(
        "{trap} ulimit -f 8; exec '{}' {new}",
        env!("CARGO_BIN_EXE_hello-sockets")
    );
    let mut command = std::process::Command::new("bash");
    command.args(["-c", &script]).current_dir(sandbox.path());
    command.stdout(std::process::Stdio::null());
    command.stderr(std::process::Stdio::null());
    command.status().expect("bash is there")
}

#[cfg(unix)]
#[test]
fn a_new_app_that_is_killed_or_fails_between_two_files_is_not_there() {
    use std::os::unix::process::ExitStatusExt;
    let sandbox = Sandbox::new();
    let failed = new_with_small_files(&sandbox, true);
    assert_eq!(failed.code(), Some(1));
    let mut entries = std::fs::read_dir(sandbox.path()).expect("it is there");
    assert!(entries.next().is_none());

    let killed = new_with_small_files(&sandbox, false);
    assert!(killed.signal().is_some(), "{killed}");
    let left = sandbox.tree();
    assert!(left.len() > 1, "it was killed before its first file");
    let is_draft = |(path, _): &(String, _)| path.starts_with(".my_app.hello-sockets/");
    assert!(left.iter().all(is_draft));
    let new = ["new", "my_app", "--no-git", "--no-install"];
    sandbox.run_outside(&new).succeeded();
    assert_eq!(sandbox.tree(), Sandbox::with_app().tree());
}

#[test]
fn a_new_app_may_be_in_a_folder_with_the_longest_name_or_below_new_folders() {
    let longest = "a".repeat(255);
    for path in [longest.as_str(), "not/there/yet"] {
        let sandbox = Sandbox::new();
        let new = ["new", path, "--app", "my_app", "--no-git", "--no-install"];
        sandbox.run_outside(&new).succeeded();
        let found = sandbox.tree();
        let is_below = |(file, _): &(String, _)| file.starts_with(&format!("{path}/"));
        assert!(found.iter().all(is_below) && found.len() > 300, "{path}");
    }
}

#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let sandbox = Sandbox::with_app();
    let mut command = sandbox.command(&["gen", "channel", "User", "--yes"]);
    let (stdout, stderr) = (std::process::Stdio::piped(), std::process::Stdio::piped());
    let mut child = command
        .stdin(std::process::Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .expect("it starts");
    drop((child.stdout.take(), child.stderr.take()));

    assert!(child.wait().expect("it ends").success());

    let whole = Sandbox::with_app();
    whole.ok(&["gen", "channel", "User", "--yes"]);
    assert_eq!(sandbox.tree(), whole.tree());
}

#[test]
fn a_dry_run_names_conflicts_and_goes_on() {
    let sandbox = with_a_channel_of_their_own();
    let before = sandbox.tree();

    let ran = sandbox.ok(&["gen", "channel", "User", "--yes", "--dry-run"]);

    assert!(
        ran.stdout
            .starts_with("* conflict src/channels/user_channel.rs\n* creating tests/"),
        "{}",
        ran.stdout
    );
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn all_that_stands_in_the_way_is_named_at_once_before_anything_is_reported() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "Admin"]]);
    let endpoint = sandbox.read("my_app/src/endpoint.rs");
    let endpoint = endpoint.replace("\"/admin_socket\"", "\"/socket\"");
    sandbox.write("my_app/src/endpoint.rs", &endpoint);
    sandbox.write(
        "my_app/src/channels/zebra_channel.rs",
        "// Somebody else's.\n",
    );
    let before = sandbox.tree();

    let ran = sandbox.run(&[
        "gen",
        "channel",
        "Zebra",
        "--topic",
        "Zebra:*",
        "--exact",
        "--per-user",
        "--socket",
        "user",
    ]);

    assert_eq!(ran.stdout, "");
    ran.misused(
        "error: `Zebra:*` is not a topic: a topic is the part before the colon, of lower-case letters, digits and `_`\n\
         help: --topic zebra\n\
         error: `user` is not a socket name: each part of a name starts with a capital letter\n\
         help: --socket User\n\
         error: `--exact` is for one topic, `--per-user` for a topic for each user\n\
         help: omit one of them\n\
         error: the path `/socket` is taken: src/endpoint.rs mounts AdminSocket there\n\
         help: hello-sockets gen channel Zebra --socket Client --exact --per-user\n\
         error: `src/channels/zebra_channel.rs` exists and differs; nothing was written\n\
         help: --force overwrites files that differ, --skip keeps them, --dry-run shows what would be done\n",
    );
    assert_eq!(sandbox.tree(), before);
}

#[test]
fn a_name_that_was_not_typed_stands_in_nobodys_way() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Room", "--yes"]]);
    sandbox.write("my_app/src/channels/room_channel.rs", "// Edited.\n");
    let no_name = "is not a channel name: a name is not empty";
    sandbox.run(&["gen", "channel", ""]).misused(&format!(
        "error: `` {no_name}\nhelp: hello-sockets gen channel Room\n"
    ));
    sandbox.run(&["gen", "channel", "7"]).misused(
        "error: `7` is not a channel name: each part of a name starts with a capital letter\n\
         help: hello-sockets gen channel Room\n",
    );
    // `room` is corrected to `Room`, which stands in the way.
    sandbox.run(&["gen", "channel", "room"]).misused(
        "error: `room` is not a channel name: each part of a name starts with a capital letter\n\
         help: hello-sockets gen channel Room\n\
         error: `src/channels/room_channel.rs` exists and differs; nothing was written\n\
         help: --force overwrites files that differ, --skip keeps them, --dry-run shows what would be done\n",
    );
}

#[test]
fn a_topic_that_was_not_typed_stands_in_nobodys_way() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "Room", "--yes"]]);
    sandbox.run(&["gen", "channel", "Zebra", "--topic", ":"]).misused(
        "error: `:` is not a topic: a topic is the part before the colon, of lower-case letters, digits and `_`\n\
         help: --topic room\n",
    );
}

#[test]
fn all_that_stands_in_the_way_of_a_new_app_is_named_at_once() {
    let sandbox = Sandbox::new();
    sandbox.write("Shop/notes.txt", "mine\n");
    let before = sandbox.tree();

    let ran = sandbox.answer(
        &[
            "new",
            "Shop",
            "--channel",
            "room",
            "--module",
            "Shop",
            "--no-git",
        ],
        "y\n",
    );

    assert_eq!(ran.stdout, "");
    ran.misused(
        "error: `Shop` cannot be the app's name: a name starts with a lower-case ASCII letter and goes on with those, digits, `_` and `-`\n\
         help: hello-sockets new Shop --app shop\n\
         error: an app of the stack `rust` has no `--module`\n\
         help: leave it out, or name another --stack\n\
         error: `room` is not a channel name: each part of a name starts with a capital letter\n\
         help: --channel Room\n\
         error: `Shop` is not empty; nothing was written\n\
         help: choose another folder, or add --yes, which answers every question with yes, except about files that differ\n",
    );
    assert_eq!(sandbox.tree(), before);
}
