use std::time::{Duration, UNIX_EPOCH};

use tungstenite::protocol::CloseFrame;

use super::*;
use crate::connect::entry::Notes;
use crate::connect::frame::{Format, Frame};

fn time() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(48_815_123)
}

fn entry(direction: Direction, data: Message, notes: Notes) -> Entry {
    let content = match Frame::decode(&data, Format::V2) {
        Ok(frame) => Content::message(frame, notes),
        Err(error) => Content::Unreadable(error),
    };
    Entry {
        direction,
        data,
        content,
    }
}

fn received(text: &str) -> Entry {
    entry(Direction::In, Message::text(text), Notes::default())
}

/// Lines in each view: fields, raw, JSON.
fn views(entry: &Entry) -> [String; 3] {
    console::set_colors_enabled(false);
    [View::Fields, View::Raw, View::Json].map(|view| view.lines(entry, time()))
}

#[test]
fn a_reply_shows_its_fields_and_the_time_it_took() {
    let text = r#"["1","2","room:1","phx_reply",{"response":{"a":1},"status":"ok"}]"#;
    let notes = Notes {
        answers: Some(("ping".to_owned(), Duration::from_micros(1_234))),
        present: None,
        recovery: None,
    };
    let expected = [
        "13:33:35.123Z ←   65 B  room:1 phx_reply ok {\"a\":1} join_ref=1 ref=2 ping after 1.2 ms".to_owned(),
        format!("13:33:35.123Z ←   65 B  {text}"),
        "{\"time\":\"1970-01-01T13:33:35.123Z\",\"direction\":\"in\",\"size\":65,\"type\":\"text\",\"join_ref\":\"1\",\"ref\":\"2\",\
         \"topic\":\"room:1\",\"event\":\"phx_reply\",\"status\":\"ok\",\"payload\":{\"a\":1},\"answers\":\"ping\",\"milliseconds\":1.234}"
            .to_owned(),
    ];
    assert_eq!(
        views(&entry(Direction::In, Message::text(text), notes)),
        expected
    );
}

#[test]
fn binary_payloads_are_in_hexadecimal_and_base64() {
    let data = Message::binary(b"\x02\x06\x05room:1bytes\x00\xff".to_vec());
    let [fields, raw, json] = views(&entry(Direction::In, data, Notes::default()));
    assert_eq!(
        fields,
        "13:33:35.123Z ←   16 B  room:1 bytes <2 bytes: 00ff>"
    );
    assert_eq!(
        raw,
        "13:33:35.123Z ←   16 B  020605726f6f6d3a31627974657300ff"
    );
    assert!(
        json.ends_with("\"topic\":\"room:1\",\"event\":\"bytes\",\"payload_base64\":\"AP8=\"}"),
        "{json}"
    );
}

#[test]
fn a_close_is_in_words() {
    let close = CloseFrame {
        code: 1011.into(),
        reason: "bye".into(),
    };
    let [fields, raw, json] = views(&Entry::control(Direction::In, Message::Close(Some(close))));
    let meaning = "error in the server: for Phoenix, also a malformed message";
    assert_eq!(
        fields,
        format!("13:33:35.123Z ←    5 B  close 1011 ({meaning}): bye")
    );
    assert_eq!(raw, fields);
    assert!(
        json.ends_with(&format!(
            "\"type\":\"close\",\"code\":1011,\"meaning\":\"{meaning}\",\"reason\":\"bye\"}}"
        )),
        "{json}"
    );
    let [ping, ..] = views(&Entry::control(Direction::Out, Message::Ping("abc".into())));
    assert_eq!(ping, "13:33:35.123Z →    3 B  ping");
}

#[test]
fn presences_are_a_list_below_their_frame() {
    let notes = Notes {
        answers: None,
        present: Some(Present {
            keys: vec![("alice".to_owned(), 2), ("bob".to_owned(), 1)],
            joined: vec!["bob".to_owned()],
            left: vec!["carol".to_owned()],
        }),
        recovery: None,
    };
    let text = r#"[null,null,"room:1","presence_diff",{}]"#;
    let [fields, _, json] = views(&entry(Direction::In, Message::text(text), notes));
    let list = "  present in room:1: alice (2 connections), bob; joined: bob; left: carol";
    assert_eq!(
        fields,
        format!("13:33:35.123Z ←   39 B  room:1 presence_diff {{}}\n{list}")
    );
    assert!(
        json.ends_with("\"payload\":{},\"present\":{\"alice\":2,\"bob\":1}}"),
        "{json}"
    );
}

#[test]
fn what_is_not_a_message_is_shown_with_the_reason() {
    let [fields, _, json] = views(&received("[1]"));
    assert_eq!(
        fields,
        "13:33:35.123Z ←    3 B  [1] (an array of 1 parts in place of 5)"
    );
    assert!(
        json.ends_with("\"data\":\"[1]\",\"error\":\"an array of 1 parts in place of 5\"}"),
        "{json}"
    );
}

#[test]
fn a_server_cannot_command_the_terminal() {
    for text in [
        "[null,null,\"a\\u001b[2J\",\"b\",{\"c\":\"\u{9b}2J\u{202e}\"}]",
        "\u{1b}]0;title\u{7}",
        "[null,null,\"\\n\\r\",\"\u{7f}\",\"\"]",
    ] {
        for line in views(&received(text)) {
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(!line.contains('\u{202e}'), "{line:?}");
        }
    }
    let [_, _, json] = views(&received("[null,null,\"a\",\"b\",\"\u{9b}\"]"));
    let read: serde_json::Value = serde_json::from_str(&json).expect("it stays JSON");
    assert_eq!(read["payload"], "\u{9b}");
}
