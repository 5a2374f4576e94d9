use super::fields::{Fields, Malformed, put, size_of_field};
use super::{NodeId, Place};
use crate::client_id::ClientId;
use crate::codec;
use crate::message::Payload;
use crate::pubsub::{History, SubscriberId};
use crate::session::Key;
use bytes::Bytes;
use std::fmt;

/// Message of a node to the other nodes: what [`Adapter::publish`](super::Adapter::publish) sends.
///
/// An engine carries it [encoded](Self::encode), and [`Node::receive`](super::Node::receive) of the other nodes decodes it.
/// An adapter with a format of its own reads the parts instead.
///
/// ```
/// use axum_channels::cluster::Message;
///
/// fn describe(message: &Message<'_>) -> String {
///     match message.broadcast() {
///         Some((event, payload)) => format!("{event} on {}: {}", message.topic(), payload.as_json()),
///         None => format!("presences on {}", message.topic()),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    pub(crate) node: NodeId,
    pub(crate) topic: &'a str,
    pub(crate) body: Body<'a>,
    /// The engine keeps the broadcast.
    pub(crate) kept: Option<Kept<'a>>,
}

/// Part of a message that the engine keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Kept<'a> {
    /// Limits of the topic's history, known to the node that publishes.
    pub(crate) limits: Option<History>,
    /// Id of the client that has sent it, if it is excluded.
    pub(crate) from: &'a str,
    /// Place that the engine has added.
    pub(crate) place: Option<Place>,
}

/// Contents of a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body<'a> {
    Broadcast {
        event: &'a str,
        payload: Payload,
        /// Subscriber that does not receive it.
        from: Option<Origin>,
    },
    /// A change of the node's presences on the topic, which `presence` encodes.
    Presences(&'a [u8]),
}

/// A subscriber of any node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Node of the subscriber. `None` if its endpoint has no adapter.
    pub(crate) node: Option<NodeId>,
    pub(crate) subscriber: SubscriberId,
}

/// Version of the encoding. Fields that are added at the end do not change it: earlier releases ignore them.
const VERSION: u8 = 1;

/// Number of bytes of the version, the kind and the node.
pub(super) const HEAD: usize = 18;

/// Kinds of bodies.
const JSON: u8 = 0;
const BINARY: u8 = 1;
const PRESENCES: u8 = 2;

/// The kind of several messages, each whole: see [`bundle`](super::bundle).
pub(super) const BUNDLE: u8 = 3;

/// Kinds of origins.
const NOBODY: u8 = 0;
const CLIENT: u8 = 1;
const CHANNEL: u8 = 2;

/// Maximum number of bytes of an encoded message.
pub(crate) const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Error of a received message that has more.
pub(crate) const LARGER: Malformed = Malformed("it is larger than 16 MiB");

/// Maximum number of bytes of an encoded message besides its texts and its payload.
const OVERHEAD: usize = 128;

