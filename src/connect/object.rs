//! Entries as JSON objects.

use std::collections::BTreeMap;
use std::time::SystemTime;

use data_encoding::BASE64;
use serde::Serialize;
use tungstenite::Message;

use super::clock;
use super::close;
use super::entry::{Content, Direction, Entry, Parsed};
use super::frame::Payload;
use super::json::Json;

/// Returns an entry as an object in one line.
pub fn json(entry: &Entry, time: SystemTime) -> String {
    let object = Object {
        time: clock::utc(time),
        direction: match entry.direction {
            Direction::Out => "out",
            Direction::In => "in",
        },
        size: entry.size(),
        r#type: match &entry.data {
            Message::Text(_) => "text",
            Message::Binary(_) | Message::Frame(_) => "binary",
            Message::Ping(_) => "ping",
            Message::Pong(_) => "pong",
            Message::Close(_) => "close",
        },
        details: Details::of(entry),
    };
    // Strings, numbers and checked JSON are always encoded.
    serde_json::to_string(&object).unwrap_or_default()
}

/// An entry. Keys without a value are left out.
#[derive(Serialize)]
struct Object<'a> {
    time: String,
    direction: &'static str,
    size: usize,
    r#type: &'static str,
    #[serde(flatten)]
    details: Details<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Details<'a> {
    Message(Box<Fields<'a>>),
    /// Text or base64 of what is not a message.
    Unreadable {
        data: String,
        error: String,
    },
    Close {
        code: u16,
        #[serde(skip_serializing_if = "Option::is_none")]
        meaning: Option<&'static str>,
        reason: &'a str,
    },
    Control {},
}

#[derive(Serialize)]
struct Fields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    join_ref: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#ref: Option<&'a str>,
    topic: &'a str,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    present: Option<BTreeMap<&'a str, usize>>,
}

impl<'a> Details<'a> {
    fn of(entry: &'a Entry) -> Self {
        match (&entry.content, &entry.data) {
            (Content::Message(parsed), _) => Self::Message(Box::new(Fields::of(parsed))),
            (Content::Unreadable(error), data) => Self::Unreadable {
                data: match data {
                    Message::Text(text) => text.to_string(),
                    data => BASE64.encode(&data.clone().into_data()),
                },
                error: error.to_string(),
            },
            (Content::Control, Message::Close(Some(close))) => Self::Close {
                code: close.code.into(),
                meaning: close::meaning(close.code.into()),
                reason: &close.reason,
            },
            (Content::Control, _) => Self::Control {},
        }
    }
}

impl<'a> Fields<'a> {
    fn of(Parsed { frame, notes }: &'a Parsed) -> Self {
        let (payload, bytes) = match &frame.payload {
            Payload::Json(json) => (Some(json), None),
            Payload::Bytes(bytes) => (None, Some(bytes)),
        };
        let answers = notes.answers.as_ref();
        let present = notes.present.as_ref().map(|present| present.keys.iter());
        Self {
            join_ref: frame.join_ref.as_deref(),
            r#ref: frame.reference.as_deref(),
            topic: &frame.topic,
            event: &frame.event,
            status: frame.status.as_deref(),
            payload,
            payload_base64: bytes.map(|bytes| BASE64.encode(bytes)),
            answers: answers.map(|(event, _)| event.as_str()),
            milliseconds: answers.map(|(_, took)| took.as_micros() as f64 / 1_000.0),
            present: present.map(|keys| keys.map(|(key, count)| (key.as_str(), *count)).collect()),
        }
    }
}
