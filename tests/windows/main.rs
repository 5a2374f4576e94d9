//! The command for Windows, under Wine: it does what the command for this system does, byte for byte.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use support::{Ran, Sandbox, app, finish, without_secrets};
use tempfile::TempDir;

const TARGET: &str = "x86_64-pc-windows-gnu";

/// Folder of what is built for Windows.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("windows")
}

/// Returns the command for Windows, built once.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = target();
        let mut build = Command::new(env!("CARGO"));
        build
            .args(["build", "--quiet", "--locked", "--bin", "hello-sockets"])
            .args(["--target", TARGET, "--target-dir"])
            .arg(&target)
            .env("RUSTFLAGS", "-D warnings")
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        finish(build, "").succeeded();
        target.join(TARGET).join("debug/hello-sockets.exe")
    })
}

/// Returns the folder of a library that Wine lacks, built once.
fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = target().join("library");
        fs::create_dir_all(&folder).expect("folders are made");
        let mut library = Command::new("x86_64-w64-mingw32-gcc");
        library
            .args(["-shared", "-o"])
            .arg(folder.join("bcryptprimitives.dll"))
            .arg("tests/windows/bcryptprimitives.c")
            .arg("-ladvapi32")
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        finish(library, "").succeeded();
        folder
    })
}

/// A sandbox on a Windows of its own.
struct Windows {
    sandbox: Sandbox,
    system: TempDir,
    /// Folder of programs, which Wine takes from a variable of its own.
    programs: TempDir,
}

