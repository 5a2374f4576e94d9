//! The programs that are run in an app: git, npm, cargo.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command as Process, Stdio};

use crate::catalogue::generator::Command;
use crate::project;

/// Returns what a program with the variables `env` prints to standard output; `None` if it fails or is missing.
pub fn output(run: &[String], env: &BTreeMap<String, String>, root: &Path) -> Option<String> {
    let mut process = process(run);
    process.envs(env).current_dir(root);
    let output = process.stdin(Stdio::null()).output().ok()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(printed)
}

/// Runs `command` in `root`, with the standard output `stdout`.
///
/// # Errors
/// The reason of the failure, in a few words.
pub fn run(command: &Command, root: &Path, stdout: Stdio) -> Result<(), String> {
    let Some(program) = command.run.first() else {
        return Ok(());
    };
    let status = process(&command.run)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(stdout)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{program}` failed ({status})")),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(format!("`{program}` was not found"))
        }
        Err(error) => Err(format!("`{program}` could not be started: {error}")),
    }
}

/// Returns the process of a program with its arguments, by its path on Windows: there, the system finds only programs that end with
/// `.exe`.
pub fn process(words: &[String]) -> Process {
    let (program, arguments) = words.split_first().unzip();
    let program = program.map_or("", String::as_str);
    let path = cfg!(windows).then(|| project::program(program)).flatten();
    let mut process = Process::new(path.unwrap_or_else(|| program.into()));
    process.args(arguments.unwrap_or_default());
    process
}
