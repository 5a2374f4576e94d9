//! Entries as lines of text, as they went over the wire, or as JSON objects.

use std::fmt::Write as _;
use std::time::SystemTime;

use console::style;
use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;
use tungstenite::Message;

use super::clock;
use super::close;
use super::entry::{Content, Direction, Entry, Notes};
use super::frame::{Frame, Payload};
use super::json::Json;
use super::presence::Present;

/// Number of bytes of a binary payload that are shown.
const SHOWN: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Parsed fields.
    Fields,
    /// The data of frames.
    Raw,
    /// A JSON object for each frame.
    Json,
}

impl View {
    /// Returns the line of an entry, or its lines.
    pub fn lines(self, entry: &Entry, time: SystemTime) -> String {
        match self {
            Self::Json => json(entry, time),
            Self::Raw => format!("{}{}", start(entry, time), raw(&entry.data)),
            Self::Fields => format!("{}{}", start(entry, time), fields(entry)),
        }
    }
}

/// Replaces control characters, which a terminal would obey, by JSON's escapes.
pub fn printable(text: &str) -> String {
    let is_unsafe =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match is_unsafe(c) {
            true => drop(write!(printable, "\\u{:04x}", u32::from(c))),
            false => printable.push(c),
        }
    }
    printable
}

/// Returns time, direction and size.
fn start(entry: &Entry, time: SystemTime) -> String {
    let arrow = match entry.direction {
        Direction::Out => style("→").green(),
        Direction::In => style("←").cyan(),
    };
    let size = format!("{} B", entry.size());
    let time = style(clock::short(time)).dim();
    format!("{time} {arrow} {:>6}  ", style(size).dim())
}

fn raw(data: &Message) -> String {
    match data {
        Message::Text(text) => printable(text),
        Message::Binary(bytes) => HEXLOWER.encode(bytes),
        data => control(data),
    }
}

fn control(data: &Message) -> String {
    match data {
        Message::Ping(_) => "ping".to_owned(),
        Message::Pong(_) => "pong".to_owned(),
        Message::Close(close) => printable(&format!("close {}", close::described(close.as_ref()))),
        _ => "frame".to_owned(),
    }
}

fn fields(entry: &Entry) -> String {
    match &entry.content {
        Content::Control => control(&entry.data),
        Content::Unreadable(why) => {
            let why = style(format!("({why})")).yellow();
            let data = match &entry.data {
                Message::Binary(bytes) => hex(bytes),
                data => raw(data),
            };
            format!("{data} {why}")
        }
        Content::Message(frame, notes) => message(frame, notes),
    }
}

fn message(frame: &Frame, notes: &Notes) -> String {
    let mut line = format!(
        "{} {}",
        printable(&frame.topic),
        style(printable(&frame.event)).bold()
    );
    if let Some(status) = &frame.status {
        let shown = style(printable(status));
        let shown = if status == "ok" {
            shown.green()
        } else {
            shown.red()
        };
        let _ = write!(line, " {shown}");
    }
    let payload = match &frame.payload {
        Payload::Json(json) => printable(json.text()),
        Payload::Bytes(bytes) => hex(bytes),
    };
    let _ = write!(line, " {payload}");
    let refs = [("join_ref", &frame.join_ref), ("ref", &frame.reference)];
    for (name, value) in refs {
        if let Some(value) = value {
            let _ = write!(
                line,
                " {}",
                style(format!("{name}={}", printable(value))).dim()
            );
        }
    }
    if let Some((event, took)) = &notes.answers {
        let took = took.as_secs_f64() * 1_000.0;
        let took = format!("{} after {took:.1} ms", printable(event));
        let _ = write!(line, " {}", style(took).yellow());
    }
    if let Some(present) = &notes.present {
        let _ = write!(line, "\n{}", list(&frame.topic, present));
    }
    line
}

