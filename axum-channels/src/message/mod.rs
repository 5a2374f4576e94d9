//! Types of the protocol, independent of their encoding.

mod invalid_payload;
mod later;
mod payload;
mod reference;
mod refused;
mod reply;
mod text;
mod topic;

pub use invalid_payload::InvalidPayload;
pub use later::Later;
pub(crate) use later::Promise;
pub use payload::Payload;
pub(crate) use reference::Ref;
pub use refused::Refused;
pub use reply::Reply;
pub(crate) use reply::{Answer, Status};
pub use topic::Topic;

use bytes::Bytes;
use std::borrow::Cow;
use std::cell::OnceCell;

/// A message from a client. Short-lived parts borrow from the frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message<'a> {
    pub(crate) join_ref: Option<Ref>,
    pub(crate) reference: Option<Ref>,
    pub(crate) topic: Cow<'a, str>,
    pub(crate) event: Cow<'a, str>,
    pub(crate) payload: Payload,
}

/// Maximum number of bytes of a client's topic or event. A longer one is answered with an error.
pub(crate) const MAX_NAME_BYTES: usize = 4096;

impl Message<'_> {
    /// Returns the error for a message with too long a topic or event.
    pub(crate) fn too_long(&self) -> Option<Payload> {
        let reason = if self.topic.len() > MAX_NAME_BYTES {
            r#"{"reason":"topic too long"}"#
        } else if self.event.len() > MAX_NAME_BYTES {
            r#"{"reason":"event too long"}"#
        } else {
            return None;
        };
        Some(Payload::constant(reason))
    }

    /// Returns the total number of bytes of the message's parts.
    pub(crate) fn len(&self) -> usize {
        let refs = [&self.join_ref, &self.reference].into_iter().flatten();
        let refs: usize = refs.map(|reference| reference.as_json().len()).sum();
        refs + self.topic.len() + self.event.len() + self.payload.bytes().len()
    }

    /// Returns the message detached from its frame.
    pub(crate) fn into_owned(self) -> Message<'static> {
        Message {
            join_ref: self.join_ref,
            reference: self.reference,
            topic: Cow::Owned(self.topic.into_owned()),
            event: Cow::Owned(self.event.into_owned()),
            payload: self.payload,
        }
    }
}

/// A message to one client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outgoing<'a> {
    pub(crate) join_ref: Option<Ref>,
    pub(crate) reference: Option<Ref>,
    pub(crate) topic: Topic,
    pub(crate) body: Body<'a>,
}

impl Outgoing<'_> {
    /// Returns the approximate number of bytes of the encoded message.
    pub(crate) fn len_hint(&self) -> usize {
        let (Body::Reply {
            response: payload, ..
        }
        | Body::Event { payload, .. }) = &self.body;
        payload.bytes().len() + self.topic.len() + ROOM
    }
}

/// Bytes of a message besides its payload and its topic: refs, an event, punctuation, the frame's head.
const ROOM: usize = 128;

/// Contents of an [`Outgoing`] message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body<'a> {
    /// The answer to a message with the same `ref`.
    Reply { status: Status, response: Payload },
    /// Any other message: a push, `phx_close`, `phx_error`.
    Event { event: &'a str, payload: Payload },
}

/// Number of formats of a broadcast: two serializers on two transports.
pub(crate) const FORMATS: usize = 4;

/// A message to everyone on a topic, encoded at most once for each format in use there.
pub(crate) struct Broadcast<'a> {
    pub(crate) topic: &'a str,
    pub(crate) event: &'a str,
    pub(crate) payload: &'a Payload,
    encoded: [OnceCell<Option<Bytes>>; FORMATS],
}

impl<'a> Broadcast<'a> {
    pub(crate) fn new(topic: &'a str, event: &'a str, payload: &'a Payload) -> Self {
        Self {
            topic,
            event,
            payload,
            encoded: Default::default(),
        }
    }

    /// Returns the approximate number of bytes of the encoded message.
    pub(crate) fn len_hint(&self) -> usize {
        self.payload.bytes().len() + self.topic.len() + ROOM
    }

    /// Returns the encoded broadcast. The first subscriber of a format calls `encode`, the others share the result. `None`
    /// if the format cannot encode it.
    pub(crate) fn encoded(
        &self,
        format: usize,
        encode: impl FnOnce(&Self) -> Option<Bytes>,
    ) -> Option<&Bytes> {
        self.encoded[format].get_or_init(|| encode(self)).as_ref()
    }
}