impl Windows {
    fn new() -> Self {
        Self {
            sandbox: Sandbox::new(),
            system: tempfile::tempdir().expect("a temporary folder"),
            programs: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// Returns one with an app called `my_app`.
    fn with_app(new: &[&str]) -> Self {
        let windows = Self::new();
        let new = [&["new", "my_app", "--no-git", "--no-install"], new].concat();
        windows.answer(&new, "").succeeded();
        windows
    }

    fn answer(&self, args: &[&str], input: &str) -> Ran {
        let here = self.sandbox.command(args);
        let mut command = Command::new("wine");
        command
            .arg(built())
            .args(args)
            .current_dir(here.get_current_dir().expect("it has a folder"));
        finish(self.on(command), input)
    }

    /// Returns a command that starts Wine on this Windows.
    fn on(&self, mut command: Command) -> Command {
        let folders = [library(), self.programs.path()].map(|folder| folder.display().to_string());
        command
            .env("WINEPREFIX", self.system.path())
            .env("WINEPATH", folders.join(";"))
            .env("WINEDEBUG", "-all")
            // Neither a window, nor a question about parts of Wine for pages and .NET.
            .env("WINEDLLOVERRIDES", "mscoree,mshtml,winemenubuilder.exe=")
            .env_remove("DISPLAY");
        command
    }
}

impl Drop for Windows {
    /// Ends the programs that Wine leaves running.
    fn drop(&mut self) {
        let mut end = Command::new("wineserver");
        end.arg("--kill");
        finish(self.on(end), "");
    }
}

/// Runs commands, with `Y` for each question, there and here: reports and files are the same after each.
fn does_the_same(commands: &[&[&str]]) {
    let (there, here) = (Windows::new(), Sandbox::new());
    for args in commands {
        let mut command = here.command(args);
        command.env("PATH", ""); // there are no programs on Windows either
        let expected = finish(command, "Y\n");
        let ran = there.answer(args, "Y\n");

        assert_eq!(ran.code, expected.code, "{args:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, expected.stdout, "{args:?}");
        same_files(&there.sandbox, &here);
    }
}

#[track_caller]
fn same_files(there: &Sandbox, here: &Sandbox) {
    let files = |sandbox: &Sandbox| {
        let tree = sandbox.tree().into_iter();
        tree.map(|(path, bytes)| (path, without_secrets(&String::from_utf8_lossy(&bytes))))
            .collect::<Vec<_>>()
    };
    let (there, here) = (files(there), files(here));
    for (there, here) in there.iter().zip(&here) {
        assert_eq!(there, here);
    }
    assert_eq!(there.len(), here.len());
}

#[test]
#[ignore = "needs Wine, mingw-w64, and Rust's standard library for Windows"]
fn on_windows_every_generator_of_the_rust_stack_does_the_same() {
    does_the_same(&[
        &["new", "my_app", "--no-git", "--no-install"],
        &["gen", "channel", "User"],
        &["gen", "socket", "Device"],
        &["gen", "channel", "Room", "--history"],
        &["gen", "presence", "--channel", "Room"],
        &["gen", "auth"],
        &["gen", "release"],
        &["gen", "pubsub", "redis"],
        &["gen", "library"],
        &["gen", "channel", "User"],
        &["routes"],
        &["destroy", "presence"],
        &["undo"],
        &["destroy", "channel", "Room"],
        &["upgrade", "--dry-run"],
    ]);
}

#[test]
#[ignore = "needs Wine, mingw-w64, and Rust's standard library for Windows"]
fn on_windows_every_generator_of_the_phoenix_stack_does_the_same() {
    does_the_same(&[
        &[
            "new",
            "my_app",
            "--stack",
            "phoenix",
            "--no-git",
            "--no-install",
        ],
        &["gen", "channel", "User"],
        &["gen", "socket", "Device"],
        &["gen", "presence", "--channel", "User"],
        &["gen", "auth"],
        &["gen", "release"],
        &["gen", "pubsub", "redis"],
        &["routes"],
        &["destroy", "auth"],
        &["undo"],
    ]);
}

/// A new app's `dev`, with a program that prints its arguments and its port, and fails.
#[track_caller]
fn dev_starts(new: &[&str], program: &str, arguments: &str) -> Ran {
    let windows = Windows::with_app(new);
    // The dependencies that the Phoenix stack looks for.
    windows.sandbox.write("my_app/deps/phoenix/mix.exs", "");
    let script = "@echo %* at %PORT%\r\n@exit /b 3\r\n";
    fs::write(windows.programs.path().join(program), script).expect("it is new");

    let ran = windows.answer(&["dev", "--port", "4321", "--", "--more"], "");

    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(ran.stdout, format!("{arguments} --more at 4321\r\n"));
    ran
}

#[test]
#[ignore = "needs Wine, mingw-w64, and Rust's standard library for Windows"]
fn on_windows_dev_runs_an_app_without_reloading_it() {
    let ran = dev_starts(&[], "cargo.cmd", "run");
    let remark = "after a change, stop the app and start it again: reloading needs Unix\n";
    assert_eq!(ran.stderr, remark);
}

#[test]
#[ignore = "needs Wine, mingw-w64, and Rust's standard library for Windows"]
fn on_windows_dev_runs_a_phoenix_app_which_reloads_itself() {
    let ran = dev_starts(&["--stack", "phoenix"], "mix.bat", "phx.server");
    assert_eq!(ran.stderr, "");
}

#[test]
#[ignore = "needs Wine, mingw-w64, and Rust's standard library for Windows"]
fn on_windows_doctor_finds_programs_by_their_endings_and_leaves_the_linker_to_rustc() {
    let windows = Windows::with_app(&[]);
    let script = "@echo cargo 1.95.0 (f2d3ce0bd 2026-03-21)\r\n";
    fs::write(windows.programs.path().join("cargo.cmd"), script).expect("it is new");

    let ran = windows.answer(&["doctor"], "");

    let found = "* ok      cargo: 1.95.0\n* ok      linker: found by rustc, as on every Windows\n";
    assert!(ran.stdout.starts_with(found), "{}", ran.stdout);
    let missing = "* problem git: `git` was not found\n";
    ran.prints(missing);
}

#[test]
#[ignore = "needs Wine, mingw-w64, and Rust's standard library for Windows"]
fn on_windows_an_app_with_everything_passes_its_tests() {
    let (windows, sandbox) = (Windows::new(), app::full());
    let mut tests = Command::new(env!("CARGO"));
    tests
        .args(["test", "--quiet", "--target", TARGET, "--target-dir"])
        .arg(target())
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine")
        .env("RUSTFLAGS", "-D warnings")
        .current_dir(sandbox.path().join("my_app"));

    let ran = finish(windows.on(tests), "").succeeded();

    assert!(
        ran.stdout.matches("test result: ok.").count() > 10,
        "{}",
        ran.stdout
    );
}
