//! Files that change while the command runs: a person saves one while it asks, or another run writes them.
#![cfg(unix)]

mod support;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::terminal::{end, start};
use support::{Ran, Sandbox};

const ENDPOINT: &str = "my_app/src/endpoint.rs";

/// Checks that a run writes nothing if the endpoint is saved in an editor while it asks.
fn loses_no_edit(sandbox: &Sandbox, args: &[&str], question: &str) {
    let mut session = start(sandbox.command(&[args, &["--color", "never"]].concat()));
    session.exp_string(question).expect("it asks");
    sandbox.write(ENDPOINT, &(sandbox.read(ENDPOINT) + "// mine\n"));
    let before = (sandbox.tree(), sandbox.runs());
    session.send_line("y").expect("it reads");

    let (shown, code) = end(session);
    assert_eq!(code, 1, "{shown}");
    let message = "/src/endpoint.rs` has changed since it was read, so nothing was written\n\
        help: run the same command again\n";
    assert!(shown.contains(message), "{shown}");
    assert!((sandbox.tree(), sandbox.runs()) == before, "{shown}");
}

#[test]
fn gen_loses_no_edit_that_was_saved_while_it_asked() {
    let sandbox = Sandbox::with_app();
    let args = ["gen", "channel", "User"];
    loses_no_edit(&sandbox, &args, "Do you want to create it? [Yn] ");

    sandbox.answer(&args, "y\n").succeeded();
    let endpoint = sandbox.read(ENDPOINT);
    assert!(endpoint.contains("UserSocket") && endpoint.ends_with("// mine\n"));
}

#[test]
fn destroy_loses_no_edit_that_was_saved_while_it_asked() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User", "--yes"]]);
    let args = ["destroy", "channel", "User"];
    loses_no_edit(&sandbox, &args, "Do you want to remove it, too? [Yn] ");

    sandbox.answer(&args, "y\n").succeeded();
    let endpoint = sandbox.read(ENDPOINT);
    assert!(!endpoint.contains("UserSocket") && endpoint.ends_with("// mine\n"));
}

#[test]
fn undo_loses_no_edit_that_was_saved_while_it_asked() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User", "--yes"]]);
    sandbox.write("my_app/src/channels/user_channel.rs", "// mine\n");
    loses_no_edit(&sandbox, &["undo"], "[y]es [N]o [d]iff [a]ll [q]uit ");
}

#[test]
fn runs_at_once_leave_what_they_leave_one_after_the_other() {
    let names = ["Cat", "Dog", "Eel", "Fox"];
    let args = |name| ["gen", "channel", name, "--yes"];
    for _ in 0..4 {
        let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);
        let started = names.map(|name| {
            let mut command = sandbox.command(&args(name));
            let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
            piped.stdin(Stdio::null()).spawn().expect("it starts")
        });
        let ended = started.map(|run| Ran::from(run.wait_with_output().expect("it ends")));
        for (name, ran) in names.iter().zip(ended) {
            let has_lost = ran.stderr.contains("has changed since it was read");
            assert!(ran.code == Some(0) || has_lost, "{}", ran.stderr);
            let again = sandbox.ok(&args(name));
            if !has_lost {
                again.found_all_identical();
            }
        }
        let tree = sandbox.tree();
        assert!(
            !tree
                .iter()
                .any(|(path, _)| path.ends_with(".hello-sockets"))
        );
    }
}

/// A run waits two seconds for another one: if this machine is slower than that, the test starts again.
#[test]
fn a_run_waits_for_another_one_and_then_sees_what_that_has_written() {
    let path = "my_app/src/channels/mod.rs";
    let (ran, written) = loop {
        let sandbox = Sandbox::with_app().after(&[&["gen", "socket", "User"]]);
        let other = File::open(sandbox.path().join("my_app")).expect("a folder");
        other.lock().expect("nobody else has it");
        let begun = Instant::now();
        let mut command = sandbox.command(&["gen", "channel", "Cat", "--yes"]);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut run = command.spawn().expect("it starts");
        let report = BufReader::new(run.stdout.take().expect("it is piped"));
        let mut lines = report.lines().map_while(Result::ok);
        assert!(lines.any(|line| line == "* injecting src/channels/mod.rs"));
        sleep(Duration::from_millis(100)); // long enough for a run that does not wait
        sandbox.write(path, &(sandbox.read(path) + "// mine\n"));
        drop(other);
        if begun.elapsed() < Duration::from_secs(2) {
            lines.for_each(drop);
            let ran = Ran::from(run.wait_with_output().expect("it ends"));
            break (ran, sandbox.read(path));
        }
        run.kill().expect("it is ours");
        run.wait().expect("it ends");
    };
    let message = "/src/channels/mod.rs` has changed since it was read, so nothing was written\n";
    assert!(
        ran.code == Some(1) && ran.stderr.contains(message),
        "{ran:?}"
    );
    assert!(written.ends_with("// mine\n") && !written.contains("cat_channel"));
}

#[test]
fn a_script_that_locks_the_apps_folder_may_run_the_command() {
    let sandbox = Sandbox::with_app();
    let folder = File::open(sandbox.path().join("my_app")).expect("a folder");
    folder.lock().expect("nobody else has it");
    sandbox.ok(&["gen", "channel", "User"]);
}
