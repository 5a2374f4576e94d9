//! Comparison of recorded frames with received ones, and the only differences that it allows.

use crate::sequence::{Sequence, Step};
use serde_json::{Number, Value};
use std::fmt::Write;

/// Returns the differences of a step, as lines of text.
///
/// Frames are equal if they are the same JSON values, numbers as JavaScript reads them. Two things are by chance in
/// Phoenix, whose tracker of presences is a process of its own, and so they are not compared:
/// - the place of a `presence_diff` among the other frames of the step;
/// - whether a client that joins a topic again receives the leave of its earlier join: in half of the recordings it does,
///   here it never does, since a client is subscribed after that.
pub(crate) fn differences(
    sequence: &Sequence,
    step: &Step,
    heard: &[Vec<Value>; 2],
) -> Option<String> {
    let mut text = String::new();
    for (client, (expected, actual)) in step.heard.iter().zip(heard).enumerate() {
        let own_leave = (client == step.client && step.is_join()).then(|| sequence.user(client));
        let [expected, actual] =
            [expected, actual].map(|frames| comparable(frames, own_leave.as_deref()));
        if expected != actual {
            let _ = writeln!(text, "    client {client}");
            lines(&mut text, "Phoenix", &expected, &actual);
            lines(&mut text, "here   ", &actual, &expected);
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Returns the frames with the changes of presences last.
fn comparable(frames: &[Value], own_leave: Option<&str>) -> Vec<Value> {
    let kept = frames
        .iter()
        .filter(|frame| own_leave.is_none_or(|user| !is_leave_of(frame, user)));
    let (mut diffs, mut others): (Vec<_>, Vec<_>) = kept
        .map(normal)
        .partition(|frame| event(frame) == "presence_diff");
    others.append(&mut diffs);
    others
}

/// Writes the frames, those that the other side lacks with a mark.
fn lines(text: &mut String, side: &str, frames: &[Value], others: &[Value]) {
    if frames.is_empty() {
        let _ = writeln!(text, "    {side}   nothing");
    }
    for frame in frames {
        let mark = if others.contains(frame) { ' ' } else { '!' };
        let _ = writeln!(text, "    {side} {mark} {frame}");
    }
}

fn event(frame: &Value) -> &Value {
    part(frame, 3, "event")
}

/// Returns a part of a message, of either version.
fn part<'a>(frame: &'a Value, at: usize, key: &str) -> &'a Value {
    match frame {
        Value::Array(_) => &frame[at],
        _ => &frame[key],
    }
}

/// Returns whether a frame says that this user has left, and nothing else.
fn is_leave_of(frame: &Value, user: &str) -> bool {
    let payload = part(frame, 4, "payload");
    let is_empty = |value: &Value| value.as_object().is_some_and(|users| users.is_empty());
    let has_left = |value: &Value| {
        value
            .as_object()
            .is_some_and(|users| users.keys().eq([user]))
    };
    event(frame) == "presence_diff" && is_empty(&payload["joins"]) && has_left(&payload["leaves"])
}

/// Returns a value as the recordings have it: no references or times of presences, and numbers as JavaScript has them.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            let number = number.as_f64().map(|number| number + 0.0); // -0.0 is written as 0
            number
                .and_then(Number::from_f64)
                .map_or(Value::Null, Value::Number)
        }
        Value::Array(values) => values.iter().map(normal).collect(),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let value = match key.as_str() {
                    "since" => "T".into(),
                    key if key.starts_with("phx_ref") => "R".into(),
                    _ => normal(value),
                };
                (key.clone(), value)
            });
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}