/// Returns the line of a list of presences.
fn list(topic: &str, present: &Present) -> String {
    let key = |(key, count): &(String, usize)| match count {
        1 => printable(key),
        count => format!("{} ({count} connections)", printable(key)),
    };
    let keys: Vec<_> = present.keys.iter().map(key).collect();
    let keys = if keys.is_empty() {
        "nobody".to_owned()
    } else {
        keys.join(", ")
    };
    let mut line = format!("  present in {}: {keys}", printable(topic));
    for (verb, keys) in [("joined", &present.joined), ("left", &present.left)] {
        if !keys.is_empty() {
            let keys: Vec<_> = keys.iter().map(|key| printable(key)).collect();
            let _ = write!(line, "; {verb}: {}", keys.join(", "));
        }
    }
    style(line).magenta().to_string()
}

fn hex(bytes: &[u8]) -> String {
    let shown = HEXLOWER.encode(&bytes[..bytes.len().min(SHOWN)]);
    let more = if bytes.len() > SHOWN { "…" } else { "" };
    format!("<{} bytes: {shown}{more}>", bytes.len())
}

/// An entry in JSON. Keys without a value are left out.
#[derive(Serialize)]
struct Object<'a> {
    time: String,
    direction: &'static str,
    size: usize,
    /// `text`, `binary`, `ping`, `pong` or `close`.
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    join_ref: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#ref: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
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
    present: Option<std::collections::BTreeMap<&'a str, usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meaning: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Text or base64 of what is not a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn json(entry: &Entry, time: SystemTime) -> String {
    let message = match &entry.content {
        Content::Message(frame, notes) => Some((frame, notes)),
        _ => None,
    };
    let frame = message.map(|(frame, _)| frame);
    let notes = message.map(|(_, notes)| notes);
    let error = match &entry.content {
        Content::Unreadable(error) => Some(error.to_string()),
        _ => None,
    };
    let close = match &entry.data {
        Message::Close(close) => close.as_ref(),
        _ => None,
    };
    let code = close.map(|close| u16::from(close.code));
    let answers = notes.and_then(|notes| notes.answers.as_ref());
    let present = notes.and_then(|notes| notes.present.as_ref());
    let object = Object {
        time: clock::utc(time),
        direction: match entry.direction {
            Direction::Out => "out",
            Direction::In => "in",
        },
        size: entry.size(),
        r#type: kind(&entry.data),
        join_ref: frame.and_then(|frame| frame.join_ref.as_deref()),
        r#ref: frame.and_then(|frame| frame.reference.as_deref()),
        topic: frame.map(|frame| frame.topic.as_str()),
        event: frame.map(|frame| frame.event.as_str()),
        status: frame.and_then(|frame| frame.status.as_deref()),
        payload: frame.and_then(|frame| match &frame.payload {
            Payload::Json(json) => Some(json),
            Payload::Bytes(_) => None,
        }),
        payload_base64: frame.and_then(|frame| match &frame.payload {
            Payload::Json(_) => None,
            Payload::Bytes(bytes) => Some(BASE64.encode(bytes)),
        }),
        answers: answers.map(|(event, _)| event.as_str()),
        milliseconds: answers.map(|(_, took)| took.as_micros() as f64 / 1_000.0),
        present: present.map(|present| {
            let keys = present.keys.iter();
            keys.map(|(key, count)| (key.as_str(), *count)).collect()
        }),
        code,
        meaning: code.and_then(close::meaning),
        reason: close.map(|close| close.reason.as_str()),
        data: error.as_ref().map(|_| match &entry.data {
            Message::Text(text) => text.to_string(),
            data => BASE64.encode(&data.clone().into_data()),
        }),
        error,
    };
    // Strings, numbers and checked JSON are always encoded.
    printable(&serde_json::to_string(&object).unwrap_or_default())
}

fn kind(data: &Message) -> &'static str {
    match data {
        Message::Text(_) => "text",
        Message::Binary(_) | Message::Frame(_) => "binary",
        Message::Ping(_) => "ping",
        Message::Pong(_) => "pong",
        Message::Close(_) => "close",
    }
}

#[cfg(test)]
mod tests;
