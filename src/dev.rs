//! `dev`: runs the current app, and brings each change of a file to the browser.
//!
//! - [`checks`], the conditions
//! - [`own_command`], the app as its own command runs it
//! - [`reload`], the app that is built and started again after each change

mod checks;
mod own_command;
#[cfg(unix)]
mod reload;

use std::process::ExitCode;

use anyhow::Result;

use crate::args;
use crate::output::terminal::Terminal;
use crate::project::Project;

/// Runs the app until it is interrupted.
///
/// # Errors
/// The app cannot be run, or its address is not available.
#[cfg(unix)]
pub fn dev(args: &args::Dev, project: &Project, terminal: Terminal) -> Result<ExitCode> {
    let settings = checks::settings(project)?;
    if settings.build.is_empty() {
        return own_command::run(&settings.run, args, project);
    }
    reload::Supervisor::new(&settings, args, project, terminal)?.run()?;
    Ok(ExitCode::from(crate::output::interrupt::EXIT_CODE))
}

/// Runs the app, which reloads itself or is not reloaded: its socket cannot be handed over here.
///
/// # Errors
/// The app cannot be run.
#[cfg(not(unix))]
pub fn dev(args: &args::Dev, project: &Project, terminal: Terminal) -> Result<ExitCode> {
    let settings = checks::settings(project)?;
    if !settings.build.is_empty() {
        terminal.remark("after a change, stop the app and start it again: reloading needs Unix");
    }
    own_command::run(&settings.run, args, project)
}
