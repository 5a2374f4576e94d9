//! Phoenix's messages in frames of a WebSocket: the formats 1.0.0 and 2.0.0, text and binary.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use tungstenite::{Bytes, Message};

use super::json::Json;
use crate::args::Vsn;

/// Format of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON objects.
    V1,
    /// JSON arrays, and binary messages.
    V2,
}

impl Format {
    /// Returns the format that a client of version `vsn` uses.
    pub fn of(vsn: Vsn) -> Self {
        match vsn {
            Vsn::V1 => Self::V1,
            Vsn::V2 => Self::V2,
        }
    }
}

/// A message of Phoenix's protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub join_ref: Option<String>,
    pub reference: Option<String>,
    pub topic: String,
    pub event: String,
    /// Status, if it is a reply: `ok` or `error`.
    pub status: Option<String>,
    /// Payload, or the response of a reply.
    pub payload: Payload,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    Json(Json),
    Bytes(Bytes),
}

/// Kind of a binary push.
const PUSH: u8 = 0;

/// The reason why a message with bytes cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsendable {
    InV1,
    /// The name of a part that is longer than a byte can say.
    TooLong(&'static str),
}

impl std::fmt::Display for Unsendable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::InV1 => Unreadable::BinaryInV1.fmt(f),
            Self::TooLong(name) => {
                write!(f, "the {name} of a binary message has 255 bytes at most")
            }
        }
    }
}

/// Event of replies.
pub const REPLY: &str = "phx_reply";

/// The reason why a frame is not a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    NotJson(String),
    /// The name of what is missing.
    Missing(&'static str),
    NotFiveParts(usize),
    /// A binary frame of this kind.
    UnknownKind(u8),
    TooShort,
    NotUtf8,
    BinaryInV1,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotJson(why) => write!(f, "not JSON of the format: {why}"),
            Self::Missing(name) => write!(f, "it has no `{name}`"),
            Self::NotFiveParts(count) => write!(f, "an array of {count} parts in place of 5"),
            Self::UnknownKind(kind) => write!(f, "{kind} is not a kind of binary message"),
            Self::TooShort => f.write_str("it ends before its parts do"),
            Self::NotUtf8 => f.write_str("a part is not UTF-8"),
            Self::BinaryInV1 => f.write_str("the format 1.0.0 has no binary messages"),
        }
    }
}

impl Frame {
    /// Returns a message for the server.
    pub fn push(join_ref: Option<&str>, reference: &str, topic: &str, event: &str) -> Self {
        Self {
            join_ref: join_ref.map(str::to_owned),
            reference: Some(reference.to_owned()),
            topic: topic.to_owned(),
            event: event.to_owned(),
            status: None,
            payload: Payload::Json(Json::empty()),
        }
    }

    pub fn with(self, payload: Payload) -> Self {
        Self { payload, ..self }
    }

    /// Returns the frame of a message for the server.
    ///
    /// # Errors
    /// `format` has no such message with bytes.
    pub fn encode(&self, format: Format) -> Result<Message, Unsendable> {
        match (&self.payload, format) {
            (Payload::Json(payload), format) => Ok(self.text(payload, format)),
            (Payload::Bytes(_), Format::V1) => Err(Unsendable::InV1),
            (Payload::Bytes(bytes), Format::V2) => self.bytes(bytes),
        }
    }

