//! Processes with all of their children: process groups. Ctrl-C in the terminal does not reach them.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// A process and its children.
#[derive(Debug)]
pub struct Group(Pid);

impl Group {
    /// Starts `command` in a group of its own.
    pub fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        let child = command.process_group(0).spawn()?;
        let id = i32::try_from(child.id()).map_err(io::Error::other)?;
        Ok((child, Self(Pid::from_raw(id))))
    }

    /// Asks all processes of the group to end.
    pub fn terminate(&self) {
        let _ = killpg(self.0, Signal::SIGTERM); // an error: all have ended
    }

    /// Ends all processes of the group at once.
    pub fn kill(&self) {
        let _ = killpg(self.0, Signal::SIGKILL);
    }
}
