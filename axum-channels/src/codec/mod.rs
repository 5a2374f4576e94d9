//! Encoding and decoding of messages: pure, one module per format.

mod json;
mod v1_json;
mod v2_binary;
pub(crate) mod v2_json;

use crate::message::{Body, Broadcast, EncodeError, Message, Outgoing, Payload, Ref};
use std::fmt;

/// The format that client and server agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serializer {
    V1,
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

impl Serializer {
    /// Returns the format of a `vsn`: 1.0.x or 2.0.x.
    pub(crate) fn negotiate(vsn: &str) -> Option<Serializer> {
        let (serializer, patch) = match (vsn.strip_prefix("1.0."), vsn.strip_prefix("2.0.")) {
            (Some(patch), _) => (Serializer::V1, patch),
            (_, Some(patch)) => (Serializer::V2, patch),
            _ => return None,
        };
        let is_number = patch == "0"
            || !patch.starts_with('0')
                && patch.parse::<u32>().is_ok_and(|_| !patch.starts_with('+'));
        is_number.then_some(serializer)
    }

    /// Returns 0 or 1.
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Reads a text message.
    pub(crate) fn decode_text(self, text: &str) -> Result<Message<'_>, Malformed> {
        match self {
            Serializer::V1 => v1_json::decode(text),
            Serializer::V2 => v2_json::decode(text),
        }
    }

    /// Reads a binary message.
    pub(crate) fn decode_binary(self, bytes: &[u8]) -> Result<Message<'_>, Malformed> {
        match self {
            // Phoenix's V1 ignores the kind of frame that carries its JSON.
            Serializer::V1 => v1_json::decode(std::str::from_utf8(bytes).map_err(|_| Malformed)?),
            Serializer::V2 => v2_binary::decode(bytes),
        }
    }

    /// Returns the kind of a message to one client, if it can be encoded.
    pub(crate) fn kind(self, message: &Outgoing<'_>) -> Result<Kind, EncodeError> {
        let (topic, join_ref) = (message.topic.as_str(), message.join_ref.as_ref());
        match &message.body {
            Body::Reply { status, response } => {
                let refs = [join_ref, message.reference.as_ref()];
                self.kind_of(response, topic, status.as_str(), refs)
            }
            Body::Event { event, payload } => {
                self.kind_of_event(payload, topic, event, [join_ref, None])
            }
        }
    }

    /// Returns the kind of a broadcast, if it can be encoded.
    pub(crate) fn kind_of_broadcast(self, broadcast: &Broadcast<'_>) -> Result<Kind, EncodeError> {
        let Broadcast {
            topic,
            event,
            payload,
            ..
        } = broadcast;
        self.kind_of_event(payload, topic, event, [None, None])
    }

    /// V2 has objects and bytes as payloads of pushes and broadcasts, as in Phoenix: its clients die of `null`.
    fn kind_of_event(
        self,
        payload: &Payload,
        topic: &str,
        event: &str,
        refs: [Option<&Ref>; 2],
    ) -> Result<Kind, EncodeError> {
        match self {
            Serializer::V2 if !(payload.is_object() || payload.is_binary()) => {
                Err(EncodeError::NoObject)
            }
            _ => self.kind_of(payload, topic, event, refs),
        }
    }

    fn kind_of(
        self,
        payload: &Payload,
        topic: &str,
        event: &str,
        refs: [Option<&Ref>; 2],
    ) -> Result<Kind, EncodeError> {
        match self {
            _ if !payload.is_binary() => Ok(Kind::Text),
            Serializer::V1 => Err(EncodeError::Binary),
            Serializer::V2 if v2_binary::fits(topic, event, refs) => Ok(Kind::Binary),
            Serializer::V2 => Err(EncodeError::TooLong),
        }
    }

    /// Appends a message to one client, of the kind that [`kind`](Self::kind) returns.
    pub(crate) fn encode(self, message: &Outgoing<'_>, kind: Kind, out: &mut Vec<u8>) {
        match (self, kind) {
            (Serializer::V1, _) => v1_json::encode(message, out),
            (Serializer::V2, Kind::Text) => v2_json::encode(message, out),
            (Serializer::V2, Kind::Binary) => v2_binary::encode(message, out),
        }
    }

    /// Appends a broadcast.
    pub(crate) fn encode_broadcast(self, broadcast: &Broadcast<'_>, kind: Kind, out: &mut Vec<u8>) {
        match (self, kind) {
            (Serializer::V1, _) => v1_json::encode_broadcast(broadcast, out),
            (Serializer::V2, Kind::Text) => v2_json::encode_broadcast(broadcast, out),
            (Serializer::V2, Kind::Binary) => v2_binary::encode_broadcast(broadcast, out),
        }
    }
}

impl fmt::Display for Serializer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Serializer::V1 => "V1 JSON",
            Serializer::V2 => "V2 JSON",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patch_releases_of_1_0_and_2_0_are_spoken_and_nothing_else() {
        for (vsn, serializer) in [
            ("1.0.0", Serializer::V1),
            ("1.0.7", Serializer::V1),
            ("2.0.0", Serializer::V2),
            ("2.0.12", Serializer::V2),
        ] {
            assert_eq!(Serializer::negotiate(vsn), Some(serializer), "{vsn}");
        }
        for vsn in [
            "1.1.0", "2.1.0", "3.0.0", "1", "2", "2.0", "2.0.", "2.0.x", "2.0.+1", "2.0.01", "",
        ] {
            assert_eq!(Serializer::negotiate(vsn), None, "{vsn}");
        }
    }
}
