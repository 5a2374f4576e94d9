//! A running server. One that was started here ends with its value.

use anyhow::{Context, Result, bail};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The running server: one at a time, in a static so that a signal finds it.
static STARTED: Mutex<Option<Child>> = Mutex::new(None);

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) pid: u32,
    ends: Ends,
}

#[derive(PartialEq)]
enum Ends {
    WithUs,
    Elsewhere,
}

impl Server {
    /// Starts the binary, which listens on `PORT`.
    pub(crate) fn start(path: &str) -> Result<Server> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(path)
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{path} does not start"))?;
        let server = Server {
            url: format!("ws://127.0.0.1:{port}/socket/websocket?vsn=2.0.0"),
            pid: child.id(),
            ends: Ends::WithUs,
        };
        *started() = Some(child);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if begun.elapsed() > PATIENCE {
                bail!("{path} does not listen on port {port}");
            }
            sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    pub(crate) fn running(url: &str, pid: u32) -> Server {
        Server {
            url: url.to_owned(),
            pid,
            ends: Ends::Elsewhere,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.ends == Ends::WithUs {
            stop();
        }
    }
}

/// Ends the server with this process.
pub(crate) fn stop_on_signal() -> Result<()> {
    ctrlc::set_handler(|| {
        stop();
        std::process::exit(130);
    })?;
    Ok(())
}

fn stop() {
    if let Some(mut child) = started().take() {
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn started() -> MutexGuard<'static, Option<Child>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}
