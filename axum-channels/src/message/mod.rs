//! Types of the protocol, independent of their encoding.

mod encode_error;
mod later;
mod name;
mod payload;
mod reference;
mod refused;
mod reply;
mod text;
mod topic;

pub(crate) use encode_error::EncodeError;
pub use later::Later;
pub(crate) use later::Promise;
pub(crate) use name::Name;
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

/// A message from a client. Short-lived parts borrow from the frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message<'a> {
    pub(crate) join_ref: Option<Ref>,
    pub(crate) reference: Option<Ref>,
    pub(crate) topic: Name<'a>,
    pub(crate) event: Name<'a>,
    pub(crate) payload: Payload,
}

/// Maximum number of bytes of a client's topic or event. A longer one is answered with an error.
pub(crate) const MAX_NAME_BYTES: usize = 4096;

impl Message<'_> {
    /// Returns the error for a message with too long a topic or event.
    pub(crate) fn too_long(&self) -> Option<Payload> {
        let is_long = |name: &Name<'_>| name.text().is_some_and(|text| text.len() > MAX_NAME_BYTES);
        let reason = if is_long(&self.topic) {
            r#"{"reason":"topic too long"}"#
        } else if is_long(&self.event) {
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
        refs + self.topic.as_str().len() + self.event.as_str().len() + self.payload.bytes().len()
    }

    /// Returns the message detached from its frame.
    pub(crate) fn into_owned(self) -> Message<'static> {
        Message {
            join_ref: self.join_ref,
            reference: self.reference,
            topic: self.topic.into_owned(),
            event: self.event.into_owned(),
            payload: self.payload,
        }
    }
}

/// A message to one client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outgoing<'a> {
    pub(crate) join_ref: Option<Ref>,
    pub(crate) reference: Option<Ref>,
    pub(crate) topic: Address<'a>,
    pub(crate) body: Body<'a>,
}

/// Topic of an [`Outgoing`] message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Address<'a> {
    Topic(Topic),
    /// JSON of a client's topic that is no string. Its messages are answered, and reach no channel.
    Other(Cow<'a, str>),
}

impl Address<'_> {
    /// Returns the topic, or the JSON of a value that is none.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Address::Topic(topic) => topic,
            Address::Other(json) => json,
        }
    }
}

impl From<Topic> for Address<'_> {
    fn from(topic: Topic) -> Self {
        Address::Topic(topic)
    }
}

impl<'a> From<Name<'a>> for Address<'a> {
    fn from(name: Name<'a>) -> Self {
        match name {
            Name::Text(text) => Address::Topic(Topic::from(&*text)),
            Name::Other(json) => Address::Other(json),
        }
    }
}

impl Outgoing<'_> {
    /// Returns the approximate number of bytes of the encoded message.
    pub(crate) fn len_hint(&self) -> usize {
        let (Body::Reply {
            response: payload, ..
        }
        | Body::Event { payload, .. }) = &self.body;
        payload.bytes().len() + self.topic.as_str().len() + ROOM
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
    encoded: [OnceCell<Result<Bytes, EncodeError>>; FORMATS],
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

    /// Returns the encoded broadcast. The first subscriber of a format calls `encode`, the others share the result.
    pub(crate) fn encoded(
        &self,
        format: usize,
        encode: impl FnOnce(&Self) -> Result<Bytes, EncodeError>,
    ) -> Result<&Bytes, EncodeError> {
        let encoded = self.encoded[format].get_or_init(|| encode(self));
        encoded.as_ref().map_err(|error| *error)
    }

    /// Returns the gravest error of the formats that were needed.
    pub(crate) fn outcome(&self) -> Result<(), EncodeError> {
        let errors = self
            .encoded
            .iter()
            .filter_map(|encoded| encoded.get()?.as_ref().err());
        let gravest = errors.max_by_key(|error| error.ends_channel());
        gravest.map_or(Ok(()), |error| Err(*error))
    }
}
