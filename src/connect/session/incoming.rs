//! Frames of the server.

use tungstenite::Message;

use super::replies::Pending;
use super::{Ending, JOIN, Phase, SERVER, Session};
use crate::connect::close;
use crate::connect::entry::{Content, Direction, Entry, Notes};
use crate::connect::frame::{Frame, REPLY};

const ERROR: &str = "phx_error";
const CLOSE: &str = "phx_close";

impl Session {
    pub(super) fn received(&mut self, data: Message) {
        match &data {
            Message::Close(close) => {
                let described = close::described(close.as_ref());
                let closed = format!("the server closed the connection: {described}");
                self.show(Entry::control(Direction::In, data));
                self.end(Ending::Failed(closed));
            }
            Message::Ping(payload) => {
                // The pong is sent by the WebSocket itself.
                let pong = Message::Pong(payload.clone());
                self.show(Entry::control(Direction::In, data));
                self.show(Entry::control(Direction::Out, pong));
            }
            Message::Pong(_) | Message::Frame(_) => self.show(Entry::control(Direction::In, data)),
            Message::Text(_) | Message::Binary(_) => match Frame::decode(&data, self.format) {
                Ok(frame) => self.message(data, &frame),
                Err(error) => self.show(Entry {
                    direction: Direction::In,
                    data,
                    content: Content::Unreadable(error),
                }),
            },
        }
    }

    fn message(&mut self, data: Message, frame: &Frame) {
        let reference = frame.reference.as_ref().filter(|_| frame.event == REPLY);
        let answered = reference.and_then(|reference| self.replies.take(reference));
        if reference.is_some() && reference == self.heartbeat.as_ref() {
            self.heartbeat = None;
        }
        self.positions.received(frame);
        let is_join = answered
            .as_ref()
            .is_some_and(|pending| pending.event == JOIN);
        let took = |pending: &Pending| self.now.saturating_sub(pending.sent);
        let notes = Notes {
            answers: answered
                .as_ref()
                .map(|pending| (pending.event.clone(), took(pending))),
            present: self.channels.presences(frame),
            recovery: is_join.then(|| self.positions.joined(frame)).flatten(),
        };
        self.show(Entry {
            direction: Direction::In,
            data,
            content: Content::message(frame.clone(), notes),
        });
        // After a close, nothing is sent.
        if self.phase != Phase::Open {
            return;
        }
        if let Some(answered) = &answered {
            self.answered(frame, answered);
        }
        self.channel_ended(frame);
        self.meet_expectation(frame, answered.as_ref());
    }

    /// Handles the reply to a join, if it is the last one of its topic.
    fn answered(&mut self, frame: &Frame, answered: &Pending) {
        let topic = &answered.topic;
        if answered.event != JOIN || !self.channels.is_current(frame) {
            return;
        }
        if frame.status.as_deref() == Some("ok") {
            for (event, payload) in self.channels.joined(topic) {
                self.push(topic, &event, payload);
            }
            return;
        }
        let unsent = self.channels.leave(topic);
        if unsent > 0 {
            self.note(format!("lines for `{topic}` not sent: {unsent}"));
        }
        self.fail(format!("the server refused to join `{topic}`"));
    }

    fn channel_ended(&mut self, frame: &Frame) {
        let topic = &frame.topic;
        if ![ERROR, CLOSE].contains(&frame.event.as_str()) || !self.channels.is_current(frame) {
            return;
        }
        self.channels.leave(topic);
        if frame.event == ERROR {
            let failure = format!("the channel of `{topic}` failed");
            self.note(format!("{failure}: join it again with {topic} {JOIN}"));
            self.fail(failure);
        }
    }

    /// Closes the connection if this was the last expected event. A reply counts if its status is `ok`, and if it is not that
    /// to a heartbeat.
    fn meet_expectation(&mut self, frame: &Frame, answered: Option<&Pending>) {
        let is_success = || {
            let is_push = answered.is_some_and(|pending| pending.topic != SERVER);
            is_push && frame.status.as_deref() == Some("ok")
        };
        let counts = frame.event != REPLY || is_success();
        let was_met = counts && self.expected.remove(&frame.event);
        if was_met && self.expected.is_empty() {
            self.close(Ending::Done);
        } else if let (Some(failure), false) = (&self.failure, self.expected.is_empty()) {
            // The answer to a health check is known.
            self.close(Ending::Failed(failure.clone()));
        }
    }
}
