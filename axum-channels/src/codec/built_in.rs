use super::{Encoded, Frame, Serializer, v1_json, v2_binary, v2_json};
use crate::error::Result;
use crate::message::{EncodeError, Message, ServerMessage};
use std::fmt;

/// Serializers of Phoenix's protocol, V1 and V2. Every socket has both.
///
/// A [`Serializer`] of the app calls them for all messages that it does not encode itself.
///
/// ```
/// use axum_channels::Payload;
/// use axum_channels::serializer::{BuiltIn, Encoded, Serializer, ServerMessage};
///
/// let broadcast = ServerMessage::Broadcast {
///     reference: None,
///     topic: "room:lobby",
///     event: "shout",
///     payload: &Payload::empty(),
/// };
/// assert_eq!(
///     BuiltIn::V2.encode(&broadcast).ok(),
///     Some(Encoded::Text(r#"[null,null,"room:lobby","shout",{}]"#.into()))
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// Version 1.0: JSON objects.
    V1,
    /// Version 2.0: JSON arrays, and binary frames for binary payloads.
    V2,
}

/// Kind of an encoded message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Binary,
}

/// Error of a message that is malformed in its format.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl BuiltIn {
    /// Reads a message.
    pub(crate) fn read(self, frame: Frame<'_>) -> Result<Message<'_>, Malformed> {
        match (self, frame) {
            (BuiltIn::V1, Frame::Text(text)) => v1_json::decode(text),
            // Phoenix's V1 ignores the kind of frame that carries its JSON.
            (BuiltIn::V1, Frame::Binary(bytes)) => {
                v1_json::decode(std::str::from_utf8(bytes).map_err(|_| Malformed)?)
            }
            (BuiltIn::V2, Frame::Text(text)) => v2_json::decode(text),
            (BuiltIn::V2, Frame::Binary(bytes)) => v2_binary::decode(bytes),
        }
    }

    /// Returns the kind of a message, if it can be encoded.
    pub(crate) fn kind(self, message: &ServerMessage<'_>) -> Result<Kind, EncodeError> {
        let payload = message.payload();
        let is_reply = matches!(message, ServerMessage::Reply { .. });
        if self == BuiltIn::V2 && !is_reply {
            payload.check_event()?;
        }
        match self {
            _ if !payload.is_binary() => Ok(Kind::Text),
            BuiltIn::V1 => Err(EncodeError::Binary),
            BuiltIn::V2 if v2_binary::fits(message) => Ok(Kind::Binary),
            BuiltIn::V2 => Err(EncodeError::TooLong),
        }
    }

    /// Appends a message of the kind that [`kind`](Self::kind) returns.
    pub(crate) fn put(self, message: &ServerMessage<'_>, kind: Kind, out: &mut Vec<u8>) {
        match (self, kind) {
            (BuiltIn::V1, _) => v1_json::encode(message, out),
            (BuiltIn::V2, Kind::Text) => v2_json::encode(message, out),
            (BuiltIn::V2, Kind::Binary) => v2_binary::encode(message, out),
        }
    }
}

impl Serializer for BuiltIn {
    fn decode<'a>(&self, frame: Frame<'a>) -> Result<Message<'a>> {
        Ok(self.read(frame)?)
    }

    fn encode(&self, message: &ServerMessage<'_>) -> Result<Encoded> {
        let kind = self.kind(message)?;
        let mut out = Vec::with_capacity(message.len_hint());
        self.put(message, kind, &mut out);
        Ok(match kind {
            Kind::Text => Encoded::Text(String::from_utf8(out)?),
            Kind::Binary => Encoded::Binary(out),
        })
    }

    fn name(&self) -> &str {
        match self {
            BuiltIn::V1 => "V1 JSON",
            BuiltIn::V2 => "V2 JSON",
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed message")
    }
}

impl std::error::Error for Malformed {}