impl<'a> Message<'a> {
    /// Returns the id of the node that sends it.
    ///
    /// ```
    /// # use axum_channels::cluster::{Message, NodeId};
    /// fn is_own(message: &Message<'_>, id: NodeId) -> bool {
    ///     message.node() == id
    /// }
    /// ```
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Returns the topic, which may be any text: an adapter encodes it if its engine has rules for names.
    ///
    /// ```
    /// # use axum_channels::cluster::Message;
    /// fn channel(message: &Message<'_>) -> String {
    ///     format!("my_app:{}", message.topic())
    /// }
    /// ```
    pub fn topic(&self) -> &'a str {
        self.topic
    }

    /// Returns the event and the payload of a broadcast, or `None` for a change of presences.
    ///
    /// ```
    /// # use axum_channels::cluster::Message;
    /// fn event<'m>(message: &'m Message<'_>) -> Option<&'m str> {
    ///     message.broadcast().map(|(event, _)| event)
    /// }
    /// ```
    pub fn broadcast(&self) -> Option<(&str, &Payload)> {
        match &self.body {
            Body::Broadcast { event, payload, .. } => Some((event, payload)),
            Body::Presences(_) => None,
        }
    }

    /// Returns the limits of the topic's history, if the engine is to keep the broadcast: only for adapters that
    /// [have histories](super::Adapter::has_histories).
    ///
    /// ```
    /// # use axum_channels::cluster::Message;
    /// fn max_messages(message: &Message<'_>) -> Option<usize> {
    ///     message.history().map(|limits| limits.messages())
    /// }
    /// ```
    pub fn history(&self) -> Option<History> {
        self.kept.and_then(|kept| kept.limits)
    }

    /// Returns the encoded message, for [`Node::receive`](super::Node::receive) of other nodes.
    ///
    /// The encoding has a version, so that nodes with different releases of this library understand each other.
    ///
    /// ```
    /// # use axum_channels::cluster::Message;
    /// fn queue(message: &Message<'_>, queue: &mut Vec<(String, bytes::Bytes)>) {
    ///     queue.push((message.topic().to_owned(), message.encode()));
    /// }
    /// ```
    pub fn encode(&self) -> Bytes {
        let (kind, event, content, from) = match &self.body {
            Body::Broadcast {
                event,
                payload,
                from,
            } if payload.is_binary() => (BINARY, *event, payload.bytes(), *from),
            Body::Broadcast {
                event,
                payload,
                from,
            } => (JSON, *event, payload.bytes(), *from),
            Body::Presences(change) => (PRESENCES, "", *change, None),
        };
        let kept = self.kept.map(|kept| kept.from.as_bytes());
        let fields = [self.topic.as_bytes(), event.as_bytes(), content];
        let fields = fields.into_iter().chain(kept);
        let size: usize = fields.clone().map(size_of_field).sum();
        // No more than it needs: `Bytes` would allocate a second time to remember the rest.
        let mut out = Vec::with_capacity(HEAD + size_of_origin(from) + size);
        out.extend_from_slice(&[VERSION, kind]);
        out.extend_from_slice(&self.node.to_bytes());
        put_origin(from, &mut out);
        fields.for_each(|field| put(field, &mut out));
        debug_assert_eq!(out.len(), out.capacity());
        out.into()
    }

    /// Returns the maximum number of bytes of an encoded message about a topic, besides its contents.
    #[cfg(any(feature = "nats", feature = "redis"))]
    pub(super) fn overhead(topic: &str) -> usize {
        OVERHEAD + topic.len()
    }

    /// Returns the maximum number of bytes of the contents of a message about a topic.
    pub(crate) fn room(topic: &str) -> usize {
        MAX_BYTES.saturating_sub(OVERHEAD + topic.len())
    }

    /// Checks that other nodes read a message of this size.
    pub(super) fn check_size(&self) -> Result<(), TooLarge> {
        match OVERHEAD + self.len() <= MAX_BYTES {
            true => Ok(()),
            false => Err(TooLarge),
        }
    }

    /// Returns the number of bytes of its texts and its contents.
    fn len(&self) -> usize {
        let body = match &self.body {
            Body::Broadcast { event, payload, .. } => event.len() + payload.bytes().len(),
            Body::Presences(change) => change.len(),
        };
        self.topic.len() + body + self.kept.map_or(0, |kept| kept.from.len())
    }

    /// Returns the place that the engine has added to an encoded message of this version.
    pub(super) fn place_of(bytes: &[u8]) -> Option<Place> {
        let mut fields = Fields(bytes);
        fields.array::<HEAD>().ok()?;
        origin(&mut fields).ok()?;
        for _field in ["topic", "event", "content"] {
            fields.bytes().ok()?;
        }
        kept(&mut fields).ok()??.place
    }

    /// Returns the sender of an encoded message of this version.
    pub(super) fn node_of(bytes: &[u8]) -> Option<NodeId> {
        let id = bytes.strip_prefix(&[VERSION])?.get(1..)?.first_chunk()?;
        Some(NodeId::from_bytes(*id))
    }

    /// Decodes a message. Nothing about it is known to be valid.
    ///
    /// Bytes after the last field are ignored: later releases may add fields.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_BYTES {
            return Err(LARGER);
        }
        let mut fields = Fields(bytes);
        if fields.byte()? != VERSION {
            return Err(Malformed("this release does not know its version"));
        }
        let kind = fields.byte()?;
        let node = NodeId::from_bytes(fields.array()?);
        let from = origin(&mut fields)?;
        let (topic, event, content) = (fields.text()?, fields.text()?, fields.bytes()?);
        let payload = match kind {
            JSON => codec::payload(content).ok_or(Malformed("its payload is not JSON"))?,
            BINARY => Payload::binary(content.to_vec()),
            PRESENCES => {
                let body = Body::Presences(content);
                return Ok(Message {
                    node,
                    topic,
                    body,
                    kept: None,
                });
            }
            _ => return Err(Malformed("this release does not know its kind")),
        };
        let body = Body::Broadcast {
            event,
            payload,
            from,
        };
        Ok(Message {
            node,
            topic,
            body,
            kept: kept(&mut fields)?,
        })
    }
}

