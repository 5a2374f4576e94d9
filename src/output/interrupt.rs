//! Ctrl-C: never half-done. At a prompt nothing has been written; while files are written, it waits.

use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};

use super::terminal;

/// The exit code of a command that SIGINT ended, as shells report it.
const EXIT_CODE: i32 = 130;

static PROGRESS: Mutex<Progress> = Mutex::new(Progress::NothingWritten);

/// How far the run has come.
#[derive(Clone, Copy)]
pub enum Progress {
    NothingWritten,
    AllWritten,
}

/// Makes Ctrl-C leave through [`leave`].
pub fn watch() -> Result<()> {
    ctrlc::set_handler(|| leave()).context("Ctrl-C cannot be watched for")
}

/// Holds Ctrl-C back for as long as the guard lives.
pub fn hold() -> MutexGuard<'static, Progress> {
    PROGRESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the command as Ctrl-C does.
pub fn leave() -> ! {
    let progress = hold();
    terminal::interrupted(match *progress {
        Progress::NothingWritten => "nothing listed above was written",
        Progress::AllWritten => "every file is written; run the same command again for the rest",
    });
    process::exit(EXIT_CODE)
}
