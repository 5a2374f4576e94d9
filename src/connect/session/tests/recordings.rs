//! Frames recorded from Phoenix 1.8.12, and the same frames broken.
#![allow(clippy::disallowed_methods, reason = "a test reads its recordings")]

use std::time::{Duration, UNIX_EPOCH};

use clap::ValueEnum;
use data_encoding::BASE64;
use serde_json::{Value, json};
use tungstenite::Message;

use super::super::{Effect, Event, Options, Session};
use crate::args::Vsn;
use crate::connect::entry::Content;
use crate::connect::frame::{Format, Frame, Payload, REPLY};
use crate::connect::line::Line;
use crate::connect::view::View;

const RECORDINGS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/axum-channels/tests/recordings/phoenix-1.8.12.jsonl"
);

/// Returns the frames that the clients of each sequence received, with the sequence's format.
fn sequences() -> Vec<(Format, Vec<Message>)> {
    let text = std::fs::read_to_string(RECORDINGS).expect("the recordings are there");
    let sequence = |line| {
        let sequence: Value = serde_json::from_str(line).expect("a line is JSON");
        let steps = sequence["steps"].as_array().expect("it has steps").iter();
        let heard = steps.flat_map(|step| step["heard"].as_array().expect("there are two clients"));
        let frames = heard.flat_map(|frames| frames.as_array().expect("it is a list"));
        let vsn = sequence["vsn"].as_str().expect("it is text");
        let format = Format::of(Vsn::from_str(vsn, false).expect("it is a version"));
        (format, frames.filter_map(message).collect())
    };
    text.lines().map(sequence).collect()
}

/// Returns a frame; `None` for a close.
fn message(frame: &Value) -> Option<Message> {
    match (&frame["binary"], &frame["closed"]) {
        (Value::String(bytes), _) => {
            let bytes = BASE64.decode(bytes.as_bytes()).expect("it is base64");
            Some(Message::binary(bytes))
        }
        (_, Value::Null) => Some(Message::text(frame.to_string())),
        _ => None,
    }
}

#[test]
fn every_recorded_frame_of_phoenix_is_read_with_all_its_fields() {
    let mut count = 0;
    for (format, frames) in sequences() {
        for data in frames {
            count += 1;
            let frame =
                Frame::decode(&data, format).unwrap_or_else(|error| panic!("{data}: {error}"));
            assert_eq!(frame.status.is_some(), frame.event == REPLY, "{data}");
            match &data {
                Message::Text(text) => assert_eq!(again(&frame, format), as_texts(text)),
                _ => assert!(matches!(frame.payload, Payload::Bytes(_)), "{frame:?}"),
            }
        }
    }
    assert!(count > 1_000, "{count} frames");
}

/// Returns the JSON of a frame from its fields.
fn again(frame: &Frame, format: Format) -> Value {
    let Payload::Json(payload) = &frame.payload else {
        panic!("{frame:?} is text");
    };
    let payload: Value = payload.read().expect("it is JSON");
    let payload = match &frame.status {
        Some(status) => json!({"status": status, "response": payload}),
        None => payload,
    };
    let (topic, event) = (&frame.topic, &frame.event);
    let (join_ref, reference) = (&frame.join_ref, &frame.reference);
    match format {
        Format::V2 => json!([join_ref, reference, topic, event, payload]),
        Format::V1 => json!({"topic": topic, "event": event, "payload": payload, "ref": reference}),
    }
}

/// Returns the JSON of a frame, with the text of each ref, topic and event that is not a string.
fn as_texts(frame: &str) -> Value {
    let mut frame: Value = serde_json::from_str(frame).expect("it is JSON");
    let fields: Vec<&mut Value> = match &mut frame {
        Value::Array(parts) => parts.iter_mut().take(4).collect(),
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(name, _)| *name != "payload")
            .map(|(_, field)| field)
            .collect(),
        _ => panic!("{frame} is a message"),
    };
    for field in fields {
        if !field.is_null() && !field.is_string() {
            *field = Value::from(field.to_string());
        }
    }
    frame
}

#[test]
fn a_session_goes_on_through_all_recorded_frames() {
    for (format, frames) in sequences() {
        let count = frames.len();
        let mut session = session(format);
        let shown = frames
            .into_iter()
            .flat_map(|data| session.handle(Event::Received(data), Duration::ZERO));
        let is_message = |effect: &Effect| matches!(effect, Effect::Show(entry) if matches!(entry.content, Content::Message(..)));
        assert_eq!(shown.filter(is_message).count(), count);
    }
}

/// Returns a session that has joined topics of the recordings.
fn session(format: Format) -> Session {
    let topics = ["room:a", "123"].map(str::to_owned).to_vec();
    let mut session = Session::new(
        format,
        Options {
            topics,
            ..Options::default()
        },
    );
    session.handle(Event::Connected, Duration::ZERO);
    session
}

/// Every frame with bytes replaced, removed, doubled or swapped, at places that a generator of numbers picks.
#[test]
fn broken_frames_never_end_the_command() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let mut sessions = [session(Format::V1), session(Format::V2)];
    let seeds: Vec<Message> = sequences()
        .into_iter()
        .flat_map(|(_, frames)| frames)
        .step_by(3)
        .collect();
    for data in &seeds {
        for session in &mut sessions {
            let mut bytes = data.clone().into_data().to_vec();
            for _ in 0..=numbers.below(4) {
                numbers.break_one(&mut bytes);
            }
            let broken = match data {
                Message::Binary(_) => Message::binary(bytes),
                _ => Message::text(String::from_utf8_lossy(&bytes).into_owned()),
            };
            for effect in session.handle(Event::Received(broken), Duration::ZERO) {
                show(&effect);
            }
        }
    }
    let line = |data: &Message| String::from_utf8_lossy(&data.clone().into_data()).into_owned();
    for data in &seeds {
        for word in [1, 3, 9] {
            let text: String = line(data).chars().skip(word).collect();
            sessions[1].handle(
                Event::Line(Line::parse(&text, &|_| Ok(Vec::new()))),
                Duration::ZERO,
            );
        }
    }
}

/// Prints an effect in all views; a JSON object stays one in one line.
fn show(effect: &Effect) {
    if let Effect::Show(entry) = effect {
        for view in [View::Fields, View::Raw, View::Json] {
            let lines = view.lines(entry, UNIX_EPOCH);
            if view == View::Json {
                let read: Result<Value, _> = serde_json::from_str(&lines);
                assert!(read.is_ok() && !lines.contains('\n'), "{lines}");
            }
        }
    }
}

/// Numbers that look random, the same in every run: xorshift.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or_default()
    }

    fn break_one(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        match (self.below(5), bytes.len()) {
            (_, 0) => bytes.push(b'['),
            (0, _) => bytes[at] = u8::try_from(self.below(256)).unwrap_or_default(),
            (1, _) => drop(bytes.remove(at)),
            (2, _) => bytes.truncate(at),
            (3, _) => bytes.insert(at, b"[]{}\",:\\\0"[self.below(9)]),
            (_, length) => bytes.swap(at, length - 1),
        }
    }
}
