//! A session without sockets and clocks: each event leads to effects.
//!
//! - [`outgoing`]: lines and messages of this command; [`incoming`]: frames of the server
//! - [`channels`]: joined topics; [`replies`]: messages without one; [`positions`]: of topics with a history

mod channels;
mod incoming;
mod outgoing;
mod positions;
mod replies;

use std::collections::BTreeSet;
use std::time::Duration;

use tungstenite::Message;
use tungstenite::protocol::CloseFrame;

use super::entry::{Direction, Entry};
use super::frame::{Format, Frame};
use super::json::Json;
use super::line::{Line, LineError};
use channels::Channels;
use positions::Positions;
use replies::Replies;

/// Interval of heartbeats, as of phoenix.js.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Time for replies after the end of input.
const LAST_TIME: Duration = Duration::from_secs(2);

/// Maximum time for the server's part of the closing handshake.
const CLOSE_TIME: Duration = Duration::from_secs(2);

/// Time in which an expected event has to arrive, unless another is given.
const EXPECT_TIME: Duration = Duration::from_secs(10);

const JOIN: &str = "phx_join";

/// The topic of heartbeats, which is never joined.
const SERVER: &str = "phoenix";

/// Something that has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Connected,
    Received(Message),
    Line(Result<Line, LineError>),
    /// No more lines will come.
    InputEnded,
    /// The connection ended without a close, for this reason.
    Lost(String),
    Interrupted,
    /// The time of [`Session::deadline`] has come.
    Woken,
}

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Send(Message),
    Show(Entry),
    /// Print a remark.
    Note(String),
    End(Ending),
}

/// The end of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Done,
    Failed(String),
    Interrupted,
}

/// Options of a session.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub topics: Vec<String>,
    /// Time after which the connection is closed.
    pub time: Option<Duration>,
    /// Events of the server after which the connection is closed.
    pub expected: BTreeSet<String>,
    /// Joins ask for positions: the last one of the first topic, or an empty text.
    pub recover: Option<String>,
}

/// The state of a connection. Times are those since its start.
#[derive(Debug)]
pub struct Session {
    format: Format,
    topics: Vec<String>,
    /// Time of the close. With it, the end of input does not close the connection.
    end_at: Option<Duration>,
    expected: BTreeSet<String>,
    last_ref: u64,
    channels: Channels,
    replies: Replies,
    positions: Positions,
    /// Time of the next heartbeat, and the ref of the last one without a reply.
    heartbeat_at: Duration,
    heartbeat: Option<String>,
    /// Time of the end of input.
    input_end: Option<Duration>,
    /// The first failure.
    failure: Option<String>,
    phase: Phase,
    now: Duration,
    /// Effects of the current event.
    effects: Vec<Effect>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    Open,
    /// A close was sent, and the session ends so when the server answers or this time has come.
    Closing(Duration, Ending),
    Ended,
}

impl Session {
    pub fn new(format: Format, options: Options) -> Self {
        let is_expecting = !options.expected.is_empty();
        let positions = Positions::new(options.recover.as_deref(), options.topics.first());
        Self {
            format,
            positions,
            topics: options.topics,
            end_at: options.time.or(is_expecting.then_some(EXPECT_TIME)),
            expected: options.expected,
            last_ref: 0,
            channels: Channels::default(),
            replies: Replies::default(),
            heartbeat_at: HEARTBEAT,
            heartbeat: None,
            input_end: None,
            failure: None,
            phase: Phase::Open,
            now: Duration::ZERO,
            effects: Vec::new(),
        }
    }

    /// Returns the time of the next [`Event::Woken`].
    pub fn deadline(&self) -> Duration {
        if let Phase::Closing(until, _) = self.phase {
            return until;
        }
        let times = [self.end_at, self.last_reply_at(), self.replies.expires()];
        let next = times.into_iter().flatten().min();
        next.map_or(self.heartbeat_at, |next| next.min(self.heartbeat_at))
    }

