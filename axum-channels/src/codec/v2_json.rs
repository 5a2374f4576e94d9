//! The V2 JSON format: `[join_ref, ref, topic, event, payload]`, one array a message.
//!
//! Source: Phoenix's `Phoenix.Socket.V2.JSONSerializer`. As there, what follows the fifth element is ignored.

use super::Malformed;
use crate::message::{Body, Broadcast, Message, Outgoing, Payload, Ref};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Deeper JSON than this is refused: serde_json would not parse it either, once someone asks for the payload.
const MAX_DEPTH: usize = 127;

/// Reads a message. Refs and the payload are kept as the text they came in.
pub(crate) fn decode(text: &str) -> Result<Message<'_>, Malformed> {
    let Frame(message) = serde_json::from_str(text).map_err(|_| Malformed)?;
    if is_too_deep(text) {
        Err(Malformed)
    } else {
        Ok(message)
    }
}

/// Appends a message to one client.
pub(crate) fn encode(message: &Outgoing<'_>, out: &mut Vec<u8>) {
    out.push(b'[');
    put_ref(message.join_ref.as_ref(), out);
    out.push(b',');
    put_ref(message.reference.as_ref(), out);
    out.push(b',');
    put_str(&message.topic, out);
    match &message.body {
        Body::Reply { status, response } => {
            out.extend_from_slice(br#","phx_reply",{"response":"#);
            out.extend_from_slice(response.as_json().as_bytes());
            out.extend_from_slice(br#","status":""#);
            out.extend_from_slice(status.as_str().as_bytes());
            out.extend_from_slice(b"\"}]");
        }
        Body::Event { event, payload } => put_event(event, payload, out),
    }
}

/// Appends a message to everyone on a topic.
pub(crate) fn encode_broadcast(broadcast: &Broadcast<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"[null,null,");
    put_str(broadcast.topic, out);
    put_event(broadcast.event, broadcast.payload, out);
}

fn put_event(event: &str, payload: &Payload, out: &mut Vec<u8>) {
    out.push(b',');
    put_str(event, out);
    out.push(b',');
    out.extend_from_slice(payload.as_json().as_bytes());
    out.push(b']');
}

fn put_ref(reference: Option<&Ref>, out: &mut Vec<u8>) {
    out.extend_from_slice(reference.map_or(b"null", Ref::as_json));
}

/// Appends a JSON string.
fn put_str(text: &str, out: &mut Vec<u8>) {
    if text
        .bytes()
        .any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        // Writing a string into memory cannot fail.
        let _ = serde_json::to_writer(out, text);
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

/// Whether valid JSON nests deeper than [`MAX_DEPTH`].
fn is_too_deep(json: &str) -> bool {
    if json.len() < 2 * MAX_DEPTH {
        return false; // what was opened has to be closed
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    json.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth -= 1,
            _ => {}
        }
        depth > MAX_DEPTH + 1 // the message's own array does not count
    })
}

struct Frame<'a>(Message<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for Frame<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;

        impl<'de> Visitor<'de> for Elements {
            type Value = Message<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[join_ref, ref, topic, event, payload]")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut elements: A,
            ) -> Result<Self::Value, A::Error> {
                let join_ref = reference(element(&mut elements)?)?;
                let reference = reference(element(&mut elements)?)?;
                let Str(topic) = element(&mut elements)?;
                let Str(event) = element(&mut elements)?;
                let payload: &RawValue = element(&mut elements)?;
                while elements.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Message {
                    join_ref,
                    reference,
                    topic,
                    event,
                    payload: Payload::from_valid_json(payload.get()),
                })
            }
        }

        deserializer.deserialize_seq(Elements).map(Frame)
    }
}

fn element<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(elements: &mut A) -> Result<T, A::Error> {
    elements
        .next_element()?
        .ok_or_else(|| A::Error::custom("fewer than five elements"))
}

