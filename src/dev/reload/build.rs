//! A running build: its output in the terminal, and its result.

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;

use console::strip_ansi_codes;

use super::cargo::Message;
use super::group::Group;
use super::problem::Problem;
use super::state::Binary;
use crate::output::{commands, terminal};

/// A running build.
#[derive(Debug)]
pub struct Build(Group);

/// The result of a build: the app, or one problem or more.
pub type Built = Result<Binary, Vec<Problem>>;

/// Colours of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colors {
    Kept,
    Removed,
}

impl Build {
    /// Starts `command` in the folder `root`, and calls `then` with the result. Of several binaries, the one called
    /// `name` counts.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(
        command: &[String],
        root: &Path,
        name: &str,
        then: impl FnOnce(Built) + Send + 'static,
    ) -> io::Result<Self> {
        let colors = match console::colors_enabled_stderr() {
            true => Colors::Kept,
            false => Colors::Removed,
        };
        let cargo_color = match colors {
            Colors::Kept => "always",
            Colors::Removed => "never",
        };
        let mut command = commands::process(command);
        command
            .current_dir(root)
            .env("CARGO_TERM_COLOR", cargo_color)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let (child, group) = Group::spawn(&mut command)?;
        let name = name.to_owned();
        thread::spawn(move || then(result(child, &name, colors)));
        Ok(Self(group))
    }

    /// Ends all processes of the build at once.
    pub fn cancel(self) {
        self.0.kill();
    }
}

/// Reads all output of a build, and returns its result.
fn result(mut child: Child, name: &str, colors: Colors) -> Built {
    let stderr = child.stderr.take();
    let progress = thread::spawn(move || stderr.map(forward).unwrap_or_default());
    let (mut problems, mut binaries) = (Vec::new(), Vec::new());
    for line in child.stdout.take().into_iter().flat_map(lines) {
        match Message::parse(&line) {
            Some(Message::Diagnostic(text, problem)) => {
                terminal::forward(&match colors {
                    Colors::Kept => text,
                    Colors::Removed => strip_ansi_codes(&text).into_owned(),
                });
                problems.extend(problem);
            }
            Some(Message::Binary(name, path)) => binaries.push((name, path)),
            None => {}
        }
    }
    let progress = progress.join().unwrap_or_default();
    match child.wait() {
        Ok(status) if status.success() => binary(binaries, name).map_err(|problem| {
            terminal::forward(&format!("error: {}\n", problem.text));
            vec![problem]
        }),
        Ok(_) if !problems.is_empty() => Err(problems),
        Ok(status) => Err(vec![failure(&progress, &status.to_string())]),
        Err(error) => Err(vec![Problem::new(error.to_string())]),
    }
}

/// Prints all of `output`, and returns it.
fn forward(output: impl Read) -> String {
    let mut text = String::new();
    for line in lines(output) {
        let line = format!("{line}\n");
        terminal::forward(&line);
        text.push_str(&line);
    }
    text
}

fn lines(output: impl Read) -> impl Iterator<Item = String> {
    let lines = BufReader::new(output).split(b'\n');
    lines
        .map_while(io::Result::ok)
        .map(|line| String::from_utf8_lossy(&line).into_owned())
}

/// Returns the problem of a build that failed without a diagnostic: what cargo printed from its error on.
fn failure(progress: &str, status: &str) -> Problem {
    let progress = strip_ansi_codes(progress);
    let lines = progress.lines();
    let error: Vec<_> = lines
        .skip_while(|line| !line.starts_with("error"))
        .collect();
    match error.is_empty() {
        true => Problem::new(format!("the build failed ({status})")),
        false => Problem::new(error.join("\n")),
    }
}

/// Returns the app among the binaries of a build.
fn binary(binaries: Vec<(String, PathBuf)>, name: &str) -> Result<Binary, Problem> {
    let names: Vec<_> = binaries.iter().map(|(name, _)| name.clone()).collect();
    let is_single = binaries.len() == 1;
    let mut candidates = binaries.into_iter();
    let found = candidates.find(|(candidate, _)| is_single || candidate == name);
    let Some((_, path)) = found else {
        let names = names.join(", ");
        return Err(Problem::new(match names.is_empty() {
            true => "the build made no binary".to_owned(),
            false => format!(
                "the app has several binaries: {names}. Name one: hello-sockets dev -- --bin NAME"
            ),
        }));
    };
    let changed = fs::metadata(&path).and_then(|metadata| metadata.modified());
    let unread = |error: io::Error| Problem::new(format!("`{}`: {error}", path.display()));
    Ok(Binary {
        changed: changed.map_err(unread)?,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_without_a_diagnostic_is_what_was_printed_from_the_error_on() {
        let printed = "\u{1b}[1m   Locking\u{1b}[0m 1 package\n\u{1b}[31merror\u{1b}[0m: no such table\n\nCaused by:\n  this\n";
        let expected = Problem::new("error: no such table\n\nCaused by:\n  this");
        assert_eq!(failure(printed, "exit status: 101"), expected);
        let expected = Problem::new("the build failed (signal: 9)");
        assert_eq!(failure("   Compiling app\n", "signal: 9"), expected);
    }

    #[test]
    fn the_app_is_the_only_binary_or_the_one_with_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = ["app", "tool"].map(|name| {
            let path = folder.path().join(name);
            fs::File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .open(&path)
                .expect("it is new");
            (name.to_owned(), path)
        });
        let [app, tool] = files.clone();
        let path = |binaries: Vec<_>, name: &str| binary(binaries, name).map(|binary| binary.path);

        assert_eq!(path(vec![tool.clone()], "app"), Ok(tool.1.clone()));
        assert_eq!(path(vec![tool.clone(), app.clone()], "app"), Ok(app.1));
        let several =
            "the app has several binaries: app, tool. Name one: hello-sockets dev -- --bin NAME";
        assert_eq!(path(files.to_vec(), "other"), Err(Problem::new(several)));
        let none = Problem::new("the build made no binary");
        assert_eq!(path(Vec::new(), "app"), Err(none));
    }
}
