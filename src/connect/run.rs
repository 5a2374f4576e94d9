//! The loop of a session: bytes, keys and times in, frames and lines out.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result};
use console::style;
use tungstenite::WebSocket;
use tungstenite::error::{Error, ProtocolError};

use super::line::Line;
use super::session::{Effect, Ending, Event, Session};
use super::transport::Transport;
use super::view::View;
use crate::output::interrupt;
use crate::output::prompt::{self, Screen, Typed};
use crate::output::terminal::Terminal;

/// Number of reads that wait for the loop; then the connection is read no further.
const QUEUE: usize = 64;

/// Input of the loop, from the threads.
enum Input {
    Bytes(Instant, io::Result<Vec<u8>>),
    Typed(prompt::Input),
    Interrupted,
}

/// A session with its socket and its output.
struct Run {
    socket: WebSocket<Transport>,
    session: Session,
    screen: Screen,
    view: View,
    start: Instant,
    start_time: SystemTime,
}

/// Runs a session to its end.
///
/// # Errors
/// A thread or a signal handler cannot be set up.
pub fn run(
    mut socket: WebSocket<Transport>,
    session: Session,
    view: View,
    terminal: Terminal,
) -> Result<Ending> {
    let (sender, inputs) = sync_channel(QUEUE);
    let start = Instant::now();
    pass_bytes(&mut socket, sender.clone()).context("the connection has ended")?;
    let interrupts = sender.clone();
    // The loop may have ended.
    interrupt::on(move || drop(interrupts.send(Input::Interrupted)))?;
    let screen = Screen::open(terminal, move |input| {
        sender.send(Input::Typed(input)).is_ok()
    });
    let run = Run {
        socket,
        session,
        screen,
        view,
        start,
        start_time: SystemTime::now(),
    };
    Ok(run.finish(&inputs))
}

fn pass_bytes(socket: &mut WebSocket<Transport>, sender: SyncSender<Input>) -> io::Result<()> {
    let pass = move |read| sender.send(Input::Bytes(Instant::now(), read)).is_ok();
    socket.get_mut().pass_on(pass)
}

impl Run {
    fn finish(mut self, inputs: &Receiver<Input>) -> Ending {
        let ending = self.ending(inputs).unwrap_or(Ending::Done);
        self.screen.close();
        self.socket.get_mut().shut_down();
        ending
    }

    /// Returns the ending, or `None` if standard output was closed.
    fn ending(&mut self, inputs: &Receiver<Input>) -> Option<Ending> {
        if self.screen.has_prompt() {
            self.screen.print(&style(HINT).dim().to_string()).ok()?;
        }
        let mut events = VecDeque::from([Event::Connected]);
        // Frames may have come with the response of the handshake.
        events.extend(self.received());
        let mut now = Duration::ZERO;
        loop {
            while let Some(event) = events.pop_front() {
                for effect in self.session.handle(event, now) {
                    match effect {
                        Effect::End(ending) => return Some(ending),
                        Effect::Send(message) => {
                            if let Err(error) = self.socket.send(message) {
                                events.extend(lost(error));
                            }
                        }
                        effect => self.show(effect, now).ok()?,
                    }
                }
            }
            let wait = self.session.deadline().saturating_sub(self.start.elapsed());
            let input = inputs.recv_timeout(wait);
            now = self.start.elapsed();
            match input {
                Ok(Input::Bytes(at, read)) => {
                    now = at.saturating_duration_since(self.start);
                    // An error is an end, of which the socket gives the reason.
                    self.socket.get_mut().feed(&read.unwrap_or_default());
                    events.extend(self.received());
                }
                Ok(Input::Typed(input)) => events.extend(self.typed(input).ok()?),
                Ok(Input::Interrupted) => events.push_back(Event::Interrupted),
                Err(RecvTimeoutError::Timeout) => events.push_back(Event::Woken),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Returns the frames in what was read.
    fn received(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            match self.socket.read() {
                Ok(message) => events.push(Event::Received(message)),
                Err(error) => {
                    events.extend(lost(error));
                    break;
                }
            }
        }
        // The pongs. A failure is found by the next read.
        let _ = self.socket.flush();
        events
    }

    fn typed(&mut self, input: prompt::Input) -> io::Result<Option<Event>> {
        Ok(match input {
            prompt::Input::Line(line) => Some(of_line(&line)),
            prompt::Input::End => Some(Event::InputEnded),
            prompt::Input::Key(key) => match self.screen.key(key)? {
                Typed::Nothing => None,
                Typed::Line(line) => Some(of_line(&line)),
                Typed::End => Some(Event::InputEnded),
                Typed::Interrupt => Some(Event::Interrupted),
            },
        })
    }

    fn show(&self, effect: Effect, now: Duration) -> io::Result<()> {
        match effect {
            Effect::Show(entry) => {
                let lines = self.view.lines(&entry, self.start_time + now);
                self.screen.print(&lines)
            }
            Effect::Note(note) if self.view == View::Json => self.screen.remark(&note),
            Effect::Note(note) => self.screen.print(&style(note).yellow().to_string()),
            Effect::Send(_) | Effect::End(_) => Ok(()),
        }
    }
}

/// Returns the event of a typed line.
#[expect(
    clippy::disallowed_methods,
    reason = "the file of a line is of no project, and may have changed since the last one"
)]
fn of_line(text: &str) -> Event {
    Event::Line(Line::parse(text, &|path| std::fs::read(path)))
}

const HINT: &str =
    "Type an event and its payload, as in: ping {\"a\":1}   Ctrl-D closes the connection.";

/// Returns the event of an error: none if there is only nothing left to read.
fn lost(error: Error) -> Option<Event> {
    let ended = "the server ended the connection without a close";
    let reason = match error {
        Error::Io(error) => match error.kind() {
            ErrorKind::WouldBlock => return None,
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                ended.to_owned()
            }
            _ => format!("the connection was lost: {error}"),
        },
        Error::ConnectionClosed | Error::AlreadyClosed => ended.to_owned(),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => ended.to_owned(),
        Error::Capacity(error) => format!("a message of the server is too big: {error}"),
        error => format!("the server sent something other than a WebSocket frame: {error}"),
    };
    Some(Event::Lost(reason))
}
