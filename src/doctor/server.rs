//! Checks of what every server needs: its port, and open files.

use super::Checked;

/// The lowest limit of open files: each connection takes one.
#[cfg(unix)]
const FILES: u64 = 1024;

#[cfg(not(unix))]
pub fn checks() -> Vec<Checked> {
    Vec::new()
}

#[cfg(unix)]
pub fn checks() -> Vec<Checked> {
    [Some(port()), files()].into_iter().flatten().collect()
}

#[cfg(unix)]
fn port() -> Checked {
    match crate::dev::address::listen(None).and_then(|listener| Ok(listener.local_addr()?)) {
        Ok(address) => Checked::good("port", format!("{} is free", address.port())),
        Err(error) => {
            let help = "the variable PORT, or `hello-sockets dev --port`, selects another one";
            Checked::bad("port", format!("{error:#}"), help)
        }
    }
}

#[cfg(unix)]
fn files() -> Option<Checked> {
    use nix::sys::resource::{Resource, getrlimit};
    let (limit, highest) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let help = format!("`ulimit -n {}` raises it", highest.min(65_536));
    Some(match limit {
        limit if limit < FILES => {
            let message = format!("the limit of open files is {limit}: each connection takes one");
            Checked::bad("open files", message, &help)
        }
        limit if limit < highest.min(65_536) => {
            let found = format!("{limit}, one for each connection; {help}");
            Checked::good("open files", found)
        }
        limit => Checked::good("open files", limit.to_string()),
    })
}
