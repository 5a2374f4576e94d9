//! Separate folders for tests, and the command run in them.
#![allow(dead_code, reason = "each test binary uses a part of this")]

pub mod app;
#[cfg(unix)]
pub mod guide;
pub mod markdown;
pub mod pattern;
pub mod server;
pub mod taken_back;
#[cfg(unix)]
pub mod terminal;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A temporary folder, deleted at the end of the test.
pub struct Sandbox {
    folder: TempDir,
}

/// Output and exit code of a command.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// Returns a sandbox with an app called `my_app`, without git and dependencies.
    pub fn with_app() -> Self {
        let sandbox = Self::new();
        sandbox
            .run(&["new", "my_app", "--no-git", "--no-install"])
            .succeeded();
        sandbox
    }

    /// Returns a sandbox with a Phoenix app called `my_app`, without git and dependencies.
    pub fn with_phoenix_app() -> Self {
        let sandbox = Self::new();
        let phoenix = ["--stack", "phoenix", "--no-git", "--no-install"];
        sandbox
            .run(&[&["new", "my_app"], &phoenix[..]].concat())
            .succeeded();
        sandbox
    }

    /// Runs commands in order.
    #[track_caller]
    pub fn after(self, commands: &[&[&str]]) -> Self {
        for args in commands {
            self.run(args).succeeded();
        }
        self
    }

    /// Removes the record of the app, and gives its files a first line that this version does not generate.
    pub fn made_by_an_earlier_version(self) -> Self {
        let record = self.path().join("my_app/.hello-sockets/runs");
        fs::remove_dir_all(record).expect("it is there");
        for (path, contents) in self.tree() {
            let line = match Path::new(&path).extension().and_then(|end| end.to_str()) {
                _ if path.contains("/vendor/") => continue,
                Some("rs") => "//! Old.",
                Some("js") => "// Old.",
                Some("md") => "Old.",
                _ => continue,
            };
            let text = String::from_utf8(contents).expect("it is text");
            self.write(&path, &format!("{line}\n{text}"));
        }
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the command, in `my_app` if it exists, or else in the folder itself.
    pub fn command(&self, args: &[&str]) -> Command {
        let app = self.path().join("my_app");
        let is_app = ["Cargo.toml", "mix.exs"].map(|file| app.join(file).exists());
        let folder = if is_app.contains(&true) {
            app
        } else {
            self.path().to_owned()
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_hello-sockets"));
        command.args(args).current_dir(folder);
        // Transcripts must not depend on the environment.
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        command
    }

    /// Runs the command, which has to succeed.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> Ran {
        self.run(args).succeeded()
    }

    /// Runs the command with an empty standard input.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.answer(args, "")
    }

    /// Runs the command in the folder itself, beside `my_app`.
    pub fn run_outside(&self, args: &[&str]) -> Ran {
        let mut command = self.command(args);
        command.current_dir(self.path());
        finish(command, "")
    }

    /// Runs the command with `input` piped into it.
    pub fn answer(&self, args: &[&str], input: &str) -> Ran {
        finish(self.command(args), input)
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    pub fn write(&self, path: &str, contents: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders are made");
        fs::write(path, contents).expect("files are written");
    }

    /// Writes a program for the shell.
    #[cfg(unix)]
    pub fn write_program(&self, path: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;

        self.write(path, &format!("#!/bin/sh\n{script}\n"));
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path().join(path), mode).expect("it is ours");
    }

    /// Returns the paths of the recorded runs of `my_app`, with their contents, in order.
    pub fn runs(&self) -> Vec<(String, String)> {
        let folder = "my_app/.hello-sockets/runs";
        let Ok(files) = fs::read_dir(self.path().join(folder)) else {
            return Vec::new();
        };
        let names = files.map(|file| file.expect("it is read").file_name());
        let paths = names.map(|name| format!("{folder}/{}", name.display()));
        let mut runs: Vec<_> = paths.map(|path| (path.clone(), self.read(&path))).collect();
        runs.sort();
        runs
    }

    /// Deletes a file that is there.
    pub fn delete(&self, path: &str) {
        fs::remove_file(self.folder.path().join(path)).expect("it is there");
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path().join(path).exists()
    }

    /// Returns all files with their contents, sorted by path.
    pub fn tree(&self) -> Vec<(String, Vec<u8>)> {
        tree(self.path())
    }
}

/// Runs `command` with `input` piped into it.
pub fn finish(mut command: Command, input: &str) -> Ran {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    // Fails if the command does not read, which is not an error.
    let _ = child
        .stdin
        .take()
        .expect("it is piped")
        .write_all(input.as_bytes());
    Ran::from(child.wait_with_output().expect("the command ends"))
}

/// Returns the text with `SECRET` in place of the secrets of a Phoenix app.
pub fn without_secrets(text: &str) -> String {
    let hidden = |line: &str| {
        let (key, rest) = line.split_once(": \"")?;
        let secret = key.ends_with("secret_key_base") || key.ends_with("signing_salt");
        let (_, rest) = rest.split_once('"')?;
        secret.then(|| format!("{key}: \"SECRET\"{rest}"))
    };
    let line = |line: &str| hidden(line).unwrap_or_else(|| line.to_owned()) + "\n";
    text.lines().map(line).collect()
}

/// Files of the record of runs, which has its own tests.
const RECORD: [&str; 2] = [".hello-sockets/runs", ".hello-sockets/undo"];

/// Returns all files below `root` with their contents, sorted by path, without the record of runs.
pub fn tree(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut todo = vec![PathBuf::from(root)];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(&folder).expect("a folder is listed") {
            let path = entry.expect("an entry is read").path();
            if RECORD.iter().any(|record| path.ends_with(record)) {
                continue;
            }
            if path.is_dir() && !path.is_symlink() {
                todo.push(path);
            } else {
                let name = path
                    .strip_prefix(root)
                    .expect("it is below")
                    .display()
                    .to_string();
                files.push((name, fs::read(&path).expect("a file is read")));
            }
        }
    }
    files.sort();
    files
}

impl Ran {
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that standard output contains `text`.
    #[track_caller]
    pub fn prints(&self, text: &str) {
        assert!(self.stdout.contains(text), "{}", self.stdout);
    }

    /// Checks that all files were reported as identical.
    #[track_caller]
    pub fn found_all_identical(self) -> Self {
        let mut lines = self.stdout.lines().filter(|line| line.starts_with("* "));
        let identical = lines.all(|line| line.starts_with("* identical "));
        assert!(identical, "{}", self.stdout);
        self.succeeded()
    }

    /// Checks that the exit code is 1, with exactly this error.
    #[track_caller]
    pub fn failed(self, stderr: &str) -> Self {
        self.ended_with(1, stderr)
    }

    /// Checks that the exit code is 2, with exactly this error.
    #[track_caller]
    pub fn misused(self, stderr: &str) -> Self {
        self.ended_with(2, stderr)
    }

    #[track_caller]
    fn ended_with(self, code: i32, stderr: &str) -> Self {
        assert_eq!(
            (self.code, self.stderr.as_str()),
            (Some(code), stderr),
            "{}",
            self.stdout
        );
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("the report is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("errors are UTF-8"),
        }
    }
}
