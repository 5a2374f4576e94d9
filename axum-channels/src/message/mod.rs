//! Types of the protocol, independent of their encoding.

mod broadcast;
mod encode_error;
mod entry;
mod invalid_payload;
mod later;
mod name;
mod payload;
mod position;
mod presence_diff;
mod presences;
mod recovery;
mod reference;
mod refused;
mod reply;
mod server_message;
mod text;
mod topic;

pub(crate) use broadcast::{Broadcast, Encodings, FormatId};
pub(crate) use encode_error::EncodeError;
pub use invalid_payload::InvalidPayload;
pub use later::Later;
pub(crate) use later::Promise;
pub use name::Name;
pub use payload::Payload;
pub(crate) use position::{Epoch, Position};
pub use presence_diff::PresenceDiff;
pub use presences::Presences;
pub(crate) use recovery::{Asked, Recovery};
pub use reference::Ref;
pub use refused::Refused;
pub use reply::Reply;
pub(crate) use reply::{Answer, Status};
pub use server_message::ServerMessage;
pub use topic::Topic;

use std::borrow::Cow;

/// Message from a client, as a [`Serializer`](crate::serializer::Serializer) decodes it.
///
/// Topic and event may borrow from the frame.
///
/// ```
/// use axum_channels::Payload;
/// use axum_channels::serializer::{Message, Ref};
///
/// let join = Message {
///     join_ref: Some(Ref::from("1")),
///     reference: Some(Ref::from("1")),
///     topic: "room:lobby".into(),
///     event: "phx_join".into(),
///     payload: Payload::empty(),
/// };
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    /// `ref` of the join that the message belongs to. A message with that of an earlier join is dropped; `None` stands
    /// for the current one.
    pub join_ref: Option<Ref>,
    /// `ref` of this message, which its reply repeats.
    pub reference: Option<Ref>,
    /// Name of the topic.
    pub topic: Name<'a>,
    /// Name of the event: `phx_join`, `phx_leave`, `heartbeat`, or one of the app.
    pub event: Name<'a>,
    /// Payload of the event.
    pub payload: Payload,
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

/// Topic of a reply, which may be a value of the client's that is not a topic.
///
/// ```
/// use axum_channels::serializer::{Address, ServerMessage};
///
/// fn is_text(message: &ServerMessage<'_>) -> bool {
///     !matches!(message, ServerMessage::Reply { topic: Address::Other(_), .. })
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address<'a> {
    /// The name of a topic.
    Topic(Topic),
    /// JSON of a client's topic that is not a string. Messages to it get an error reply, and reach no channel.
    Other(Cow<'a, str>),
}

impl Address<'_> {
    /// Returns the name of the topic, or the JSON of a value that is not a topic.
    ///
    /// ```
    /// # use axum_channels::{Topic, serializer::Address};
    /// assert_eq!(Address::Topic(Topic::from("room:lobby")).as_str(), "room:lobby");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
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
    /// Returns the message as serializers encode it.
    pub(crate) fn view(&self) -> ServerMessage<'_> {
        let (join_ref, reference) = (self.join_ref.as_ref(), self.reference.as_ref());
        match &self.body {
            Body::Reply { status, response } => ServerMessage::Reply {
                join_ref,
                reference,
                topic: &self.topic,
                status: status.as_str(),
                response,
            },
            Body::Event { event, payload } => ServerMessage::Push {
                join_ref,
                reference,
                topic: self.topic.as_str(),
                event,
                payload,
            },
        }
    }
}

/// Contents of an [`Outgoing`] message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body<'a> {
    /// The answer to a message with the same `ref`.
    Reply { status: Status, response: Payload },
    /// Any other message: a push, `phx_close`, `phx_error`.
    Event { event: &'a str, payload: Payload },
}
