//! The format of `phoenix_pubsub_redis` 3.x, for nodes of one app in Rust and in Elixir.
//!
//! All topics share one channel. A message is the term `{3, mode, node, topic, message, dispatcher}`, compressed or not;
//! `mode` is `:except` or `:only` that node. Broadcasts are `%Phoenix.Socket.Broadcast{}`; other messages are for processes
//! of Elixir.

use crate::codec;
use crate::message::Payload;
use crate::pubsub::cluster::{LARGER, MAX_BYTES, Malformed, Message};
use crate::term::{self, Term};
use bytes::Bytes;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use std::borrow::Cow;

/// Names of an app in the format.
pub(super) struct Phoenix {
    /// Channel of its `Phoenix.PubSub`.
    pub(super) channel: String,
    /// Name of this node.
    pub(super) node: String,
}

/// A broadcast of another node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Broadcast {
    pub(super) topic: String,
    pub(super) event: String,
    pub(super) payload: Payload,
}

/// Version of the messages.
const RELEASE: i128 = 3;

const COMPRESSED: u8 = 80;

const BROADCAST: &str = "Elixir.Phoenix.Socket.Broadcast";

impl Phoenix {
    pub(super) fn new(pubsub: &str, node: String) -> Self {
        Phoenix {
            channel: format!("phx:Elixir.{pubsub}.Adapter"),
            node,
        }
    }

    /// Returns a broadcast in the format. `None` for other messages, which Phoenix does not have.
    ///
    /// The node is a binary: each new atom would stay in the memory of the receiving nodes.
    pub(super) fn encode(&self, message: &Message<'_>) -> Option<Bytes> {
        let (event, payload) = message.broadcast()?;
        let topic = message.topic().as_bytes();
        let mut out = vec![term::VERSION, term::SMALL_TUPLE, 6];
        term::put_integer(RELEASE, &mut out);
        term::put_atom("except", &mut out);
        term::put_binary(self.node.as_bytes(), &mut out);
        term::put_binary(topic, &mut out);
        term::put_map_head(4, &mut out);
        term::put_atom("__struct__", &mut out);
        term::put_atom(BROADCAST, &mut out);
        term::put_atom("event", &mut out);
        term::put_binary(event.as_bytes(), &mut out);
        term::put_atom("payload", &mut out);
        put_payload(payload, &mut out);
        term::put_atom("topic", &mut out);
        term::put_binary(topic, &mut out);
        term::put_atom("Elixir.Phoenix.Channel.Server", &mut out);
        Some(out.into())
    }

    /// Reads a message. `None` if it is no broadcast, or not for this node.
    ///
    /// `concerns` returns whether a topic has subscribers on this node.
    pub(super) fn decode(
        &self,
        message: &[u8],
        concerns: impl Fn(&str) -> bool,
    ) -> Result<Option<Broadcast>, Malformed> {
        let term = inflated(message)?;
        let term = Term::decode(&term).ok_or(Malformed("it is no Erlang term"))?;
        let Term::Tuple(parts) = &term else {
            return Err(UNKNOWN);
        };
        let [version, mode, node, topic, message, _dispatcher] = &parts[..] else {
            return Err(UNKNOWN);
        };
        if *version != Term::Integer(RELEASE) {
            return Err(UNKNOWN);
        }
        let topic = text(topic).ok_or(UNKNOWN)?;
        let is_own = match node {
            Term::Atom(name) => **name == self.node,
            node => text(node) == Some(&self.node),
        };
        let is_for_this = (mode.is_atom("except") && !is_own) || (mode.is_atom("only") && is_own);
        if !is_for_this || !concerns(topic) {
            return Ok(None);
        }
        broadcast(topic, message)
    }
}

const UNKNOWN: Malformed = Malformed("it is no message of phoenix_pubsub_redis 3");

fn broadcast(topic: &str, message: &Term<'_>) -> Result<Option<Broadcast>, Malformed> {
    let name = message.field("__struct__");
    if !name.is_some_and(|name| name.is_atom(BROADCAST)) {
        return Ok(None);
    }
    let event = message.field("event").and_then(text);
    let (Some(event), Some(value)) = (event, message.field("payload")) else {
        return Err(UNKNOWN);
    };
    Ok(Some(Broadcast {
        topic: topic.to_owned(),
        event: event.to_owned(),
        payload: payload(value)?,
    }))
}

fn payload(value: &Term<'_>) -> Result<Payload, Malformed> {
    if let Term::Tuple(parts) = value
        && let [tag, Term::Binary(bytes)] = &parts[..]
        && tag.is_atom("binary")
    {
        return Ok(Payload::binary(bytes.to_vec()));
    }
    let mut json = String::new();
    term::write_json(value, &mut json).map_err(|_| INEXPRESSIBLE)?;
    // Terms are no deeper than JSON may be.
    codec::payload_of_valid(&json).ok_or(INEXPRESSIBLE)
}

const INEXPRESSIBLE: Malformed = Malformed("JSON cannot express its payload");

/// Appends a payload: a map, or `{:binary, bytes}`.
fn put_payload(payload: &Payload, out: &mut Vec<u8>) {
    if payload.is_binary() {
        out.extend([term::SMALL_TUPLE, 2]);
        term::put_atom("binary", out);
        term::put_binary(payload.bytes(), out);
    } else {
        term::put(&payload.to_value(), out);
    }
}

/// Returns a term after its version, inflated if it is compressed.
fn inflated(message: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    if message.len() > MAX_BYTES {
        return Err(LARGER);
    }
    match message {
        [term::VERSION, COMPRESSED, rest @ ..] => {
            let (size, compressed) = rest.split_first_chunk().ok_or(UNKNOWN)?;
            let size = u32::from_be_bytes(*size) as usize;
            if size > MAX_BYTES {
                return Err(LARGER);
            }
            let term = decompress_to_vec_zlib_with_limit(compressed, size);
            let term = term.map_err(|_| Malformed("it cannot be inflated"))?;
            Ok(Cow::Owned(term))
        }
        [term::VERSION, rest @ ..] => Ok(Cow::Borrowed(rest)),
        _ => Err(UNKNOWN),
    }
}

fn text<'a>(term: &Term<'a>) -> Option<&'a str> {
    match term {
        Term::Binary(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod fuzz;
#[cfg(test)]
mod tests;
