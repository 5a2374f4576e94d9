use crate::message::{Payload, Ref};
use serde_json::{Map, Value};
use std::any::Any;
use std::fmt;

/// A message to a channel from within the app. It is queued among the client's messages.
pub(crate) enum AppMessage {
    /// A message for `handle_info`, of a type that the session does not depend on.
    Info(Box<dyn Any + Send>),
    /// A broadcast for `handle_out`, or one that follows such a broadcast.
    Out(Out),
    /// A change to the topic's presences. It takes effect as soon as the channel is joined, even while the channel is busy.
    Presence(Change),
    /// Ends the channel when it has finished its current message.
    Stop,
    /// The queue of broadcasts is full: ends the channel at once, or as soon as it is joined.
    Overrun,
    /// Broadcasts of the topic are lost: ends the channel as `Overrun` does, so that its client joins again and learns it.
    Lost,
    /// The channel has sent what cannot be sent: ends it with an error, instead of the reply to its current message.
    Unsendable,
}

impl AppMessage {
    /// Returns whether the message ends its channel, so that it is queued regardless of the limit.
    pub(crate) fn ends(&self) -> bool {
        matches!(
            self,
            AppMessage::Stop | AppMessage::Overrun | AppMessage::Lost | AppMessage::Unsendable
        )
    }
}

/// A broadcast that reaches the client through its channel.
#[derive(Debug)]
pub(crate) struct Out {
    pub(crate) event: Box<str>,
    pub(crate) payload: Payload,
    /// Position in the topic's history, if the client has asked for it.
    pub(crate) position: Option<Ref>,
    /// The broadcast is for `handle_out`. Any other is only kept in order.
    pub(crate) is_intercepted: bool,
}

/// A change to the presences of a channel's topic.
#[derive(Debug)]
pub(crate) enum Change {
    Track {
        key: Box<str>,
        meta: Map<String, Value>,
    },
    Update {
        key: Box<str>,
        change: MetaChange,
    },
    Untrack {
        key: Box<str>,
    },
    /// Push the list of presences to the client.
    PushState,
}

/// A change to the metadata of a presence: a function of the user's.
pub(crate) struct MetaChange(pub(crate) Box<ChangeMeta>);

type ChangeMeta = dyn FnOnce(&mut Map<String, Value>) + Send;

impl MetaChange {
    pub(crate) fn new(change: impl FnOnce(&mut Map<String, Value>) + Send + 'static) -> Self {
        MetaChange(Box::new(change))
    }
}

impl fmt::Debug for MetaChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetaChange")
    }
}

impl fmt::Debug for AppMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppMessage::Info(_) => f.write_str("info"),
            AppMessage::Out(Out { event, payload, .. }) => write!(f, "out {event} {payload:?}"),
            AppMessage::Presence(change) => write!(f, "{change:?}"),
            AppMessage::Stop => f.write_str("stop"),
            AppMessage::Overrun => f.write_str("overrun"),
            AppMessage::Lost => f.write_str("lost"),
            AppMessage::Unsendable => f.write_str("unsendable"),
        }
    }
}
