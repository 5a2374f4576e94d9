use super::*;

fn text(text: &str, format: Format) -> Result<Frame, Unreadable> {
    Frame::decode(&Message::text(text), format)
}

fn binary(bytes: &[u8]) -> Result<Frame, Unreadable> {
    Frame::decode(&Message::binary(bytes.to_vec()), Format::V2)
}

fn json(text: &str) -> Json {
    Json::parse(text).expect("it is JSON")
}

fn owned(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_push_is_read_as_it_is_written_in_both_formats() {
    let frame = Frame::push(Some("1"), "2", "room:\"1\"", "ping")
        .with(Payload::Json(json("{\"b\":1.50, \"a\":\"é\"}")));
    for (format, expected) in [
        (
            Format::V2,
            r#"["1","2","room:\"1\"","ping",{"b":1.50, "a":"é"}]"#,
        ),
        (
            Format::V1,
            r#"{"topic":"room:\"1\"","event":"ping","payload":{"b":1.50, "a":"é"},"ref":"2","join_ref":"1"}"#,
        ),
    ] {
        let data = frame.encode(format).expect("it is JSON");
        assert_eq!(data, Message::text(expected));
        assert_eq!(Frame::decode(&data, format), Ok(frame.clone()));
    }
}

#[test]
fn a_reply_has_a_status_and_a_response() {
    let reply = Frame {
        status: owned("error"),
        ..Frame::push(None, "3", "room:1", REPLY).with(Payload::Json(json(r#"{"reason":"no"}"#)))
    };
    let v2 = r#"[null,"3","room:1","phx_reply",{"response":{"reason":"no"},"status":"error"}]"#;
    let v1 = r#"{"event":"phx_reply","payload":{"status":"error","response":{"reason":"no"}},"ref":"3","topic":"room:1"}"#;
    assert_eq!(text(v2, Format::V2), Ok(reply.clone()));
    assert_eq!(text(v1, Format::V1), Ok(reply));
    let odd = text(r#"[null,"3","room:1","phx_reply",[1]]"#, Format::V2).expect("it is read");
    assert_eq!(
        (odd.status, odd.payload),
        (None, Payload::Json(json("[1]")))
    );
}

#[test]
fn parts_that_are_no_strings_are_kept_as_json() {
    let frame = text("[1,2,123,[\"a\"],\n{}]", Format::V2).expect("it is read");
    let parts = (frame.join_ref.as_deref(), frame.reference.as_deref());
    assert_eq!(parts, (Some("1"), Some("2")));
    assert_eq!(
        (frame.topic.as_str(), frame.event.as_str()),
        ("123", "[\"a\"]")
    );
}

#[test]
fn line_breaks_between_tokens_become_spaces() {
    let frame =
        text("[null,null,\"t\",\"e\",{\n\t\"a\\n\": 1\r\n}]", Format::V2).expect("it is read");
    assert_eq!(frame.payload, Payload::Json(json("{  \"a\\n\": 1  }")));
}

#[test]
fn binary_messages_are_pushes_replies_and_broadcasts() {
    let bytes = |bytes: &[u8]| Payload::Bytes(Bytes::copy_from_slice(bytes));
    let none = Frame::push(None, "", "room:1", "bytes");
    let none = Frame {
        reference: None,
        ..none
    };
    let push = Frame {
        join_ref: owned("12"),
        payload: bytes(b"\x00\xff"),
        ..none.clone()
    };
    assert_eq!(binary(b"\x00\x02\x06\x0512room:1bytes\x00\xff"), Ok(push));
    let reply = Frame {
        join_ref: owned("1"),
        reference: owned("23"),
        event: REPLY.to_owned(),
        status: owned("ok"),
        payload: bytes(b""),
        ..none.clone()
    };
    assert_eq!(binary(b"\x01\x01\x02\x06\x02123room:1ok"), Ok(reply));
    let broadcast = Frame {
        payload: bytes(b"hi"),
        ..none
    };
    assert_eq!(binary(b"\x02\x06\x05room:1byteshi"), Ok(broadcast));
}

#[test]
fn what_is_not_a_message_has_a_reason() {
    let reasons = [
        text("{", Format::V2).expect_err("broken"),
        text("[1,2]", Format::V2).expect_err("short"),
        text("{\"topic\":\"a\",\"event\":\"b\"}", Format::V1).expect_err("without payload"),
        binary(b"").expect_err("empty"),
        binary(b"\x07").expect_err("unknown"),
        binary(b"\x02\xff\x01a").expect_err("cut"),
        binary(b"\x02\x01\x01\xff\xff").expect_err("not UTF-8"),
        Frame::decode(&Message::binary(vec![2]), Format::V1).expect_err("V1 is text"),
    ];
    let expected = [
        "not JSON of the format: EOF while parsing an object at line 1 column 1",
        "an array of 2 parts in place of 5",
        "it has no `payload`",
        "it ends before its parts do",
        "7 is not a kind of binary message",
        "it ends before its parts do",
        "a part is not UTF-8",
        "the format 1.0.0 has no binary messages",
    ];
    let shown = reasons.map(|reason| reason.to_string());
    assert_eq!(shown[1..], expected[1..]);
    assert!(
        shown[0].starts_with("not JSON of the format: "),
        "{}",
        shown[0]
    );
}
