//! The V2 binary format: a byte for the kind, the lengths of the names in a byte each, the names, the payload.
//!
//! Source: Phoenix's `Phoenix.Socket.V2.JSONSerializer`. Clients send only pushes. An absent ref is written as an empty one;
//! an empty one that is read stays the empty string.

use super::Malformed;
use crate::message::{Message, Payload, Ref, ServerMessage};
use std::borrow::Cow;

const PUSH: u8 = 0;
const REPLY: u8 = 1;
const BROADCAST: u8 = 2;

/// Maximum length of a name, which has to fit a byte.
const MAX_NAME: usize = 255;

/// Reads a push.
pub(crate) fn decode(bytes: &[u8]) -> Result<Message<'_>, Malformed> {
    let [PUSH, join_ref, reference, topic, event, rest @ ..] = bytes else {
        return Err(Malformed);
    };
    let (join_ref, rest) = name(*join_ref, rest)?;
    let (reference, rest) = name(*reference, rest)?;
    let (topic, rest) = name(*topic, rest)?;
    let (event, payload) = rest.split_at_checked((*event).into()).ok_or(Malformed)?;
    Ok(Message {
        join_ref: Some(Ref::from_text(join_ref)),
        reference: Some(Ref::from_text(reference)),
        topic: topic.into(),
        // No channel has one that is not UTF-8, and it is not sent back.
        event: String::from_utf8_lossy(event).into(),
        payload: Payload::binary(payload.to_vec()),
    })
}

/// Returns whether all names are short enough.
pub(crate) fn fits(message: &ServerMessage<'_>) -> bool {
    let (names, refs) = match *message {
        ServerMessage::Reply {
            join_ref,
            reference,
            topic,
            status,
            ..
        } => ([topic.as_str(), status], [join_ref, reference]),
        ServerMessage::Push {
            join_ref,
            topic,
            event,
            ..
        } => ([topic, event], [join_ref, None]),
        ServerMessage::Broadcast { topic, event, .. } => ([topic, event], [None, None]),
    };
    let mut refs = refs.into_iter().map(text);
    names.iter().all(|name| name.len() <= MAX_NAME)
        && refs.all(|reference| reference.len() <= MAX_NAME)
}

/// Appends a binary message, whose names fit.
pub(crate) fn encode(message: &ServerMessage<'_>, out: &mut Vec<u8>) {
    match *message {
        ServerMessage::Reply {
            join_ref,
            reference,
            topic,
            status,
            response,
        } => {
            let names = [&*text(join_ref), &*text(reference), topic.as_str(), status];
            put(REPLY, names, response, out);
        }
        // Pushes and broadcasts have no ref.
        ServerMessage::Push {
            join_ref,
            topic,
            event,
            payload,
            ..
        } => put(PUSH, [&*text(join_ref), topic, event], payload, out),
        ServerMessage::Broadcast {
            topic,
            event,
            payload,
            ..
        } => put(BROADCAST, [topic, event], payload, out),
    }
}

fn put<const N: usize>(kind: u8, names: [&str; N], payload: &Payload, out: &mut Vec<u8>) {
    out.push(kind);
    out.extend(names.map(|name| name.len() as u8));
    for name in names {
        out.extend_from_slice(name.as_bytes());
    }
    out.extend_from_slice(payload.bytes());
}

fn name(len: u8, bytes: &[u8]) -> Result<(&str, &[u8]), Malformed> {
    let (name, rest) = bytes.split_at_checked(len.into()).ok_or(Malformed)?;
    let name = std::str::from_utf8(name).map_err(|_| Malformed)?;
    Ok((name, rest))
}

fn text(reference: Option<&Ref>) -> Cow<'_, str> {
    reference.map_or(Cow::Borrowed(""), Ref::as_text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Body, Broadcast, Encodings, Outgoing, Status, Topic};

    fn encoded(join_ref: Option<&str>, reference: Option<&str>, body: Body<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        let message = Outgoing {
            join_ref: join_ref.and_then(Ref::from_json),
            reference: reference.and_then(Ref::from_json),
            topic: Topic::from("top").into(),
            body,
        };
        encode(&message.view(), &mut out);
        out
    }

    #[test]
    fn a_push_is_read_whole() {
        assert_eq!(
            decode(b"\x00\x02\x01\x03\x04127topping\xff\x00"),
            Ok(Message {
                join_ref: Ref::from_json("\"12\""),
                reference: Ref::from_json("\"7\""),
                topic: "top".into(),
                event: "ping".into(),
                payload: Payload::binary(vec![0xff, 0]),
            })
        );
        let empty = decode(b"\x00\x00\x00\x01\x01te").map(|push| (push.join_ref, push.payload));
        assert_eq!(empty, Ok((Ref::from_json("\"\""), Payload::binary(vec![]))));
    }

    #[test]
    fn anything_else_is_malformed() {
        for bytes in [
            &b""[..],
            b"\x00",
            b"\x00\x01\x01\x01",
            b"\x00\x01\x01\x01\x01abc",
            b"\x00\xff\xff\xff\xffabc",
            b"\x00\x00\x00\x01\x00\xff",
            b"\x00\x00\x00\x01\x02te",
            b"\x01\x00\x00\x00\x00",
            b"\x02\x01\x01te",
            b"\x7f\x00\x00\x00\x00",
        ] {
            assert_eq!(decode(bytes), Err(Malformed), "{bytes:?}");
        }
    }

    #[test]
    fn pushes_replies_and_broadcasts_are_written_as_phoenix_writes_them() {
        let payload = Payload::binary(vec![1, 2]);
        let push = Body::Event {
            event: "ev",
            payload: payload.clone(),
        };
        assert_eq!(
            encoded(Some("\"12\""), None, push),
            b"\x00\x02\x03\x0212topev\x01\x02"
        );
        let reply = Body::Reply {
            status: Status::Ok,
            response: payload.clone(),
        };
        assert_eq!(
            encoded(None, Some("7"), reply),
            b"\x01\x00\x01\x03\x027topok\x01\x02"
        );
        let mut out = Vec::new();
        let encodings = Encodings::default();
        let broadcast = Broadcast::new("top", "ev", &payload, &encodings);
        encode(&broadcast.view(), &mut out);
        assert_eq!(out, b"\x02\x03\x02topev\x01\x02");
    }

    #[test]
    fn names_of_255_bytes_fit_and_longer_ones_do_not() {
        let push = |join_ref: &str, topic: &str, event: &str| {
            fits(&ServerMessage::Push {
                join_ref: Some(&Ref::from(join_ref)),
                reference: None,
                topic,
                event,
                payload: &Payload::empty(),
            })
        };
        let (longest, longer) = ("x".repeat(255), "x".repeat(256));
        assert!(push(&longest, &longest, &longest));
        assert!(!push(&longer, "t", "e"));
        assert!(!push("1", &longer, "e"));
        assert!(!push("1", "t", &longer));
    }
}
