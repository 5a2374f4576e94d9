//! What is said: the types of the protocol, whatever carries them.

mod later;
mod payload;
mod reference;
mod refused;
mod reply;
mod text;
mod topic;

pub use later::Later;
pub(crate) use later::Promise;
pub use payload::Payload;
pub(crate) use reference::Ref;
pub use refused::Refused;
pub(crate) use refused::Why;
pub use reply::Reply;
pub(crate) use reply::{Answer, Status};
pub use topic::Topic;

use bytes::Bytes;
use std::borrow::Cow;
use std::cell::OnceCell;

/// A message from a client. What is short-lived borrows from the frame it came in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message<'a> {
    pub(crate) join_ref: Option<Ref>,
    pub(crate) reference: Option<Ref>,
    pub(crate) topic: Cow<'a, str>,
    pub(crate) event: Cow<'a, str>,
    pub(crate) payload: Payload,
}

/// The most bytes that a topic or an event from a client may have. A longer one is answered with an error.
pub(crate) const MAX_NAME_BYTES: usize = 4096;

impl Message<'_> {
    /// Why the message is for nobody, whatever is joined: its topic or its event is too long.
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

    /// The bytes of all that the client sent with it.
    pub(crate) fn len(&self) -> usize {
        let refs = [&self.join_ref, &self.reference].into_iter().flatten();
        let refs: usize = refs.map(|reference| reference.as_json().len()).sum();
        refs + self.topic.len() + self.event.len() + self.payload.bytes().len()
    }

    /// The same message, outliving its frame.
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
    /// About as many bytes as it takes to write the message down.
    pub(crate) fn len_hint(&self) -> usize {
        let (Body::Reply {
            response: payload, ..
        }
        | Body::Event { payload, .. }) = &self.body;
        payload.bytes().len() + self.topic.len() + ROOM
    }
}

/// Bytes of a message besides its payload and its topic: refs, an event, punctuation, the head of a frame.
const ROOM: usize = 128;

/// What an [`Outgoing`] message says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body<'a> {
    /// The answer to a message with the same `ref`.
    Reply { status: Status, response: Payload },
    /// Anything else: a push, `phx_close`, `phx_error`.
    Event { event: &'a str, payload: Payload },
}

/// How many formats a broadcast may be encoded in: two serializers, by two transports.
pub(crate) const FORMATS: usize = 4;

/// A message to everyone on a topic, encoded at most once for each format that one of them speaks.
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

    /// About as many bytes as it takes to write the message down.
    pub(crate) fn len_hint(&self) -> usize {
        self.payload.bytes().len() + self.topic.len() + ROOM
    }

    /// The form that is encoded by `encode` for the first subscriber of this format, shared by the others. `None` if the
    /// format cannot say it.
    pub(crate) fn encoded(
        &self,
        format: usize,
        encode: impl FnOnce(&Self) -> Option<Bytes>,
    ) -> Option<&Bytes> {
        self.encoded[format].get_or_init(|| encode(self)).as_ref()
    }
}
