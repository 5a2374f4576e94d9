//! Entries as lines of text, as they went over the wire, or as JSON objects.

use std::fmt::Write as _;
use std::time::SystemTime;

use console::style;
use data_encoding::HEXLOWER;
use tungstenite::Message;

use super::clock;
use super::close;
use super::entry::{Content, Direction, Entry, Notes, Parsed, Recovery};
use super::frame::Payload;
use super::object;
use super::presence::Present;
use crate::printable::printable;

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
            Self::Json => printable(&object::json(entry, time)),
            Self::Raw => format!("{}{}", start(entry, time), raw(&entry.data)),
            Self::Fields => format!("{}{}", start(entry, time), fields(entry)),
        }
    }
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
        Content::Message(parsed) => message(parsed),
    }
}

fn message(Parsed { frame, notes }: &Parsed) -> String {
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
    line + &remarks(&frame.topic, notes)
}

/// Returns what was found out about a message: at the end of its line, and on a line of its own.
fn remarks(topic: &str, notes: &Notes) -> String {
    let mut line = String::new();
    if let Some((event, took)) = &notes.answers {
        let took = took.as_secs_f64() * 1_000.0;
        let took = format!("{} after {took:.1} ms", printable(event));
        let _ = write!(line, " {}", style(took).yellow());
    }
    if let Some(recovery) = notes.recovery {
        let recovered = match recovery {
            Recovery::Recovered(missed) => format!("recovered {missed}"),
            Recovery::Lost => "not recovered: messages are lost".to_owned(),
        };
        let _ = write!(line, " {}", style(recovered).magenta());
    }
    if let Some(present) = &notes.present {
        let _ = write!(line, "\n{}", list(topic, present));
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

#[cfg(test)]
mod tests;
