//! A running app: its process, and the socket through which it gets messages.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use command_fds::{CommandFdExt, FdMapping};

use super::group::Group;
use super::message::Message;

/// The first descriptor that is passed on, by systemd's convention.
const LISTENER: i32 = 3;

/// Maximum time to send a message to an app that does not read.
const PATIENCE: Duration = Duration::from_secs(1);

/// A running app. It ends with the command: its end of the socket is then closed.
#[derive(Debug)]
pub struct Server {
    group: Group,
    socket: UnixStream,
    is_stopped: bool,
}

/// News of a server.
#[derive(Debug, PartialEq, Eq)]
pub enum News {
    /// It accepts connections.
    Ready,
    /// It has ended, with this status.
    Ended(String),
}

impl Server {
    /// Starts a binary in the folder `root` with the listening socket `listener`, and calls `news` with its news.
    ///
    /// # Errors
    /// The binary cannot be started.
    pub fn start(
        binary: &Path,
        root: &Path,
        listener: &TcpListener,
        news: impl Fn(News) + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let (socket, theirs) = UnixStream::pair()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let address = listener.local_addr()?;
        let mut command = Command::new(binary);
        command
            .current_dir(root)
            .stdin(OwnedFd::from(theirs))
            .env("HELLO_SOCKETS_DEV", "1")
            .env("IP", address.ip().to_string())
            .env("PORT", address.port().to_string())
            .env("LISTEN_FDS", "1")
            .env_remove("LISTEN_FDS_FIRST_FD")
            .env_remove("LISTEN_PID"); // unknown before the start
        let mapping = FdMapping {
            parent_fd: listener.as_fd().try_clone_to_owned()?,
            child_fd: LISTENER,
        };
        command
            .fd_mappings(vec![mapping])
            .map_err(io::Error::other)?;
        let (mut child, group) = Group::spawn(&mut command)?;
        let reader = BufReader::new(socket.try_clone()?);
        let ready = news.clone();
        thread::spawn(move || {
            let lines = reader.lines().map_while(io::Result::ok);
            lines
                .filter(|line| line == "ready")
                .for_each(|_| ready(News::Ready));
        });
        thread::spawn(move || {
            let status = child.wait();
            news(News::Ended(status.map_or_else(
                |error| error.to_string(),
                |status| status.to_string(),
            )));
        });
        Ok(Self {
            group,
            socket,
            is_stopped: false,
        })
    }

    /// Sends a message to all pages of the app.
    pub fn tell(&mut self, message: &Message) {
        let _ = self.socket.write_all(message.line().as_bytes()); // an error: it is ending
    }

    /// Lets the app finish its requests and end.
    pub fn stop(&mut self) {
        self.is_stopped = true;
        self.group.terminate();
    }

    /// Returns whether the app was told to end.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Ends the app at once.
    pub fn kill(&self) {
        self.group.kill();
    }
}
