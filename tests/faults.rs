//! Faults in the middle of a run: one system call fails, or the process is killed in it. A run that fails has written nothing,
//! and the same command completes one that was killed.
//!
//! strace counts the system calls of a run, and causes a fault in one of them in each further run.
#![cfg(target_os = "linux")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use support::{Ran, Sandbox, finish, tree};

/// System calls that open or change files, on any architecture.
const CALLS: &str = "trace=openat,write,ftruncate,/^f?chmod,/^mkdir,/^rename,/^rmdir,/^unlink";

/// Largest number of calls with the same name that are tried, from the first to the last.
const MOST: usize = 4;

/// The app of a sandbox, copied for each run.
struct Trial {
    sandbox: Sandbox,
    args: &'static [&'static str],
}

impl Trial {
    /// Runs the command in a copy of the app, under strace. Returns the copy, too.
    fn run(&self, strace: &[&str]) -> (Sandbox, Ran) {
        let sandbox = Sandbox::new();
        copy(&self.sandbox.path().join("my_app"), &sandbox);
        let plain = sandbox.command(self.args);
        let mut command = Command::new("strace");
        command.args(["-qq", "-f"]).args(strace);
        command.arg(plain.get_program()).args(self.args);
        command.current_dir(plain.get_current_dir().expect("it is the app"));
        let ran = finish(command, "");
        (sandbox, ran)
    }

    /// Returns how often a run makes each system call.
    fn calls(&self) -> BTreeMap<String, usize> {
        let log = self.sandbox.path().join("calls");
        let (_, ran) = self.run(&["-o", log.to_str().expect("UTF-8"), "-e", CALLS]);
        ran.succeeded();
        let mut calls = BTreeMap::new();
        for line in self.sandbox.read("calls").lines() {
            let call = line.split_once(' ').expect("a process id").1.trim_start();
            if let Some((name, _)) = call.split_once('(') {
                *calls.entry(name.to_owned()).or_default() += 1;
            }
        }
        calls
    }

    fn causes_no_harm(&self) {
        let before = files(&self.sandbox.path().join("my_app"));
        let after = {
            let (sandbox, ran) = self.run(&["-o", "/dev/null", "-e", "trace=none"]);
            ran.succeeded();
            files(&sandbox.path().join("my_app"))
        };
        assert!(before != after, "the command changes no file");
        let calls = self.calls();
        let (mut failed, mut killed) = (0, 0);
        for (name, count) in &calls {
            let tried = (1..=*count).step_by(count.div_ceil(MOST));
            for (at, error) in tried.zip(["error=EACCES", "error=ENOSPC"].iter().cycle()) {
                for fault in [error, "signal=KILL"] {
                    let inject = format!("inject={name}:{fault}:when={at}");
                    let traced = format!("trace={name}"); // faults are caused in traced calls alone
                    let options = ["-o", "/dev/null", "-e", &traced, "-e", &inject];
                    let (sandbox, ran) = self.run(&options);
                    let app = sandbox.path().join("my_app");
                    assert!(!ran.stderr.contains("panicked"), "{inject}: {}", ran.stderr);
                    match ran.code {
                        Some(0) => assert!(files(&app) == after, "{inject}: {}", ran.stderr),
                        Some(_) => {
                            failed += 1;
                            assert!(files(&app) == before, "{inject}: {}", ran.stderr);
                        }
                        None => {
                            killed += 1;
                            assert_eq!(fault, "signal=KILL", "{inject}");
                        }
                    }
                    if files(&app) != after {
                        let again = sandbox.ok(self.args);
                        assert!(
                            files(&app) == after,
                            "{inject}, and again: {}",
                            again.stdout
                        );
                    }
                }
            }
        }
        assert!(
            failed > 0 && killed > calls.len(),
            "{failed}, {killed}, {calls:?}"
        );
    }
}

/// Returns the files of an app, without drafts: their removal may be what fails.
fn files(app: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = tree(app);
    files.retain(|(path, _)| !path.ends_with(".hello-sockets"));
    files
}

/// Copies an app.
fn copy(app: &Path, to: &Sandbox) {
    let mut cp = Command::new("cp");
    cp.arg("-a").arg(app).arg(to.path().join("my_app"));
    assert!(cp.status().expect("cp runs").success());
}

#[test]
#[ignore = "needs strace"]
fn of_gen() {
    let trial = Trial {
        sandbox: Sandbox::with_app(),
        args: &["gen", "channel", "User", "--yes"],
    };
    trial.causes_no_harm();
}

#[test]
#[ignore = "needs strace"]
fn of_destroy() {
    let trial = Trial {
        sandbox: Sandbox::with_app().after(&[&["gen", "channel", "User", "--yes"]]),
        args: &["destroy", "channel", "User", "--force"],
    };
    trial.causes_no_harm();
}

#[test]
#[ignore = "needs strace"]
fn of_undo() {
    let made = ["gen", "channel", "User", "--yes"];
    let trial = Trial {
        sandbox: Sandbox::with_phoenix_app().after(&[&made, &["gen", "auth", "--yes"]]),
        args: &["undo", "--force"],
    };
    trial.causes_no_harm();
}

#[test]
#[ignore = "needs strace"]
fn of_upgrade() {
    let sandbox = Sandbox::with_app().after(&[&["gen", "channel", "User", "--yes"]]);
    let trial = Trial {
        sandbox: sandbox.made_by_an_earlier_version(),
        args: &["upgrade", "--made-by-new", "--force", "--yes"],
    };
    trial.causes_no_harm();
}
