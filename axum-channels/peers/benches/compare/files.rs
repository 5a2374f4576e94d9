//! Whether so many connections can be open.

use anyhow::{Result, bail};
use rustix::process::{Resource, getrlimit, setrlimit};

/// What a process has open besides its connections.
const BESIDES: u64 = 100;

/// Raises this process's limit as far as it goes; the processes that it starts inherit it.
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
