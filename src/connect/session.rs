//! A session without sockets and clocks: each event leads to effects.
//!
//! - [`channels`]: joined topics

mod channels;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tungstenite::Message;
use tungstenite::protocol::CloseFrame;

use super::close;
use super::entry::{Content, Direction, Entry, Notes};
use super::frame::{Format, Frame, REPLY};
use super::json::Json;
use super::line::Line;
use super::presence;
use channels::{Channels, Standing};

/// Interval of heartbeats, as of phoenix.js.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Maximum time for the reply to a join, as of phoenix.js.
const JOIN_TIME: Duration = Duration::from_secs(10);

/// Time after which a reply to a push is no longer expected. Channels may leave pushes without one.
const REPLY_TIME: Duration = Duration::from_secs(60);

/// Time for replies after the end of input.
const LAST_TIME: Duration = Duration::from_secs(2);

/// Maximum time for the server's part of the closing handshake.
const CLOSE_TIME: Duration = Duration::from_secs(2);

/// Time in which an expected event has to arrive, unless another is given.
const EXPECT_TIME: Duration = Duration::from_secs(10);

const JOIN: &str = "phx_join";
const LEAVE: &str = "phx_leave";
const ERROR: &str = "phx_error";
const CLOSE: &str = "phx_close";

/// The topic of heartbeats, which is never joined.
const SERVER: &str = "phoenix";

/// Something that has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Connected,
    Received(Message),
    Line(String),
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
}

/// The state of a connection. Times are those since its start.
#[derive(Debug)]
pub struct Session {
    format: Format,
    topics: Vec<String>,
    end_at: Option<Duration>,
    expected: BTreeSet<String>,
    /// The connection is closed after an expected event, or after a time, and not at the end of input.
    is_timed: bool,
    last_ref: u64,
    channels: Channels,
    pending: BTreeMap<String, Pending>,
    /// Time of the next heartbeat, and the ref of the last one without a reply.
    heartbeat_at: Duration,
    heartbeat: Option<String>,
    /// Time of the end of input.
    input_end: Option<Duration>,
    /// The first failure.
    failure: Option<String>,
    phase: Phase,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    Open,
    /// A close was sent, and the session ends so when the server answers or this time has come.
    Closing(Duration, Ending),
    Ended,
}

/// A message without a reply yet.
#[derive(Debug)]
struct Pending {
    topic: String,
    event: String,
    sent: Duration,
}

impl Pending {
    /// Returns the time after which no reply is expected.
    fn expires(&self) -> Duration {
        self.sent
            + if self.event == JOIN {
                JOIN_TIME
            } else {
                REPLY_TIME
            }
    }
}

impl Session {
    pub fn new(format: Format, options: Options) -> Self {
        let is_expecting = !options.expected.is_empty();
        Self {
            format,
            topics: options.topics,
            end_at: options.time.or(is_expecting.then_some(EXPECT_TIME)),
            is_timed: is_expecting || options.time.is_some(),
            expected: options.expected,
            last_ref: 0,
            channels: Channels::default(),
            pending: BTreeMap::new(),
            heartbeat_at: HEARTBEAT,
            heartbeat: None,
            input_end: None,
            failure: None,
            phase: Phase::Open,
        }
    }

    /// Returns the time of the next [`Event::Woken`].
    pub fn deadline(&self) -> Duration {
        if let Phase::Closing(until, _) = self.phase {
            return until;
        }
        let last = self
            .input_end
            .filter(|_| !self.is_timed && !self.is_joining());
        let replies = self.pending.values().map(Pending::expires);
        let next = replies
            .chain(self.end_at)
            .chain(last.map(|end| end + LAST_TIME))
            .min();
        next.map_or(self.heartbeat_at, |next| next.min(self.heartbeat_at))
    }

