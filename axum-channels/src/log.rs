//! The log lines, in Phoenix's shape. Callers check [`enabled!`] first: what is not logged is neither timed nor formatted.
//!
//! [`enabled!`]: tracing::enabled

use crate::Error;
use crate::codec::Unsayable;
use crate::message::Payload;
use crate::socket::Params;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::time::{Duration, Instant};

/// The target of every line of this crate.
pub(crate) const TARGET: &str = "axum_channels";

const FILTERED: &str = "[FILTERED]";
const SENSITIVE: [&str; 3] = ["token", "password", "secret"];

/// Whether lines of a level are wanted.
macro_rules! wanted {
    ($level:ident) => {
        tracing::enabled!(target: $crate::log::TARGET, tracing::Level::$level)
    };
}
pub(crate) use wanted;

/// A point in time to measure from, taken only if a line of the level is wanted.
macro_rules! started {
    ($level:ident) => {
        $crate::log::wanted!($level).then(std::time::Instant::now)
    };
}
pub(crate) use started;

/// What will be logged of something under way; there is none if its line is not wanted.
pub(crate) struct Line {
    since: Instant,
    event: Box<str>,
    payload: Payload,
}

impl Line {
    pub(crate) fn new(since: Instant, event: &str, payload: &Payload) -> Self {
        Line {
            since,
            event: event.into(),
            payload: payload.clone(),
        }
    }
}

/// `what` is `JOINED` or `REFUSED JOIN`. Nothing is logged of topics that start with `phoenix`, as in Phoenix.
pub(crate) fn joined(what: &str, topic: &str, line: Option<Line>) {
    if let Some(Line { since, payload, .. }) = line.filter(|_| !topic.starts_with("phoenix")) {
        let (topic, took, payload) = (OneLine(topic), Took::since(since), Filtered(&payload));
        tracing::info!(target: TARGET, "{what} {topic} in {took}\n  Parameters: {payload}");
    }
}

pub(crate) fn handled(topic: &str, channel: &str, line: Option<Line>) {
    if let Some(Line {
        since,
        event,
        payload,
    }) = line.filter(|_| !topic.starts_with("phoenix"))
    {
        let (event, topic) = (OneLine(&event), OneLine(topic));
        let (took, payload) = (Took::since(since), Filtered(&payload));
        tracing::debug!(
            target: TARGET,
            "HANDLED {event} INCOMING ON {topic} ({channel}) in {took}\n  Parameters: {payload}"
        );
    }
}

pub(crate) fn crashed(topic: &str, channel: &str, error: &Error) {
    let (topic, error) = (OneLine(topic), error.to_string());
    tracing::error!(target: TARGET, "{channel} on {topic} crashed: {}", OneLine(&error));
}

pub(crate) fn aborted(topic: &str, channel: &str, limit: Duration) {
    let topic = OneLine(topic);
    tracing::error!(
        target: TARGET,
        "{channel} on {topic} was aborted: it had not handled what it was sent {limit:?} after its client was gone"
    );
}

pub(crate) fn blocking(channel: &str, took: Duration) {
    let took = Took(took);
    tracing::warn!(
        target: TARGET,
        "{channel} took {took} without an await, and held up every connection of its thread: use `spawn_blocking`"
    );
}

pub(crate) fn overrun(topic: &str, socket: &str) {
    let topic = OneLine(topic);
    tracing::error!(target: TARGET, "a channel on {topic} in {socket} was ended: it fell behind with its broadcasts");
}

pub(crate) fn join_crashed(topic: &str, socket: &str, error: &Error) {
    let (topic, error) = (OneLine(topic), error.to_string());
    tracing::error!(target: TARGET, "join of {topic} in {socket} crashed: {}", OneLine(&error));
}

pub(crate) fn unmatched(topic: &str, socket: &str) {
    tracing::warn!(target: TARGET, "Ignoring unmatched topic {topic:?} in {socket}");
}

pub(crate) fn too_many(limit: usize, socket: &str) {
    tracing::error!(target: TARGET, "Reached max channels per transport limit of {limit} for {socket}");
}

