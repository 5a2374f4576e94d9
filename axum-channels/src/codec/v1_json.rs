//! The V1 JSON format: `{"topic", "event", "payload", "ref"}`, one object per message.
//!
//! Source: Phoenix's `Phoenix.Socket.V1.JSONSerializer`. As there, a `join_ref` is read if there is one and never written.

use super::Malformed;
use super::json::{
    is_beyond_parser, name, put_ref, put_reply, put_str, put_topic, reference, string,
};
use crate::message::{Message, Payload, Ref, ServerMessage};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Reads a message. `topic`, `event`, `payload` and `ref` are required; other keys are ignored.
pub(crate) fn decode(text: &str) -> Result<Message<'_>, Malformed> {
    if is_beyond_parser(text) {
        return Err(Malformed);
    }
    let Object(message) = serde_json::from_str(text).map_err(|_| Malformed)?;
    Ok(message)
}

/// Appends a message.
pub(crate) fn encode(message: &ServerMessage<'_>, out: &mut Vec<u8>) {
    match *message {
        ServerMessage::Reply {
            reference,
            topic,
            status,
            response,
            ..
        } => {
            put_head("phx_reply", out);
            put_reply(status, response, out);
            put_ref_and_key(reference, out);
            put_topic(topic, out);
        }
        ServerMessage::Push {
            reference,
            topic,
            event,
            payload,
            ..
        }
        | ServerMessage::Broadcast {
            reference,
            topic,
            event,
            payload,
        } => put_event(event, payload, reference, topic, out),
    }
    out.push(b'}');
}

fn put_event(
    event: &str,
    payload: &Payload,
    reference: Option<&Ref>,
    topic: &str,
    out: &mut Vec<u8>,
) {
    put_head(event, out);
    out.extend_from_slice(payload.as_json().as_bytes());
    put_ref_and_key(reference, out);
    put_str(topic, out);
}

/// Appends the ref, and the key of the topic.
fn put_ref_and_key(reference: Option<&Ref>, out: &mut Vec<u8>) {
    out.extend_from_slice(br#","ref":"#);
    put_ref(reference, out);
    out.extend_from_slice(br#","topic":"#);
}

fn put_head(event: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"event":"#);
    put_str(event, out);
    out.extend_from_slice(br#","payload":"#);
}

struct Object<'a>(Message<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Message<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"{"topic", "event", "payload", "ref"}"#)
            }

            // The last of two equal keys counts, as in maps of serde_json. Phoenix keeps the first.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut topic, mut event, mut json) = (None, None, None);
                let (mut given, mut join_ref) = (None, None);
                while let Some(key) = map.next_key::<&RawValue>()? {
                    let value: &RawValue = map.next_value()?;
                    match &*string(key)? {
                        "topic" => topic = Some(name(value)?),
                        "event" => event = Some(name(value)?),
                        "payload" => json = Some(value),
                        "ref" => given = Some(value),
                        "join_ref" => join_ref = Some(value),
                        _ => {}
                    }
                }
                let missing = A::Error::missing_field;
                let not_null = |json: &&RawValue| json.get() != "null";
                let given = given.ok_or_else(|| missing("ref"))?;
                Ok(Message {
                    join_ref: reference(join_ref.filter(not_null))?,
                    reference: reference(Some(given).filter(not_null))?,
                    topic: topic.ok_or_else(|| missing("topic"))?,
                    event: event.ok_or_else(|| missing("event"))?,
                    payload: Payload::from_valid_json(
                        json.ok_or_else(|| missing("payload"))?.get(),
                    ),
                })
            }
        }

        deserializer.deserialize_map(Entries).map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Body, Outgoing, Status, Topic};
    use serde_json::json;

    fn encoded(message: &Outgoing<'_>) -> String {
        let mut out = Vec::new();
        encode(&message.view(), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn a_push_is_read_whatever_the_order_of_its_keys() {
        let expected = Message {
            join_ref: None,
            reference: Ref::from_json("\"6\""),
            topic: "room:lobby".into(),
            event: "ping".into(),
            payload: Payload::from(json!({"n": 1})),
        };
        for text in [
            r#"{"topic":"room:lobby","event":"ping","payload":{"n":1},"ref":"6"}"#,
            r#"{ "x": [1], "ref":"6", "payload": {"n":1}, "join_ref":null, "event":"ping", "topic":"room:lobby"}"#,
        ] {
            assert_eq!(decode(text), Ok(expected.clone()), "{text}");
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        for text in [
            "",
            "{}",
            "[]",
            r#"["1","1","t","e",{}]"#,
            r#"{"topic":"t","event":"e","payload":{}}"#,
            r#"{"topic":"t","event":"e","ref":null}"#,
            r#"{"topic":"t","event":"e","payload":{},"ref":null"#,
        ] {
            assert_eq!(decode(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn a_reply_and_a_push_are_objects_without_a_join_ref() {
        let mut message = Outgoing {
            join_ref: Ref::from_json("1"),
            reference: Ref::from_json("\"2\""),
            topic: Topic::from("a\"b").into(),
            body: Body::Reply {
                status: Status::Ok,
                response: json!({"n": 1}).into(),
            },
        };
        assert_eq!(
            encoded(&message),
            r#"{"event":"phx_reply","payload":{"response":{"n":1},"status":"ok"},"ref":"2","topic":"a\"b"}"#
        );
        message.reference = None;
        message.body = Body::Event {
            event: "pushed",
            payload: Payload::empty(),
        };
        assert_eq!(
            encoded(&message),
            r#"{"event":"pushed","payload":{},"ref":null,"topic":"a\"b"}"#
        );
    }
}
