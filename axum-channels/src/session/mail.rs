use crate::message::Payload;
use serde_json::{Map, Value};
use std::any::Any;
use std::fmt;

/// What comes to a channel from within the app. It waits for its turn among the client's messages.
pub(crate) enum Mail {
    /// A message for `handle_info`, of a type that the session has no need to know.
    Info(Box<dyn Any + Send>),
    /// A broadcast for `handle_out`.
    Out { event: Box<str>, payload: Payload },
    /// A change to who is there. It takes effect as soon as the channel is joined, whatever it is doing.
    Presence(Change),
    /// The channel is to end when it is through with what it is doing.
    Stop,
    /// More broadcasts came for the channel than may wait: it ends at once, or as soon as it is joined.
    Overrun,
}

impl Mail {
    /// Whether it ends its channel: then there is always room for it.
    pub(crate) fn ends(&self) -> bool {
        matches!(self, Mail::Stop | Mail::Overrun)
    }
}

/// What a channel does to the presences of its topic.
#[derive(Debug)]
pub(crate) enum Change {
    Track {
        key: Box<str>,
        meta: Map<String, Value>,
    },
    Update {
        key: Box<str>,
        meta: Map<String, Value>,
    },
    Untrack {
        key: Box<str>,
    },
    /// Tell the client who is there.
    PushState,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mail::Info(_) => f.write_str("info"),
            Mail::Out { event, payload } => write!(f, "out {event} {payload:?}"),
            Mail::Presence(change) => write!(f, "{change:?}"),
            Mail::Stop => f.write_str("stop"),
            Mail::Overrun => f.write_str("overrun"),
        }
    }
}
