use super::*;
use crate::pubsub::cluster::{Body, NodeId};
use base64::prelude::*;
use serde_json::{Value, json};

/// A message that a Phoenix node has published, and what it means.
struct Recorded {
    message: Vec<u8>,
    meaning: Value,
}

/// Messages of Phoenix 1.8.12 on Erlang 25.
fn recorded() -> Vec<Recorded> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/recordings/pubsub-redis-3.jsonl"
    );
    let lines = std::fs::read_to_string(path).expect("they are in the repository");
    let lines = lines.lines().map(|line| {
        let meaning: Value = serde_json::from_str(line).expect("JSON");
        let message = BASE64_STANDARD.decode(meaning["base64"].as_str().expect("a text"));
        Recorded {
            message: message.expect("base64"),
            meaning,
        }
    });
    lines.collect()
}

pub(super) fn node(name: &str) -> Phoenix {
    Phoenix::new("MyApp.PubSub", name.to_owned())
}

pub(super) fn read(node: &Phoenix, message: &[u8]) -> Result<Option<Broadcast>, Malformed> {
    node.decode(message, |_| true)
}

/// The payload that a message's text in Elixir has, as JSON.
fn expected(message: &str) -> Option<Payload> {
    let inspected = message.strip_prefix("%Phoenix.Socket.Broadcast{")?;
    let (_, payload) = inspected.split_once("payload: ")?;
    let payload = payload.strip_suffix('}')?;
    if payload == "{:binary, <<0, 1, 254, 255>>}" {
        return Some(Payload::binary(vec![0, 1, 254, 255]));
    }
    let long = format!(r#"%{{"long" => "{}"}}"#, "x".repeat(300));
    let json = match payload {
        "%{}" => "{}",
        r#"%{"n" => 1}"# => r#"{"n":1}"#,
        r#"%{list: [1, 2.5, nil, true, "x"], n: 1, text: "é"}"# => {
            r#"{"list":[1,2.5,null,true,"x"],"n":1,"text":"é"}"#
        }
        r#"%{"big" => 123456789012345678901, "int" => 1000000, "neg" => -5, "small" => 255}"# => {
            r#"{"big":123456789012345678901,"int":1000000,"neg":-5,"small":255}"#
        }
        r#"%{"nested" => %{"a" => %{"b" => [%{}, []]}}}"# => r#"{"nested":{"a":{"b":[{},[]]}}}"#,
        "%{at: ~U[2026-11-28 00:00:00Z]}" => r#"{"at":"2026-11-28T00:00:00Z"}"#,
        r#"%{"chars" => ~c"abc"}"# => r#"{"chars":[97,98,99]}"#,
        "%{atom: :value, bool: false}" => r#"{"atom":"value","bool":false}"#,
        list if list.starts_with(r#"%{"list" => [1, 2, 3"#) => {
            r#"{"list":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]}"#
        }
        text if text == long => return Some(json!({"long": "x".repeat(300)}).into()),
        other => panic!("the test does not know {other}"),
    };
    codec::payload(json.as_bytes())
}

#[test]
fn recorded_messages_of_phoenix_are_read_as_it_means_them() {
    let recorded = recorded();
    let mut broadcasts = 0;
    for Recorded { message, meaning } in &recorded {
        let is_only = meaning["mode"] == "only";
        let receiver = node(if is_only { "node-2" } else { "rust@host" });
        let read = read(&receiver, message).expect("it is well-formed");
        let text = meaning["message"].as_str().expect("a text");
        let expected = expected(text).map(|payload| Broadcast {
            topic: meaning["topic"].as_str().expect("a text").to_owned(),
            event: match text.contains(r#"event: "disconnect""#) {
                true => "disconnect".to_owned(),
                false => "shout".to_owned(),
            },
            payload,
        });
        assert_eq!(read, expected, "{text}");
        broadcasts += usize::from(expected.is_some());
    }
    assert_eq!((recorded.len(), broadcasts), (40, 32));
}

#[test]
fn messages_for_other_nodes_and_topics_are_ignored() {
    for Recorded { message, meaning } in recorded() {
        let is_only = meaning["mode"] == "only";
        let other = node(if is_only { "rust@host" } else { "a@host" });
        assert_eq!(read(&other, &message), Ok(None));
        let receiver = node(if is_only { "node-2" } else { "rust@host" });
        assert_eq!(receiver.decode(&message, |_| false), Ok(None));
    }
}

