//! Entries of the output: frames, with what the session knows about them.

use std::time::Duration;

use tungstenite::Message;

use super::frame::{Frame, Unreadable};
use super::presence::Present;

/// A frame that was sent or received.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub direction: Direction,
    /// The frame itself.
    pub data: Message,
    pub content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Out,
    In,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Message(Box<Parsed>),
    /// Text or bytes that are not a message of the protocol.
    Unreadable(Unreadable),
    /// A ping, a pong or a close.
    Control,
}

/// A message of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    pub frame: Frame,
    pub notes: Notes,
}

/// Details of a message that only the session has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// For a reply: the event that it answers, and the time since that was sent.
    pub answers: Option<(String, Duration)>,
    /// For a message of presences: the list.
    pub present: Option<Present>,
    /// For the reply to a join with a position.
    pub recovery: Option<Recovery>,
}

/// Outcome of a join with a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// This number of messages follows.
    Recovered(u64),
    /// Messages after the position are not kept any more.
    Lost,
}

impl Content {
    pub fn message(frame: Frame, notes: Notes) -> Self {
        Self::Message(Box::new(Parsed { frame, notes }))
    }
}

impl Entry {
    /// Returns the entry of a ping, a pong or a close.
    pub fn control(direction: Direction, data: Message) -> Self {
        Self {
            direction,
            data,
            content: Content::Control,
        }
    }

    /// Returns the number of bytes of the frame's data.
    pub fn size(&self) -> usize {
        match &self.data {
            Message::Close(Some(close)) => 2 + close.reason.len(),
            Message::Close(None) => 0,
            data => data.len(),
        }
    }
}