fn reference<E: Error>(json: Option<&RawValue>) -> Result<Option<Ref>, E> {
    json.map(|json| {
        Ref::from_json(json.get()).ok_or_else(|| E::custom("a ref is a string, a number or null"))
    })
    .transpose()
}

/// A string that borrows from the message unless it has escapes.
struct Str<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;

        impl<'de> Visitor<'de> for Borrow {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }

        deserializer.deserialize_str(Borrow).map(Str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Status, Topic};
    use serde_json::json;

    fn json_ref(json: &str) -> Option<Ref> {
        Ref::from_json(json)
    }

    fn encoded(message: &Outgoing<'_>) -> String {
        let mut out = Vec::new();
        encode(message, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn a_push_is_read_whole() {
        assert_eq!(
            decode(r#"["5", "6","room:lobby","ping", {"n": 1} ]"#),
            Ok(Message {
                join_ref: json_ref("\"5\""),
                reference: json_ref("\"6\""),
                topic: "room:lobby".into(),
                event: "ping".into(),
                payload: Payload::from(json!({"n": 1})),
            })
        );
    }

    #[test]
    fn a_payload_keeps_its_text() {
        let payload =
            decode(r#"[null,null,"t","e",{"z" :1.0,"a":"\u00e9"}]"#).map(|message| message.payload);
        assert_eq!(
            payload.as_ref().map(Payload::as_json),
            Ok(r#"{"z" :1.0,"a":"\u00e9"}"#)
        );
    }

    #[test]
    fn escapes_in_topic_and_event_are_read_and_written() {
        let Ok(message) = decode(r#"[null,7,"a\"b\n","\u0065",[]]"#) else {
            panic!("valid")
        };
        assert_eq!((&*message.topic, &*message.event), ("a\"b\n", "e"));
        let reply = Outgoing {
            join_ref: None,
            reference: message.reference,
            topic: Topic::from(&*message.topic),
            body: Body::Reply {
                status: Status::Error,
                response: message.payload,
            },
        };
        assert_eq!(
            encoded(&reply),
            r#"[null,7,"a\"b\n","phx_reply",{"response":[],"status":"error"}]"#
        );
    }

    #[test]
    fn elements_after_the_fifth_are_ignored_as_in_phoenix() {
        assert!(decode(r#"[null,null,"t","e",{},6,[7]]"#).is_ok());
    }

    #[test]
    fn anything_else_is_malformed() {
        let too_deep = format!(
            "[null,null,\"t\",\"e\",{}{}]",
            "[".repeat(128),
            "]".repeat(128)
        );
        for text in [
            "",
            "{}",
            "[]",
            "null",
            "[null,null,\"t\",\"e\"]",
            "[null,null,\"t\",\"e\",{}",
            "[null,null,\"t\",\"e\",{}]]",
            "[null,null,1,\"e\",{}]",
            "[null,null,\"t\",null,{}]",
            "[{},null,\"t\",\"e\",{}]",
            "[null,[],\"t\",\"e\",{}]",
            "[null,null,\"t\",\"e\",{\"a\"}]",
            "[null,null,\"t\",\"e\",nul]",
            "not json",
            &too_deep,
        ] {
            assert_eq!(decode(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn brackets_in_strings_do_not_nest_and_what_is_let_in_can_be_parsed() {
        let brackets = format!("[null,null,\"t\",\"e\",\"{}\\\"\"]", "[".repeat(500));
        assert!(decode(&brackets).is_ok());
        let deepest = format!(
            "[null,null,\"t\",\"e\",{}{}]",
            "[".repeat(127),
            "]".repeat(127)
        );
        let Ok(message) = decode(&deepest) else {
            panic!("127 is not too deep")
        };
        assert!(message.payload.parse::<serde_json::Value>().is_ok());
    }

    #[test]
    fn a_broadcast_has_no_refs() {
        let payload = Payload::from(json!({"hello": "all"}));
        let mut out = Vec::new();
        encode_broadcast(&Broadcast::new("room:lobby", "shout", &payload), &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"[null,null,"room:lobby","shout",{"hello":"all"}]"#
        );
    }
}
