//! An app that its own command runs, since it reloads itself, or since this system cannot hand over a socket.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use crate::args;
use crate::output::commands;
use crate::project::Project;

/// Runs the app by the command `words`, until it ends.
///
/// # Errors
/// It cannot be started.
pub fn run(words: &[String], args: &args::Dev, project: &Project) -> Result<ExitCode> {
    let mut command = commands::process(words);
    command.args(&args.arguments).current_dir(&project.root);
    if let Some(port) = args.port {
        command.env("PORT", port.to_string());
    }
    run_in_place(command).with_context(|| format!("`{}` cannot be started", words.join(" ")))
}

/// Replaces this process. It returns only if that fails.
#[cfg(unix)]
fn run_in_place(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec().into())
}

/// Waits for the app, also after Ctrl-C, which the app gets as well. Its exit code is this command's.
#[cfg(not(unix))]
fn run_in_place(mut command: Command) -> Result<ExitCode> {
    crate::output::interrupt::on(|| ())?;
    let code = command.status()?.code();
    let code = code.and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
