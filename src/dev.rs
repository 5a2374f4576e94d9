//! `dev`: builds and runs the current app, and brings each change of a file to the browser.
//!
//! The command holds the listening socket. A new server takes it over from the one before, so that no connection is
//! refused; without a server, the command itself answers, with the problems of the build.
//!
//! - [`checks`], the conditions
//! - [`state`]: pure, events and their effects; [`supervisor`]: the loop that performs them
//! - [`change`]: pure, changed paths and their meaning; [`watch`]: their source
//! - [`build`]: a build; [`cargo`]: pure, its messages; [`problem`]: an error
//! - [`server`]: a running app; [`message`]: pure, messages to it
//! - [`page`]: the answer without an app; [`group`]: processes and their children

mod build;
mod cargo;
mod change;
mod checks;
mod group;
mod message;
mod page;
mod problem;
mod server;
mod state;
mod supervisor;
mod watch;

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::args;
use crate::catalogue::stack;
use crate::output::interrupt;
use crate::output::terminal::Terminal;
use crate::project::Project;
use supervisor::Supervisor;

/// Runs the app until it is interrupted.
///
/// # Errors
/// The app cannot be run, or its address is not available.
pub fn dev(args: &args::Dev, project: &Project, terminal: Terminal) -> Result<ExitCode> {
    let settings = checks::settings(project)?;
    if settings.build.is_empty() {
        return run(settings, args, project);
    }
    Supervisor::new(settings, args, project, terminal)?.run()?;
    Ok(ExitCode::from(interrupt::EXIT_CODE))
}

/// Replaces this process by an app that reloads itself. It returns only if that fails.
fn run(settings: &stack::Dev, args: &args::Dev, project: &Project) -> Result<ExitCode> {
    let mut command = build::with_arguments(&settings.run);
    command.args(&args.arguments).current_dir(&project.root);
    if let Some(port) = args.port {
        command.env("PORT", port.to_string());
    }
    let error = command.exec();
    Err(error).with_context(|| format!("`{}` cannot be started", settings.run.join(" ")))
}
