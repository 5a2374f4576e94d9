//! Joined topics: their refs, lines that wait for the join, presences.

use crate::connect::frame::{Frame, Payload};
use crate::connect::presence::{self, Presences, Present};

/// The topics that are joined or being joined, in the order of their joins.
#[derive(Debug, Default)]
pub struct Channels(Vec<Channel>);

#[derive(Debug)]
struct Channel {
    topic: String,
    join_ref: String,
    is_joined: bool,
    /// Events with payloads, to be pushed after the join.
    waiting: Vec<(String, Payload)>,
    presences: Presences,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    None,
    Joining,
    Joined,
}

impl Channels {
    /// Returns the topic of lines that name none.
    pub fn first(&self) -> Option<&str> {
        self.0.first().map(|channel| channel.topic.as_str())
    }

    pub fn standing(&self, topic: &str) -> Standing {
        match self.get(topic) {
            None => Standing::None,
            Some(channel) if channel.is_joined => Standing::Joined,
            Some(_) => Standing::Joining,
        }
    }

    pub fn join_ref(&self, topic: &str) -> Option<&str> {
        self.get(topic).map(|channel| channel.join_ref.as_str())
    }

    /// Adds a join, in place of an earlier one of the same topic.
    pub fn join(&mut self, topic: &str, join_ref: String) {
        let channel = Channel {
            topic: topic.to_owned(),
            join_ref,
            is_joined: false,
            waiting: Vec::new(),
            presences: Presences::default(),
        };
        match self.0.iter_mut().find(|channel| channel.topic == topic) {
            Some(known) => *known = channel,
            None => self.0.push(channel),
        }
    }

    /// Keeps a push until its topic is joined.
    pub fn wait(&mut self, topic: &str, event: String, payload: Payload) {
        if let Some(channel) = self.get_mut(topic) {
            channel.waiting.push((event, payload));
        }
    }

    /// Marks a topic as joined, and returns what has waited for it.
    pub fn joined(&mut self, topic: &str) -> Vec<(String, Payload)> {
        let Some(channel) = self.get_mut(topic) else {
            return Vec::new();
        };
        channel.is_joined = true;
        std::mem::take(&mut channel.waiting)
    }

    /// Removes a topic, and returns the number of pushes that have waited for it.
    pub fn leave(&mut self, topic: &str) -> usize {
        let unsent = self.get(topic).map_or(0, |channel| channel.waiting.len());
        self.0.retain(|channel| channel.topic != topic);
        unsent
    }

    /// Returns whether a message is for the current join of its topic. In the format 1.0.0, its ref is that of the join.
    pub fn is_current(&self, frame: &Frame) -> bool {
        let of = frame.join_ref.as_ref().or(frame.reference.as_ref());
        self.get(&frame.topic)
            .is_some_and(|channel| of.is_none_or(|of| *of == channel.join_ref))
    }

    /// Applies a message of presences, and returns the list after it.
    pub fn presences(&mut self, frame: &Frame) -> Option<Present> {
        match &frame.payload {
            Payload::Json(payload) if is_presence(&frame.event) => {
                let channel = self.get_mut(&frame.topic)?;
                channel.presences.apply(&frame.event, payload)
            }
            _ => None,
        }
    }

    fn get(&self, topic: &str) -> Option<&Channel> {
        self.0.iter().find(|channel| channel.topic == topic)
    }

    fn get_mut(&mut self, topic: &str) -> Option<&mut Channel> {
        self.0.iter_mut().find(|channel| channel.topic == topic)
    }
}

/// Returns whether `event` is one of presences.
fn is_presence(event: &str) -> bool {
    [presence::STATE, presence::DIFF].contains(&event)
}
