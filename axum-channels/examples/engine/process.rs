//! Processor time and memory of processes of this machine, from `/proc`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A process, or several that are counted together.
pub(crate) struct Process {
    /// Their folders in `/proc`.
    folders: Vec<PathBuf>,
}

impl Process {
    /// Returns this process.
    pub(crate) fn own() -> Process {
        Process {
            folders: vec![PathBuf::from("/proc/self")],
        }
    }

    /// Finds the processes that listen at the ports.
    pub(crate) fn listening_at(ports: &[u16]) -> io::Result<Process> {
        let mut sockets = Vec::new();
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            let table = fs::read_to_string(table).unwrap_or_default(); // without IPv6
            sockets.extend(table.lines().filter_map(|line| listening(line, ports)));
        }
        let folders = fs::read_dir("/proc")?.flatten().map(|it| it.path());
        let folders: Vec<_> = folders.filter(|it| has_any(it, &sockets)).collect();
        match folders.is_empty() {
            true => Err(io::Error::other(format!(
                "no process that may be read listens at {ports:?} of this machine"
            ))),
            false => Ok(Process { folders }),
        }
    }

    /// Returns the processor time of all threads that run.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        let mut nanoseconds = 0;
        for folder in &self.folders {
            for thread in fs::read_dir(folder.join("task"))?.flatten() {
                let times = fs::read_to_string(thread.path().join("schedstat"))?;
                let first = times
                    .split(' ')
                    .next()
                    .and_then(|it| it.parse::<u64>().ok());
                nanoseconds += first.unwrap_or(0);
            }
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Returns the resident memory in bytes.
    pub(crate) fn memory(&self) -> io::Result<i64> {
        let mut kilobytes = 0;
        for folder in &self.folders {
            let status = fs::read_to_string(folder.join("status"))?;
            let line = status.lines().find(|line| line.starts_with("VmRSS:"));
            let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<i64>().ok());
            kilobytes += number.unwrap_or(0);
        }
        Ok(1024 * kilobytes)
    }
}

/// Returns the name of a socket that listens at one of the ports, from its line in a table of the kernel.
fn listening(line: &str, ports: &[u16]) -> Option<String> {
    const LISTEN: &str = "0A";
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (_, port) = fields.get(1)?.rsplit_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let is_one = fields[3] == LISTEN && ports.contains(&port);
    is_one.then(|| format!("socket:[{}]", fields[9]))
}

fn has_any(process: &Path, sockets: &[String]) -> bool {
    let files = fs::read_dir(process.join("fd")).into_iter().flatten(); // none of other users
    let links = files.flatten().flat_map(|it| fs::read_link(it.path()));
    links
        .into_iter()
        .any(|link| sockets.iter().any(|it| Path::new(it) == link))
}
