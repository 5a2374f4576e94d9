//! Ctrl-C: at a prompt, nothing has been written; during writes, it waits.

use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};

use super::terminal;

/// Exit code after SIGINT, as in shells.
pub const EXIT_CODE: u8 = 130;

static PROGRESS: Mutex<Progress> = Mutex::new(Progress::NothingWritten);

/// Progress of the run.
#[derive(Clone, Copy)]
enum Progress {
    NothingWritten,
    AllWritten,
}

/// Makes Ctrl-C call [`leave`].
pub fn watch() -> Result<()> {
    on(|| leave())
}

/// Makes Ctrl-C call `then`, in place of [`leave`].
pub fn on(then: impl Fn() + Send + 'static) -> Result<()> {
    ctrlc::set_handler(then).context("Ctrl-C cannot be watched for")
}

/// Runs `write`, all writes of a run, and delays Ctrl-C until its end.
pub fn delayed<T>(write: impl FnOnce() -> Result<T>) -> Result<T> {
    let mut progress = hold();
    let written = write()?;
    *progress = Progress::AllWritten;
    Ok(written)
}

fn hold() -> MutexGuard<'static, Progress> {
    PROGRESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the command as Ctrl-C does.
pub fn leave() -> ! {
    let progress = hold();
    terminal::interrupted(match *progress {
        Progress::NothingWritten => "nothing listed above was written",
        Progress::AllWritten => "every file is written; run the same command again for the rest",
    });
    process::exit(EXIT_CODE.into())
}
