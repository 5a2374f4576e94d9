//! The V2 JSON format: `[join_ref, ref, topic, event, payload]`, one array per message.
//!
//! Source: Phoenix's `Phoenix.Socket.V2.JSONSerializer`. As there, elements after the fifth are ignored.

use super::Malformed;
use super::json::{is_beyond_parser, name, put_ref, put_reply, put_str, put_topic, reference};
use crate::message::{Message, Payload, Ref, ServerMessage};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Reads a message. Refs and the payload are kept as the received text.
pub(crate) fn decode(text: &str) -> Result<Message<'_>, Malformed> {
    if is_beyond_parser(text) {
        return Err(Malformed);
    }
    let Frame(message) = serde_json::from_str(text).map_err(|_| Malformed)?;
    Ok(message)
}

/// Appends a message.
pub(crate) fn encode(message: &ServerMessage<'_>, out: &mut Vec<u8>) {
    match *message {
        ServerMessage::Reply {
            join_ref,
            reference,
            topic,
            status,
            response,
        } => {
            put_refs(join_ref, reference, out);
            put_topic(topic, out);
            out.extend_from_slice(br#","phx_reply","#);
            put_reply(status, response, out);
            out.push(b']');
        }
        ServerMessage::Push {
            join_ref,
            reference,
            topic,
            event,
            payload,
        } => {
            put_refs(join_ref, reference, out);
            put_event(topic, event, payload, out);
        }
        ServerMessage::Broadcast {
            reference,
            topic,
            event,
            payload,
        } => {
            put_refs(None, reference, out);
            put_event(topic, event, payload, out);
        }
    }
}

fn put_refs(join_ref: Option<&Ref>, reference: Option<&Ref>, out: &mut Vec<u8>) {
    out.push(b'[');
    put_ref(join_ref, out);
    out.push(b',');
    put_ref(reference, out);
    out.push(b',');
}

fn put_event(topic: &str, event: &str, payload: &Payload, out: &mut Vec<u8>) {
    put_str(topic, out);
    out.push(b',');
    put_str(event, out);
    out.push(b',');
    out.extend_from_slice(payload.as_json().as_bytes());
    out.push(b']');
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
                let topic = name(element(&mut elements)?)?;
                let event = name(element(&mut elements)?)?;
                let json: &RawValue = element(&mut elements)?;
                while elements.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Message {
                    join_ref,
                    reference,
                    topic,
                    event,
                    payload: Payload::from_valid_json(json.get()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Body, Broadcast, Encodings, Name, Outgoing, Status};
    use serde_json::json;

    fn json_ref(json: &str) -> Option<Ref> {
        Ref::from_json(json)
    }

    fn encoded(message: &Outgoing<'_>) -> String {
        let mut out = Vec::new();
        encode(&message.view(), &mut out);
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
    fn topics_events_and_refs_may_be_any_json() {
        let Ok(message) = decode(r#"[{"a": 1},[2],123,null,{}]"#) else {
            panic!("valid")
        };
        assert_eq!(message.topic, Name::Other("123".into()));
        assert_eq!(message.event, Name::Other("null".into()));
        let reply = Outgoing {
            join_ref: message.join_ref,
            reference: message.reference,
            topic: message.topic.into(),
            body: Body::Reply {
                status: Status::Ok,
                response: message.payload,
            },
        };
        assert_eq!(
            encoded(&reply),
            r#"[{"a": 1},[2],123,"phx_reply",{"response":{},"status":"ok"}]"#
        );
    }

    #[test]
    fn escapes_in_topic_and_event_are_read_and_written() {
        let Ok(message) = decode(r#"[null,7,"a\"b\n","\u0065",[]]"#) else {
            panic!("valid")
        };
        assert_eq!(
            (message.topic.as_str(), message.event.as_str()),
            ("a\"b\n", "e")
        );
        let reply = Outgoing {
            join_ref: None,
            reference: message.reference,
            topic: message.topic.into(),
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
    fn what_looks_like_more_than_can_be_parsed_is_let_in_if_it_is_not() {
        for payload in [
            r#""\ud83d\ude00""#,
            "1e300",
            r#""1e999""#,
            &format!("\"{}\"", "9".repeat(400)),
        ] {
            assert!(
                decode(&format!("[null,null,\"t\",\"e\",{payload}]")).is_ok(),
                "{payload}"
            );
        }
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
            "[null,null,\"t\",\"e\",{\"a\"}]",
            "[null,null,\"t\",\"e\",nul]",
            "not json",
            r#"[null,null,"t","e","\ude00"]"#,
            r#"[null,null,"t","e",1e999]"#,
            r#"[null,"\ud83d","t","e",{}]"#,
            r#"[null,null,"t","e",{},"\ud83d"]"#,
            r#"[1e999,null,"t","e",{}]"#,
            &format!("[null,null,\"t\",\"e\",{}]", "9".repeat(400)),
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
        let encodings = Encodings::default();
        let broadcast = Broadcast::new("room:lobby", "shout", &payload, &encodings);
        encode(&broadcast.view(), &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"[null,null,"room:lobby","shout",{"hello":"all"}]"#
        );
    }
}
