//! Checks of what every server needs: its port, and open files.

#[cfg(unix)]
use nix::sys::resource::{Resource, getrlimit, rlim_t};

use super::Checked;
use crate::address;

/// The lowest limit of open files: each connection takes one.
#[cfg(unix)]
const FILES: rlim_t = 1024;

/// The highest limit of open files that is suggested.
#[cfg(unix)]
const MANY_FILES: rlim_t = 65_536;

/// Returns the results for an app with this port in its settings.
pub fn checks(default: Option<u16>) -> Vec<Checked> {
    [Some(port(default)), files()]
        .into_iter()
        .flatten()
        .collect()
}

fn port(default: Option<u16>) -> Checked {
    let listener = address::listen(None, default, "");
    match listener.and_then(|listener| Ok(listener.local_addr()?)) {
        Ok(address) => Checked::good("port", format!("{} is free", address.port())),
        Err(error) => {
            let help = "stop it, or choose another port by the variable PORT, or by `hello-sockets dev --port`";
            Checked::bad("port", format!("{error:#}"), help)
        }
    }
}

/// Other systems than Unix have no such limit.
#[cfg(not(unix))]
fn files() -> Option<Checked> {
    None
}

#[cfg(unix)]
fn files() -> Option<Checked> {
    let (limit, highest) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let possible = highest.min(MANY_FILES);
    let help = format!("`ulimit -n {possible}` raises it");
    Some(match limit {
        limit if limit < FILES => {
            let message = format!("the limit of open files is {limit}: each connection takes one");
            Checked::bad("open files", message, &help)
        }
        limit if limit < possible => {
            let found = format!("{limit}, one for each connection; {help}");
            Checked::good("open files", found)
        }
        limit => Checked::good("open files", limit.to_string()),
    })
}