/// Reads the fields of a message that the engine keeps. Other messages, and those of earlier releases, end before them.
fn kept<'a>(fields: &mut Fields<'a>) -> Result<Option<Kept<'a>>, Malformed> {
    if fields.0.is_empty() {
        return Ok(None);
    }
    let from = fields.text()?;
    let place = match fields.0.is_empty() {
        true => None,
        false => Some(place(fields.text()?).ok_or(Malformed("its place is none"))?),
    };
    Ok(Some(Kept {
        limits: None,
        from,
        place,
    }))
}

/// Reads a place, as the engine has added it: an epoch in hexadecimal digits, and a number that follows the one before.
fn place(text: &str) -> Option<Place> {
    let (epoch, number) = text.split_once('.')?;
    let number: u64 = number.parse().ok()?;
    Some(Place {
        epoch: u64::from_str_radix(epoch, 16).ok()?,
        number,
        previous: number.checked_sub(1)?,
    })
}

/// Returns the number of bytes that [`put_origin`] appends.
fn size_of_origin(from: Option<Origin>) -> usize {
    match from {
        Some(Origin {
            node: Some(_),
            subscriber,
        }) => 1 + 16 + 8 + subscriber.channel.map_or(0, |_| 4),
        _ => 1,
    }
}

/// Appends the origin of a message. One without a node is that of no other node's subscriber.
fn put_origin(from: Option<Origin>, out: &mut Vec<u8>) {
    let Some(Origin {
        node: Some(node),
        subscriber: SubscriberId { client, channel },
    }) = from
    else {
        return out.push(NOBODY);
    };
    out.push(channel.map_or(CLIENT, |_| CHANNEL));
    out.extend_from_slice(&node.to_bytes());
    out.extend_from_slice(&client.number().to_be_bytes());
    if let Some(Key(channel)) = channel {
        out.extend_from_slice(&channel.to_be_bytes());
    }
}

fn origin(fields: &mut Fields<'_>) -> Result<Option<Origin>, Malformed> {
    let kind = fields.byte()?;
    if kind == NOBODY {
        return Ok(None);
    }
    let node = Some(NodeId::from_bytes(fields.array()?));
    let client = ClientId::of(fields.number()?);
    let channel = match kind {
        CLIENT => None,
        CHANNEL => Some(Key(u32::from_be_bytes(fields.array()?))),
        _ => return Err(Malformed("this release does not know its origin")),
    };
    let subscriber = SubscriberId { client, channel };
    Ok(Some(Origin { node, subscriber }))
}

/// Error of a message that other nodes would not read.
#[derive(Debug)]
pub(super) struct TooLarge;

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message is larger than 16 MiB")
    }
}

impl std::error::Error for TooLarge {}

#[cfg(test)]
mod tests;
