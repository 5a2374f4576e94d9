//! The limit of open files.

use anyhow::{Result, bail};
use rustix::process::{Resource, getrlimit, setrlimit};

/// Number of open files of a process besides its connections.
const BESIDES: u64 = 100;

/// Raises this process's limit to the maximum; the processes that it starts inherit it.
pub(crate) fn open_enough(connections: u64) -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    let Some(most) = limit.maximum.map(|most| most.saturating_sub(BESIDES)) else {
        return Ok(());
    };
    if connections > most {
        bail!(
            "a process may open no more files than for {most} connections here: `--connections {most}`, or raise the limit \
             (`ulimit -Hn`)"
        );
    }
    Ok(())
}