    pub fn handle(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            _ if self.phase == Phase::Ended => return effects,
            Event::Connected => {
                for topic in std::mem::take(&mut self.topics) {
                    self.join(&topic, Json::empty(), now, &mut effects);
                }
            }
            Event::Received(message) => self.received(message, now, &mut effects),
            Event::Lost(reason) => self.lost(reason, &mut effects),
            _ if self.phase != Phase::Open && event != Event::Woken => {}
            Event::Line(line) => self.line(&line, now, &mut effects),
            Event::InputEnded => self.input_end = Some(now),
            Event::Interrupted => self.close(Ending::Interrupted, now, &mut effects),
            Event::Woken => self.woken(now, &mut effects),
        }
        self.close_if_done(now, &mut effects);
        effects
    }

    fn next_ref(&mut self) -> String {
        self.last_ref += 1;
        self.last_ref.to_string()
    }

    fn send(&mut self, frame: Frame, now: Duration, effects: &mut Vec<Effect>) {
        let data = frame.encode(self.format);
        if let Some(reference) = &frame.reference {
            let pending = Pending {
                topic: frame.topic.clone(),
                event: frame.event.clone(),
                sent: now,
            };
            self.pending.insert(reference.clone(), pending);
        }
        effects.push(Effect::Send(data.clone()));
        effects.push(Effect::Show(Entry::sent(data, frame)));
    }

    fn join(&mut self, topic: &str, payload: Json, now: Duration, effects: &mut Vec<Effect>) {
        let reference = self.next_ref();
        let frame = Frame::push(Some(&reference), &reference, topic, JOIN).with(payload);
        self.channels.join(topic, reference);
        self.send(frame, now, effects);
    }

    fn line(&mut self, text: &str, now: Duration, effects: &mut Vec<Effect>) {
        let (topic, event, payload) = match Line::parse(text) {
            Ok(Line::Empty) => return,
            Ok(Line::Raw(text)) => return self.raw(text, effects),
            Ok(Line::Push {
                topic,
                event,
                payload,
            }) => (topic, event, payload),
            Err(error) => return self.refuse(error.to_string(), effects),
        };
        let topic = match topic.or_else(|| self.channels.first().map(str::to_owned)) {
            Some(topic) => topic,
            None => return self.refuse(NO_TOPIC.to_owned(), effects),
        };
        if event == JOIN {
            return self.join(&topic, payload, now, effects);
        }
        match self.channels.standing(&topic) {
            Standing::Joining => self.channels.wait(&topic, event, payload),
            Standing::Joined => self.push(&topic, &event, payload, now, effects),
            Standing::None if topic == SERVER => self.push(&topic, &event, payload, now, effects),
            Standing::None => {
                let note = format!("`{topic}` is not joined: join it with {topic} {JOIN}");
                self.refuse(note, effects);
            }
        }
    }

    fn push(
        &mut self,
        topic: &str,
        event: &str,
        payload: Json,
        now: Duration,
        effects: &mut Vec<Effect>,
    ) {
        let reference = self.next_ref();
        let join_ref = self.channels.join_ref(topic);
        let frame = Frame::push(join_ref, &reference, topic, event).with(payload);
        self.send(frame, now, effects);
    }

    /// Sends a typed message as it is.
    fn raw(&mut self, text: String, effects: &mut Vec<Effect>) {
        let data = Message::text(text);
        let content = match Frame::decode(&data, self.format) {
            Ok(frame) => Content::Message(frame, Notes::default()),
            Err(error) => Content::Unreadable(error),
        };
        effects.push(Effect::Send(data.clone()));
        effects.push(Effect::Show(Entry {
            direction: Direction::Out,
            data,
            content,
        }));
    }

    /// Refuses a line. In a script, this is a failure.
    fn refuse(&mut self, why: String, effects: &mut Vec<Effect>) {
        effects.push(Effect::Note(why));
        self.fail("a line was not sent".to_owned());
    }

    fn fail(&mut self, reason: String) {
        self.failure.get_or_insert(reason);
    }

    fn received(&mut self, data: Message, now: Duration, effects: &mut Vec<Effect>) {
        match &data {
            Message::Close(close) => {
                let close = close.clone();
                effects.push(Effect::Show(Entry::control(Direction::In, data)));
                self.closed(close.as_ref(), effects);
            }
            Message::Ping(payload) => {
                // The pong is sent by the WebSocket itself.
                let pong = Message::Pong(payload.clone());
                effects.push(Effect::Show(Entry::control(Direction::In, data)));
                effects.push(Effect::Show(Entry::control(Direction::Out, pong)));
            }
            Message::Pong(_) | Message::Frame(_) => {
                effects.push(Effect::Show(Entry::control(Direction::In, data)));
            }
            Message::Text(_) | Message::Binary(_) => match Frame::decode(&data, self.format) {
                Ok(frame) => self.message(data, frame, now, effects),
                Err(error) => effects.push(Effect::Show(Entry {
                    direction: Direction::In,
                    data,
                    content: Content::Unreadable(error),
                })),
            },
        }
    }

    fn message(&mut self, data: Message, frame: Frame, now: Duration, effects: &mut Vec<Effect>) {
        let answered = match (&frame.reference, frame.event.as_str()) {
            (Some(reference), REPLY) => self.pending.remove(reference),
            _ => None,
        };
        if frame.reference.is_some() && frame.reference == self.heartbeat {
            self.heartbeat = None;
        }
        let notes = Notes {
            answers: answered
                .as_ref()
                .map(|pending| (pending.event.clone(), now.saturating_sub(pending.sent))),
            present: self.channels.presences(&frame),
        };
        effects.push(Effect::Show(Entry {
            direction: Direction::In,
            data,
            content: Content::Message(frame.clone(), notes),
        }));
        if let Some(answered) = &answered {
            self.answered(&frame, answered, now, effects);
        }
        self.channel_event(&frame, effects);
        self.meet_expectation(&frame, answered.as_ref(), now, effects);
    }

    /// Handles the reply to a message of this command.
    fn answered(
        &mut self,
        frame: &Frame,
        answered: &Pending,
        now: Duration,
        effects: &mut Vec<Effect>,
    ) {
        let topic = &answered.topic;
        match (answered.event.as_str(), frame.status.as_deref()) {
            (JOIN, Some("ok")) => {
                for (event, payload) in self.channels.joined(topic) {
                    self.push(topic, &event, payload, now, effects);
                }
            }
            (JOIN, _) => {
                let unsent = self.channels.leave(topic);
                if unsent > 0 {
                    effects.push(Effect::Note(format!(
                        "lines for `{topic}` not sent: {unsent}"
                    )));
                }
                self.fail(format!("the server refused to join `{topic}`"));
            }
            (LEAVE, _) => drop(self.channels.leave(topic)),
            _ => {}
        }
    }

    fn channel_event(&mut self, frame: &Frame, effects: &mut Vec<Effect>) {
        let topic = &frame.topic;
        if ![ERROR, CLOSE].contains(&frame.event.as_str()) || !self.channels.is_current(frame) {
            return;
        }
        self.channels.leave(topic);
        if frame.event == ERROR {
            let note =
                format!("the channel of `{topic}` failed: join it again with {topic} {JOIN}");
            effects.push(Effect::Note(note));
            self.fail(format!("the channel of `{topic}` failed"));
        }
    }

    /// Closes the connection if this was the last expected event. A reply counts if its status is `ok`, and if it is not that
    /// to a heartbeat.
    fn meet_expectation(
        &mut self,
        frame: &Frame,
        answered: Option<&Pending>,
        now: Duration,
        effects: &mut Vec<Effect>,
    ) {
        let counts = match frame.event.as_str() {
            REPLY => {
                frame.status.as_deref() == Some("ok")
                    && answered.is_some_and(|pending| pending.topic != SERVER)
            }
            _ => true,
        };
        let was_met = counts && self.expected.remove(&frame.event);
        if was_met && self.expected.is_empty() {
            self.close(Ending::Done, now, effects);
        } else if let (Some(failure), false) = (&self.failure, self.expected.is_empty()) {
            // It cannot arrive any more, or the answer to a health check is known.
            self.close(Ending::Failed(failure.clone()), now, effects);
        }
    }

    fn woken(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if let Phase::Closing(until, ending) = &self.phase {
            if *until <= now {
                effects.push(Effect::Note(
                    "the server did not answer the close".to_owned(),
                ));
                effects.push(Effect::End(ending.clone()));
                self.phase = Phase::Ended;
            }
            return;
        }
        self.give_up_replies(now, effects);
        if self.end_at.is_some_and(|end| end <= now) {
            let ending = self.ending();
            return self.close(ending, now, effects);
        }
        if self.heartbeat_at > now {
            return;
        }
        if self.heartbeat.is_some() {
            let reason = "the server did not answer a heartbeat".to_owned();
            return self.close(Ending::Failed(reason), now, effects);
        }
        let reference = self.next_ref();
        self.heartbeat = Some(reference.clone());
        self.heartbeat_at = now + HEARTBEAT;
        let frame = Frame::push(None, &reference, SERVER, "heartbeat");
        self.send(frame, now, effects);
    }

    fn give_up_replies(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        let mut unjoined = Vec::new();
        self.pending.retain(|_, pending| {
            let is_late = pending.expires() <= now;
            if is_late && pending.event == JOIN {
                unjoined.push(pending.topic.clone());
            }
            !is_late
        });
        for topic in unjoined {
            self.channels.leave(&topic);
            let failure = format!("the server did not answer the join of `{topic}`");
            effects.push(Effect::Note(failure.clone()));
            self.fail(failure);
        }
    }

    /// Returns the ending of a connection that was not lost.
    fn ending(&self) -> Ending {
        if !self.expected.is_empty() {
            let names: Vec<_> = self
                .expected
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            return Ending::Failed(format!("{} did not arrive", names.join(", ")));
        }
        self.failure.clone().map_or(Ending::Done, Ending::Failed)
    }

    fn close_if_done(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        let Some(end) = self
            .input_end
            .filter(|_| !self.is_timed && !self.is_joining())
        else {
            return;
        };
        if self.phase == Phase::Open && (self.pending.is_empty() || end + LAST_TIME <= now) {
            let ending = self.ending();
            self.close(ending, now, effects);
        }
    }

    fn is_joining(&self) -> bool {
        self.pending.values().any(|pending| pending.event == JOIN)
    }

    fn close(&mut self, ending: Ending, now: Duration, effects: &mut Vec<Effect>) {
        let normal = CloseFrame {
            code: 1000.into(),
            reason: "".into(),
        };
        let data = Message::Close(Some(normal));
        effects.push(Effect::Send(data.clone()));
        effects.push(Effect::Show(Entry::control(Direction::Out, data)));
        self.phase = Phase::Closing(now + CLOSE_TIME, ending);
    }

    /// Ends the session after the close of the server.
    fn closed(&mut self, close: Option<&CloseFrame>, effects: &mut Vec<Effect>) {
        let ending = match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Closing(_, ending) => ending,
            _ => Ending::Failed(format!(
                "the server closed the connection: {}",
                close::described(close)
            )),
        };
        effects.push(Effect::End(ending));
    }

    fn lost(&mut self, reason: String, effects: &mut Vec<Effect>) {
        let ending = match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Closing(_, ending) => ending,
            _ => Ending::Failed(reason),
        };
        effects.push(Effect::End(ending));
    }
}

const NO_TOPIC: &str = "no topic is joined: join one with user:lobby phx_join";

/// Returns whether `event` is one of presences.
fn is_presence(event: &str) -> bool {
    [presence::STATE, presence::DIFF].contains(&event)
}

#[cfg(test)]
mod tests;
