//! Time, and CPU of both sides, between two moments.

use crate::Failed;
use std::time::Instant;

pub(crate) struct Span {
    begun: Instant,
    server: Option<(u32, Usage)>,
    client: Usage,
}

/// All in seconds.
pub(crate) struct Passed {
    pub(crate) time: f64,
    /// Set if the server's process is known.
    pub(crate) server: Option<f64>,
    pub(crate) client: f64,
}

impl Span {
    pub(crate) fn begin(pid: Option<u32>) -> Result<Span, Failed> {
        let server = |pid| Ok::<_, Failed>((pid, Usage::of(pid)?));
        Ok(Span {
            begun: Instant::now(),
            server: pid.map(server).transpose()?,
            client: Usage::of(std::process::id())?,
        })
    }

    pub(crate) fn begun(&self) -> Instant {
        self.begun
    }

    pub(crate) fn end(&self) -> Result<Passed, Failed> {
        let server =
            |(pid, before): &(u32, Usage)| Ok::<_, Failed>(Usage::of(*pid)?.cpu - before.cpu);
        Ok(Passed {
            time: self.begun.elapsed().as_secs_f64(),
            server: self.server.as_ref().map(server).transpose()?,
            client: Usage::of(std::process::id())?.cpu - self.client.cpu,
        })
    }
}

/// Resource usage of a process: resident bytes, and seconds of CPU.
///
/// The CPU includes threads that have ended, as servers in other languages end theirs. `engine/process.rs` counts those that run,
/// but in nanoseconds: what it measures takes some hundredths of a second.
pub(crate) struct Usage {
    pub(crate) resident: f64,
    pub(crate) cpu: f64,
}

impl Usage {
    pub(crate) fn of(pid: u32) -> Result<Usage, Failed> {
        let read = |file: &str| {
            std::fs::read_to_string(format!("/proc/{pid}/{file}"))
                .map_err(|_| format!("no process {pid}"))
        };
        let status = read("status")?;
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
            .ok_or_else(|| format!("process {pid} has ended"))?;
        // After the name in parentheses: user and system time are the 12th and 13th, in hundredths of a second.
        let stat = read("stat")?;
        let (_, fields) = stat.rsplit_once(") ").unwrap_or_default();
        let ticks: u64 = fields
            .split(' ')
            .skip(11)
            .take(2)
            .filter_map(|ticks| ticks.parse::<u64>().ok())
            .sum();
        Ok(Usage {
            resident: resident.parse::<f64>()? * 1024.0,
            cpu: ticks as f64 / 100.0,
        })
    }
}