pub(crate) fn unsayable(topic: &str, why: &Unsayable) {
    let topic = OneLine(topic);
    tracing::error!(target: TARGET, "a message on {topic} was not sent: {why}");
}

/// How long something took: whole `µs` up to a thousand, whole `ms` beyond.
pub(crate) struct Took(pub(crate) Duration);

impl Took {
    pub(crate) fn since(start: Instant) -> Self {
        Took(start.elapsed())
    }
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_micros() {
            micros if micros > 1000 => write!(f, "{}ms", micros / 1000),
            micros => write!(f, "{micros}µs"),
        }
    }
}

/// A client's text on one line: what could end the line, or colour it, is escaped.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char.is_control() {
            true => write!(f, "{}", char.escape_debug()),
            false => f.write_char(char),
        })
    }
}

/// A payload with what is sensitive taken out, at any depth.
pub(crate) struct Filtered<'a>(pub(crate) &'a Payload);

impl fmt::Display for Filtered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_binary() {
            Some(bytes) => write!(f, "<{} bytes>", bytes.len()),
            None => fmt_value(&self.0.to_value(), f),
        }
    }
}

/// Writes `{"token": "[FILTERED]", "vsn": "2.0.0"}`.
pub(crate) fn fmt_params(params: &Params, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let sorted: BTreeMap<_, _> = params.iter().collect();
    f.debug_map()
        .entries(
            sorted
                .into_iter()
                .map(|(name, value)| (name, if hides(name, value) { FILTERED } else { value })),
        )
        .finish()
}

fn fmt_value(value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Object(map) => {
            f.write_str("{")?;
            for (at, (name, value)) in map.iter().enumerate() {
                write!(f, "{}{name:?}: ", if at == 0 { "" } else { ", " })?;
                match hides(name, value.as_str().unwrap_or_default()) {
                    true => write!(f, "{FILTERED:?}")?,
                    false => fmt_value(value, f)?,
                }
            }
            f.write_str("}")
        }
        Value::Array(values) => {
            f.write_str("[")?;
            for (at, value) in values.iter().enumerate() {
                f.write_str(if at == 0 { "" } else { ", " })?;
                fmt_value(value, f)?;
            }
            f.write_str("]")
        }
        Value::String(text) => write!(f, "{text:?}"),
        other => write!(f, "{other}"),
    }
}

/// Whether a parameter is not for the log: by its name, or by a query string in its value.
fn hides(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.iter().any(|word| {
        let in_value = || value.split(*word).skip(1).any(|rest| rest.starts_with('='));
        name.contains(word) || in_value()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sensitive_values_are_filtered_at_any_depth() {
        let payload = Payload::from(json!({
            "a": [1, {"authToken": {"x": 1}, "b": null}],
            "password_confirmation": "x",
            "url": "/?user=1&secret=2",
            "word": "a secret",
        }));
        assert_eq!(
            Filtered(&payload).to_string(),
            r#"{"a": [1, {"authToken": "[FILTERED]", "b": null}], "password_confirmation": "[FILTERED]", "url": "[FILTERED]", "word": "a secret"}"#
        );
    }

    #[test]
    fn params_are_filtered_too() {
        let params = Params::parse("token=undefined&vsn=2.0.0");
        assert_eq!(
            format!("{params:?}"),
            r#"{"token": "[FILTERED]", "vsn": "2.0.0"}"#
        );
    }

    #[test]
    fn a_client_cannot_write_lines_of_its_own() {
        let text = OneLine("room:é\n\u{1b}[31mINFO").to_string();
        assert_eq!(text, "room:é\\n\\u{1b}[31mINFO");
    }

    #[test]
    fn durations_read_as_phoenix_writes_them() {
        let took =
            [29, 1000, 1001, 2500].map(|micros| Took(Duration::from_micros(micros)).to_string());
        assert_eq!(took, ["29µs", "1000µs", "1ms", "2ms"]);
    }
}
