use super::*;
use serde_json::json;

const NODE: [u8; 16] = [7; 16];

fn broadcast(payload: impl Into<Payload>, from: Option<Origin>) -> Message<'static> {
    Message {
        node: NodeId::from_bytes(NODE),
        topic: "room:é",
        body: Body::Broadcast {
            event: "shout",
            payload: payload.into(),
            from,
        },
        kept: None,
    }
}

fn kept<'a>(from: &'a str, message: Message<'a>) -> Message<'a> {
    Message {
        kept: Some(Kept {
            limits: None,
            from,
            place: None,
        }),
        ..message
    }
}

fn origin_of(channel: Option<u32>) -> Option<Origin> {
    Some(Origin {
        node: Some(NodeId::from_bytes([8; 16])),
        subscriber: SubscriberId {
            client: ClientId::of(u64::MAX - 1),
            channel: channel.map(Key),
        },
    })
}

fn messages() -> Vec<Message<'static>> {
    let object = json!({"text": "é\u{1f600}", "n": [1, 2.5, null]});
    vec![
        broadcast(object, None),
        broadcast(json!(null), origin_of(None)),
        broadcast(Payload::binary(vec![0, 255]), origin_of(Some(9))),
        Message {
            body: Body::Presences(&[1, 2, 3]),
            ..broadcast(json!({}), None)
        },
    ]
}

#[test]
fn every_message_is_read_as_it_was_sent() {
    let kept = ["", "user:é"].map(|from| kept(from, broadcast(json!({}), origin_of(None))));
    for message in messages().into_iter().chain(kept) {
        assert_eq!(Message::decode(&message.encode()), Ok(message));
    }
}

#[test]
fn the_encoding_of_version_1_does_not_change() {
    let origin = Origin {
        node: Some(NodeId::from_bytes([8; 16])),
        subscriber: SubscriberId {
            client: ClientId::of(3),
            channel: Some(Key(4)),
        },
    };
    let expected = [
        &[1, 0][..],
        &NODE,
        &[2],
        &[8; 16],
        &[0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4],
        b"\0\0\0\x07room:\xc3\xa9\0\0\0\x05shout\0\0\0\x07{\"a\":1}",
    ];
    let message = broadcast(json!({"a": 1}), Some(origin));
    assert_eq!(message.encode(), expected.concat());
}

#[test]
fn an_origin_of_an_endpoint_without_an_adapter_does_not_cross() {
    let from = origin_of(None).map(|origin| Origin {
        node: None,
        ..origin
    });
    let encoded = broadcast(json!({}), from).encode();
    assert_eq!(Message::decode(&encoded), Ok(broadcast(json!({}), None)));
}

/// A message with its place, as an engine adds it.
fn placed(message: &Message<'_>, place: &str) -> Vec<u8> {
    let mut placed = message.encode().to_vec();
    put(place.as_bytes(), &mut placed);
    placed
}

#[test]
fn fields_of_later_releases_are_ignored() {
    for message in [
        kept("", broadcast(json!({}), None)),
        kept("user:é", broadcast(json!({}), origin_of(None))),
    ] {
        let known = placed(&message, "a.1");
        let later = [&known[..], b"more"].concat();
        assert_eq!(Message::decode(&later), Message::decode(&known));
    }
    let presences = Message {
        body: Body::Presences(&[1, 2, 3]),
        ..broadcast(json!({}), None)
    };
    let later = [&presences.encode()[..], b"more"].concat();
    assert_eq!(Message::decode(&later), Ok(presences));
}

#[test]
fn the_place_that_an_engine_has_added_is_read_and_another_text_is_refused() {
    let message = kept("user:é", broadcast(json!({"a": 1}), origin_of(Some(4))));
    let encoded = placed(&message, "00ff00ff00ff.18");
    let place = Place {
        epoch: 0xff_00ff_00ff,
        number: 18,
        previous: 17,
    };
    assert_eq!(Message::place_of(&encoded), Some(place));
    let read = Message::decode(&encoded).expect("it is well-formed");
    assert_eq!(read.kept.and_then(|kept| kept.place), Some(place));
    for other in ["", "1", "a.", ".1", "a.0", "a.-1", "x.1", "a.1.2"] {
        let encoded = placed(&message, other);
        assert_eq!(Message::place_of(&encoded), None, "{other}");
        assert!(Message::decode(&encoded).is_err(), "{other}");
    }
    let plain = broadcast(json!({}), None).encode();
    for other in [&plain[..], &message.encode(), b"", b"\x01"] {
        assert_eq!(Message::place_of(other), None);
    }
}

#[test]
fn a_message_that_is_cut_anywhere_is_refused() {
    for message in messages() {
        let encoded = message.encode();
        for end in 0..encoded.len() {
            let cut = Message::decode(&encoded[..end]);
            assert_eq!(cut, Err(Malformed("it ends too early")), "{end}");
        }
    }
}

#[test]
fn a_message_with_a_changed_byte_is_read_as_that_or_refused() {
    let encoded = messages().swap_remove(1).encode();
    for at in 0..encoded.len() {
        for byte in [0, 1, 3, 127, 255] {
            let mut changed = encoded.to_vec();
            changed[at] = byte;
            let _ = Message::place_of(&changed);
            if let Ok(message) = Message::decode(&changed) {
                assert_eq!(message.encode(), changed);
            }
        }
    }
}

#[test]
fn what_is_wrong_with_a_message_is_named() {
    let encoded = broadcast(json!({}), origin_of(None)).encode();
    let with = |at: usize, byte: u8| {
        let mut changed = encoded.to_vec();
        changed[at] = byte;
        Message::decode(&changed).expect_err("it is malformed").0
    };
    let last = encoded.len() - 1;
    assert_eq!(with(0, 2), "this release does not know its version");
    assert_eq!(with(1, 9), "this release does not know its kind");
    assert_eq!(with(18, 3), "this release does not know its origin");
    assert_eq!(with(last, b'x'), "its payload is not JSON");
    let topic = encoded.iter().position(|byte| *byte == 0xc3);
    assert_eq!(with(topic.expect("an é"), 0xff), "a text is not UTF-8");
    let large = vec![VERSION; MAX_BYTES + 1];
    let refused = Message::decode(&large).expect_err("it is too large");
    assert_eq!(refused.0, "it is larger than 16 MiB");
}

#[test]
fn json_that_a_handler_could_not_parse_is_refused() {
    let decode = |json: &str| {
        let payload = Payload::from_valid_json(json);
        Message::decode(&broadcast(payload, None).encode()).is_ok()
    };
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let texts = ["", "{", "{}x", "1e999", r#""\ud800""#, "nul"];
    assert_eq!(texts.map(decode), [false; 6]);
    assert_eq!(
        [127, 128, 100_000].map(|depth| decode(&nested(depth))),
        [true, false, false]
    );
    assert!(decode(" {\"a\": 1} "), "spaces are allowed");
}

#[test]
fn the_largest_message_that_is_sent_is_read() {
    let texts = "room:é".len() + "shout".len();
    let sized = |bytes: usize| broadcast(Payload::binary(vec![0; bytes]), origin_of(Some(1)));
    let largest = sized(MAX_BYTES - OVERHEAD - texts);
    assert!(largest.check_size().is_ok());
    assert!(Message::decode(&largest.encode()).is_ok());
    assert!(
        sized(MAX_BYTES - OVERHEAD - texts + 1)
            .check_size()
            .is_err()
    );
}
