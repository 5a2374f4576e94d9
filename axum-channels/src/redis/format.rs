use super::names::Names;
use super::phoenix::Phoenix;
use crate::pubsub::cluster::Message;
use bytes::Bytes;
use std::sync::Arc;

/// Names and messages in the engine.
#[derive(Clone)]
pub(super) enum Format {
    /// A channel for each topic, presences, leases.
    Own(Arc<Names>),
    /// Broadcasts alone, on one channel.
    Phoenix(Arc<Phoenix>),
}

impl Format {
    /// Returns the channel that all nodes are subscribed to.
    pub(super) fn shared_channel(&self) -> String {
        match self {
            Format::Own(names) => names.leaving(),
            Format::Phoenix(phoenix) => phoenix.channel.clone(),
        }
    }

    /// Returns the texts that the name of the channel consists of that carries the messages of a topic.
    pub(super) fn channel<'a>(&'a self, topic: &'a str) -> [&'a str; 5] {
        match self {
            Format::Own(names) => names.parts_of_topic(topic),
            Format::Phoenix(phoenix) => [&phoenix.channel, "", "", "", ""],
        }
    }

    /// Returns the names, if this is the library's own format.
    pub(super) fn names(&self) -> Option<&Names> {
        match self {
            Format::Own(names) => Some(names),
            Format::Phoenix(_) => None,
        }
    }

    /// Returns a message as it is sent. `None` if Phoenix has no message of its kind.
    pub(super) fn encode(&self, message: &Message<'_>) -> Option<Bytes> {
        match self {
            Format::Own(_) => Some(message.encode()),
            Format::Phoenix(phoenix) => phoenix.encode(message),
        }
    }
}