    pub fn handle(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        self.now = now;
        match event {
            _ if self.phase == Phase::Ended => {}
            Event::Received(message) => self.received(message),
            Event::Lost(reason) => self.end(Ending::Failed(reason)),
            Event::Woken => self.woken(),
            _ if self.phase != Phase::Open => {}
            Event::Connected => {
                for topic in std::mem::take(&mut self.topics) {
                    self.join(&topic, Json::empty());
                }
            }
            Event::Line(line) => self.line(line),
            Event::InputEnded => self.input_end = Some(now),
            Event::Interrupted => self.close(Ending::Interrupted),
        }
        self.close_if_done();
        std::mem::take(&mut self.effects)
    }

    fn woken(&mut self) {
        if let Phase::Closing(until, ending) = &self.phase {
            let ending = ending.clone();
            if *until <= self.now {
                self.note("the server did not answer the close");
                self.end(ending);
            }
            return;
        }
        for topic in self.replies.give_up(self.now) {
            self.channels.leave(&topic);
            let failure = format!("the server did not answer the join of `{topic}`");
            self.note(failure.clone());
            self.fail(failure);
        }
        if self.end_at.is_some_and(|end| end <= self.now) {
            self.close(self.ending());
        } else if self.heartbeat_at <= self.now {
            self.beat();
        }
    }

    fn beat(&mut self) {
        if self.heartbeat.is_some() {
            let reason = "the server did not answer a heartbeat".to_owned();
            return self.close(Ending::Failed(reason));
        }
        let reference = self.next_ref();
        self.heartbeat = Some(reference.clone());
        self.heartbeat_at = self.now + HEARTBEAT;
        self.send(Frame::push(None, &reference, SERVER, "heartbeat"));
    }

    fn note(&mut self, note: impl Into<String>) {
        self.effects.push(Effect::Note(note.into()));
    }

    fn show(&mut self, entry: Entry) {
        self.effects.push(Effect::Show(entry));
    }

    fn fail(&mut self, reason: String) {
        self.failure.get_or_insert(reason);
    }

    /// Returns the ending of a connection that was not lost.
    fn ending(&self) -> Ending {
        if !self.expected.is_empty() {
            let names = self.expected.iter().map(|name| format!("`{name}`"));
            let names: Vec<_> = names.collect();
            return Ending::Failed(format!("{} did not arrive", names.join(", ")));
        }
        self.failure.clone().map_or(Ending::Done, Ending::Failed)
    }

    /// Returns the time of the close after the end of input, if that is known.
    fn last_reply_at(&self) -> Option<Duration> {
        let end = self.input_end.filter(|_| self.end_at.is_none())?;
        (!self.replies.has_joins()).then_some(end + LAST_TIME)
    }

    fn close_if_done(&mut self) {
        let Some(at) = self.last_reply_at() else {
            return;
        };
        if self.phase == Phase::Open && (self.replies.is_empty() || at <= self.now) {
            self.close(self.ending());
        }
    }

    fn close(&mut self, ending: Ending) {
        let normal = CloseFrame {
            code: 1000.into(),
            reason: "".into(),
        };
        let data = Message::Close(Some(normal));
        self.effects.push(Effect::Send(data.clone()));
        self.show(Entry::control(Direction::Out, data));
        self.phase = Phase::Closing(self.now + CLOSE_TIME, ending);
    }

    /// Ends the session: after a close of this command as that has to end.
    fn end(&mut self, ending: Ending) {
        let ending = match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Closing(_, ending) => ending,
            _ => ending,
        };
        let known = self.positions.known();
        let again = known.map(|(topic, position)| {
            format!("to recover what follows here: connect {topic} --recover={position}")
        });
        for note in again.collect::<Vec<_>>() {
            self.note(note);
        }
        self.effects.push(Effect::End(ending));
    }
}

#[cfg(test)]
mod tests;