/// A broadcast as this node sends it.
pub(super) fn sent(topic: &str, event: &str, payload: Payload) -> Bytes {
    let message = Message {
        node: NodeId::from_bytes([1; 16]),
        topic,
        body: Body::Broadcast {
            event,
            payload,
            from: None,
        },
        kept: None,
    };
    node("rust@host").encode(&message).expect("a broadcast")
}

#[test]
fn broadcasts_are_sent_as_phoenix_sends_them() {
    let like = |meaning: &Value| {
        meaning["message"]
            == r#"%Phoenix.Socket.Broadcast{topic: "room:lobby", event: "shout", payload: %{"n" => 1}}"#
            && meaning["mode"] == "except"
    };
    let phoenix = recorded()
        .into_iter()
        .find(|recorded| like(&recorded.meaning))
        .expect("it is recorded");
    let ours = sent("room:lobby", "shout", json!({"n": 1}).into());
    let theirs = Term::decode(&phoenix.message[1..]).expect("a term");
    let (Term::Tuple(mut theirs), Some(Term::Tuple(mut ours))) = (theirs, Term::decode(&ours[1..]))
    else {
        panic!("both are tuples")
    };
    assert_eq!(ours[2], Term::Binary(b"rust@host"));
    theirs.remove(2);
    ours.remove(2);
    assert_eq!(ours, theirs);
}

#[test]
fn what_is_sent_is_read_by_others_and_ignored_by_its_sender() {
    for payload in [
        json!({}).into(),
        json!({"é": [null, true, 1, -1, 2.5, "x", {"a": []}], "big": u64::MAX}).into(),
        Payload::binary(vec![0, 255]),
    ] {
        let message = sent("room:é", "shout", payload.clone());
        let broadcast = Broadcast {
            topic: "room:é".to_owned(),
            event: "shout".to_owned(),
            payload,
        };
        assert_eq!(read(&node("a@host"), &message), Ok(Some(broadcast)));
        assert_eq!(read(&node("rust@host"), &message), Ok(None));
    }
}

#[test]
fn other_bytes_are_malformed() {
    let good = sent("room:1", "shout", json!({}).into());
    for message in [
        &b""[..],
        b"hello",
        b"\x83",
        &good[..good.len() - 1],
        b"\x83h\x01a\x03",
        b"\x83P\xff\xff\xff\xff",
        b"\x83P\x00\x00\x00\x01nonsense",
    ] {
        assert!(read(&node("a@host"), message).is_err(), "{message:?}");
    }
    let mut newer = good.to_vec();
    newer[4] = 4;
    assert_eq!(read(&node("a@host"), &newer), Err(UNKNOWN));
}

#[test]
fn a_message_that_inflates_to_more_than_it_says_is_refused() {
    let zeros = miniz_oxide::deflate::compress_to_vec_zlib(&[0; 100_000], 9);
    for size in [1, 99_999_u32] {
        let message = [&[131, 80][..], &size.to_be_bytes(), &zeros].concat();
        let refused = Err(Malformed("it cannot be inflated"));
        assert_eq!(read(&node("a@host"), &message), refused);
    }
    let large = [&[131, 80][..], &u32::MAX.to_be_bytes(), &zeros].concat();
    assert_eq!(
        read(&node("a@host"), &large),
        Err(Malformed("it is larger than 16 MiB"))
    );
}

#[test]
fn payloads_that_json_cannot_express_are_malformed() {
    let mut message = sent("room:1", "shout", json!({"a": "bc"}).into()).to_vec();
    let at = message
        .windows(2)
        .position(|it| it == b"bc")
        .expect("it is there");
    message[at] = 0xff;
    assert_eq!(read(&node("a@host"), &message), Err(INEXPRESSIBLE));
}

#[test]
fn an_integer_beyond_a_parser_is_no_payload() {
    let number = |bytes| {
        let value = Term::Big {
            is_negative: false,
            bytes,
        };
        payload(&Term::Map(vec![(Term::Binary(b"n"), value)]))
    };
    assert!(number(&[255; 100]).is_ok());
    assert_eq!(number(&[255; 200]), Err(INEXPRESSIBLE));
}