    fn text(&self, payload: &Json, format: Format) -> Message {
        #[derive(Serialize)]
        struct V1<'a> {
            topic: &'a str,
            event: &'a str,
            payload: &'a Json,
            r#ref: &'a Option<String>,
            join_ref: &'a Option<String>,
        }
        let (topic, event) = (&self.topic, &self.event);
        let (join_ref, r#ref) = (&self.join_ref, &self.reference);
        let text = match format {
            Format::V2 => serde_json::to_string(&(join_ref, r#ref, topic, event, payload)),
            Format::V1 => serde_json::to_string(&V1 {
                topic,
                event,
                payload,
                r#ref,
                join_ref,
            }),
        };
        // Strings and checked JSON are always encoded.
        Message::text(text.unwrap_or_default())
    }

    /// Returns a binary push of a client: its kind, the lengths of four parts, the parts, the bytes.
    fn bytes(&self, bytes: &[u8]) -> Result<Message, Unsendable> {
        let [join_ref, reference] =
            [&self.join_ref, &self.reference].map(|part| part.as_deref().unwrap_or_default());
        let parts = [
            ("join_ref", join_ref),
            ("ref", reference),
            ("topic", &self.topic),
            ("event", &self.event),
        ];
        let mut message = vec![PUSH];
        for (name, part) in parts {
            message.push(u8::try_from(part.len()).map_err(|_| Unsendable::TooLong(name))?);
        }
        for (_, part) in parts {
            message.extend(part.as_bytes());
        }
        message.extend(bytes);
        Ok(Message::binary(message))
    }

    /// Reads a text or binary frame.
    ///
    /// # Errors
    /// It is not a message of `format`.
    pub fn decode(message: &Message, format: Format) -> Result<Self, Unreadable> {
        match (message, format) {
            (Message::Text(text), Format::V1) => Self::v1(text),
            (Message::Text(text), Format::V2) => Self::v2(text),
            (Message::Binary(bytes), Format::V2) => Self::binary(bytes),
            _ => Err(Unreadable::BinaryInV1),
        }
    }

    fn v1(text: &str) -> Result<Self, Unreadable> {
        let mut fields: BTreeMap<String, Box<RawValue>> = parsed(text)?;
        let mut field = |name: &'static str| fields.remove(name).ok_or(Unreadable::Missing(name));
        let parts = [
            field("join_ref").ok(),
            field("ref").ok(),
            Some(field("topic")?),
            Some(field("event")?),
            Some(field("payload")?),
        ];
        Ok(Self::of(parts))
    }

    fn v2(text: &str) -> Result<Self, Unreadable> {
        let parts: Vec<Box<RawValue>> = parsed(text)?;
        let count = parts.len();
        let parts: [Box<RawValue>; 5] = parts
            .try_into()
            .map_err(|_| Unreadable::NotFiveParts(count))?;
        Ok(Self::of(parts.map(Some)))
    }

    /// Returns the message of these parts; a topic, event or ref that is no string is its JSON, as Phoenix sends it back.
    fn of(parts: [Option<Box<RawValue>>; 5]) -> Self {
        let [join_ref, reference, topic, event, payload] = parts;
        let text = |part: Option<Box<RawValue>>| {
            part.and_then(
                |part| match serde_json::from_str::<Option<String>>(part.get()) {
                    Ok(text) => text,
                    Err(_) => Some(part.get().to_owned()),
                },
            )
        };
        let payload = payload.map_or_else(Json::empty, |payload| Json::from(&*payload));
        let event = text(event).unwrap_or_default();
        let reply = (event == REPLY).then(|| reply(&payload)).flatten();
        let (status, payload) = match reply {
            Some((status, response)) => (Some(status), response),
            None => (None, payload),
        };
        Self {
            join_ref: text(join_ref),
            reference: text(reference),
            topic: text(topic).unwrap_or_default(),
            event,
            status,
            payload: Payload::Json(payload),
        }
    }

    /// Reads a binary message of a server: a push, a reply or a broadcast.
    fn binary(bytes: &Bytes) -> Result<Self, Unreadable> {
        let mut parts = Parts(bytes.clone());
        match parts.byte()? {
            PUSH => {
                let [join_ref, topic, event] = parts.texts()?;
                Ok(parts.frame(Some(join_ref), None, topic, event, None))
            }
            1 => {
                let [join_ref, reference, topic, status] = parts.texts()?;
                let (join_ref, reference) = (Some(join_ref), Some(reference));
                let event = REPLY.to_owned();
                Ok(parts.frame(join_ref, reference, topic, event, Some(status)))
            }
            2 => {
                let [topic, event] = parts.texts()?;
                Ok(parts.frame(None, None, topic, event, None))
            }
            kind => Err(Unreadable::UnknownKind(kind)),
        }
    }
}

/// The rest of a binary message.
struct Parts(Bytes);

impl Parts {
    fn take(&mut self, count: usize) -> Result<Bytes, Unreadable> {
        match count <= self.0.len() {
            true => Ok(self.0.split_to(count)),
            false => Err(Unreadable::TooShort),
        }
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        self.take(1).map(|byte| byte[0])
    }

    /// Reads texts, before which there are their lengths.
    fn texts<const N: usize>(&mut self) -> Result<[String; N], Unreadable> {
        let lengths = self.take(N)?;
        let mut texts = [const { String::new() }; N];
        for (text, length) in texts.iter_mut().zip(&lengths) {
            let bytes = self.take(usize::from(*length))?;
            let read = std::str::from_utf8(&bytes).map_err(|_| Unreadable::NotUtf8)?;
            read.clone_into(text);
        }
        Ok(texts)
    }

    /// Returns the message with what is left as its payload. An empty ref is none.
    fn frame(
        self,
        join_ref: Option<String>,
        reference: Option<String>,
        topic: String,
        event: String,
        status: Option<String>,
    ) -> Frame {
        let given = |text: &String| !text.is_empty();
        Frame {
            join_ref: join_ref.filter(given),
            reference: reference.filter(given),
            topic,
            event,
            status,
            payload: Payload::Bytes(self.0),
        }
    }
}

fn parsed<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, Unreadable> {
    serde_json::from_str(text).map_err(|error| Unreadable::NotJson(error.to_string()))
}

/// Returns the status and the response of a reply's payload.
fn reply(payload: &Json) -> Option<(String, Json)> {
    #[derive(serde::Deserialize)]
    struct Reply<'a> {
        status: String,
        #[serde(borrow)]
        response: &'a RawValue,
    }
    let reply: Reply<'_> = serde_json::from_str(payload.text()).ok()?;
    Some((reply.status, Json::from(reply.response)))
}

#[cfg(test)]
mod tests;
