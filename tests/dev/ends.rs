//! Ends of the app, and of the command.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::fixture::{Dev, app, get, processes, until, version};

#[test]
fn ctrl_c_ends_all_processes_and_frees_the_port() {
    let sandbox = app();
    let dev = Dev::serving(&sandbox);
    let (folder, port) = (dev.app.clone(), dev.port);

    let (rest, status) = dev.interrupt();

    assert!(status.ends_with(", 130)"), "{status}");
    assert!(
        rest.ends_with("\ninterrupted: the app has ended\n"),
        "{rest}"
    );
    assert_eq!(processes(&folder), [""; 0]);
    assert!(get(port).is_err(), "nothing listens");
}

#[test]
fn ctrl_c_ends_a_build() {
    let sandbox = app();
    let endless = "fn main() { loop { std::thread::sleep(std::time::Duration::from_secs(1)) } }";
    sandbox.write("my_app/build.rs", endless);
    let mut dev = Dev::start(&sandbox);
    dev.prints("* building ");
    let folder = dev.app.clone();
    until(|| !processes(&folder).is_empty());

    let (_, status) = dev.interrupt();

    assert!(status.ends_with(", 130)"), "{status}");
    until(|| processes(&folder).is_empty());
}

#[test]
fn the_app_ends_with_the_command_even_if_that_is_killed() {
    let sandbox = app();
    let dev = Dev::serving(&sandbox);
    let id = dev.id();

    let status = Command::new("kill").args(["-KILL", &id]).status();

    assert!(status.expect("it runs").success());
    until(|| processes(&dev.app).is_empty());
}

#[test]
fn an_app_that_ends_at_its_start_is_reported_and_started_after_the_next_change() {
    let sandbox = app();
    let main = sandbox.read("my_app/src/main.rs");
    let broken = main.replace(
        "fn main() {",
        "fn main() {\n    eprintln!(\"no database\");\n    std::process::exit(3);",
    );
    sandbox.write("my_app/src/main.rs", &broken);
    let mut dev = Dev::start(&sandbox);

    dev.prints("no database");
    dev.prints("warning: the app has ended (exit status: 3); a change starts it again\r\n");
    let text = "The app ended at its start (exit status: 3). The terminal shows its output.";
    dev.answers(text);

    // Not only a change of code: the app may have lacked a file.
    dev.write("assets/index.html", "changed");
    dev.prints("no database");
    dev.prints("warning: the app has ended");
    dev.write("src/main.rs", &main);
    dev.prints("* serving ");
    dev.serves("one");

    // Now, the old server goes on.
    dev.write("src/main.rs", &broken);
    dev.prints(r#"told ["build",{"errors":[{"place":null,"text":"The app ended at its start (exit status: 3)."#);
    dev.serves("one");
}

#[test]
fn an_app_that_ends_while_it_serves_is_reported_and_started_after_the_next_change() {
    let sandbox = app();
    let mut dev = Dev::serving(&sandbox);

    for id in processes(&dev.app) {
        let status = Command::new("kill").args(["-KILL", &id]).status();
        assert!(status.expect("it runs").success());
    }
    dev.prints("warning: the app has ended (signal: 9 (SIGKILL)); a change starts it again\r\n");
    dev.answers("The app has ended (signal: 9 (SIGKILL)).");
    dev.write("src/version.rs", &version("two"));

    dev.prints("* serving ");
    dev.serves("two");
}

#[test]
fn while_no_file_changes_nothing_runs() {
    let sandbox = app();
    let dev = Dev::serving(&sandbox);
    let id = dev.id();
    // The number of times that threads of the command were run.
    let switches = || -> u64 {
        let threads = fs::read_dir(format!("/proc/{id}/task")).expect("it runs");
        let statuses = threads.map(|thread| {
            let status = thread.expect("it is listed").path().join("status");
            fs::read_to_string(status).unwrap_or_default()
        });
        let counts = statuses.flat_map(|status| {
            let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
            let counts =
                lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
            counts.collect::<Vec<_>>()
        });
        counts.sum()
    };
    // The last events of the build may still arrive.
    let is_quiet = (0..20).any(|_| {
        let before = switches();
        std::thread::sleep(Duration::from_millis(300));
        switches() == before
    });
    assert!(is_quiet, "a thread runs again and again");
}
