//! Typed lines: `ping {"a":1}`, `user:lobby shout {"body":"hi"}`, `photo @cat.png`, or a whole message of the wire.

use std::{fmt, io};

use super::frame::Payload;
use super::json::Json;

/// Returns the contents of a file.
pub type Read<'a> = dyn Fn(&str) -> io::Result<Vec<u8>> + 'a;

/// A typed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Empty,
    /// A message to be sent as it is.
    Raw(String),
    Push {
        topic: Option<String>,
        event: String,
        payload: Payload,
    },
}

/// The reason why a line is none of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineError {
    /// The text that should be a payload, and the parser's reason.
    NotJson(String, String),
    /// The path of a file, and the reason why it cannot be read.
    NoFile(String, String),
    TooManyWords,
    NoEvent,
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(text, why) => {
                write!(f, "`{text}` is not JSON ({why}): write ping {{\"a\":1}}")
            }
            Self::NoFile(path, why) => write!(f, "`{path}` cannot be read: {why}"),
            Self::TooManyWords => f.write_str(
                "expected an event, or a topic and an event, and then JSON: user:lobby shout {\"body\":\"hi\"}",
            ),
            Self::NoEvent => f.write_str("the payload has no event before it: write ping {\"a\":1}"),
        }
    }
}

impl Line {
    /// # Errors
    /// It has too many words, a payload that is not JSON, or one from a file that cannot be read.
    pub fn parse(text: &str, read: &Read<'_>) -> Result<Self, LineError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::Empty);
        }
        if text.starts_with(['[', '{']) {
            return Ok(Self::Raw(text.to_owned()));
        }
        let mut words = Vec::new();
        let mut rest = text;
        while !rest.is_empty() && !is_payload(rest) {
            let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            words.push(word.to_owned());
            rest = behind.trim_start();
        }
        let (topic, event) = match <[String; 2]>::try_from(words) {
            Ok([topic, event]) => (Some(topic), event),
            Err(words) => match <[String; 1]>::try_from(words) {
                Ok([event]) => (None, event),
                Err(words) if words.is_empty() => return Err(LineError::NoEvent),
                Err(_) => return Err(LineError::TooManyWords),
            },
        };
        Ok(Self::Push {
            topic,
            event,
            payload: payload(rest, read)?,
        })
    }
}

/// Returns whether `text` starts as a payload does.
fn is_payload(text: &str) -> bool {
    let is_word = || ["true", "false", "null"].contains(&text);
    text.starts_with(|c: char| "{[\"-@".contains(c) || c.is_ascii_digit()) || is_word()
}

fn payload(text: &str, read: &Read<'_>) -> Result<Payload, LineError> {
    if let Some(path) = text.strip_prefix('@') {
        let no_file = |error: io::Error| LineError::NoFile(path.to_owned(), error.to_string());
        return Ok(Payload::Bytes(read(path).map_err(no_file)?.into()));
    }
    let json = match text {
        "" => Ok(Json::empty()),
        text => Json::parse(text),
    };
    let not_json =
        |error: serde_json::Error| LineError::NotJson(text.to_owned(), error.to_string());
    json.map(Payload::Json).map_err(not_json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(topic: Option<&str>, event: &str, payload: &str) -> Result<Line, LineError> {
        Ok(Line::Push {
            topic: topic.map(str::to_owned),
            event: event.to_owned(),
            payload: Payload::Json(Json::parse(payload).expect("it is JSON")),
        })
    }

    fn read(path: &str) -> io::Result<Vec<u8>> {
        match path {
            "a file.png" => Ok(vec![0, 255]),
            _ => Err(io::Error::other("none there")),
        }
    }

    #[test]
    fn a_line_has_a_topic_an_event_and_a_payload_of_which_the_event_is_needed() {
        for (line, expected) in [
            ("ping", push(None, "ping", "{}")),
            (
                " ping {\"b\": 1, \"a\": 2} ",
                push(None, "ping", "{\"b\": 1, \"a\": 2}"),
            ),
            (
                "user:lobby shout {\"body\":\"hi you\"}",
                push(Some("user:lobby"), "shout", "{\"body\":\"hi you\"}"),
            ),
            ("count 12", push(None, "count", "12")),
            ("say \"a b\"", push(None, "say", "\"a b\"")),
            ("message:new null", push(None, "message:new", "null")),
            ("room:1 phx_leave", push(Some("room:1"), "phx_leave", "{}")),
            ("", Ok(Line::Empty)),
            (
                "[null,\"1\",\"a\",\"b\",{}]",
                Ok(Line::Raw("[null,\"1\",\"a\",\"b\",{}]".to_owned())),
            ),
            ("{broken", Ok(Line::Raw("{broken".to_owned()))),
            ("a b c", Err(LineError::TooManyWords)),
            ("\"a\"", Err(LineError::NoEvent)),
            ("@a file.png", Err(LineError::NoEvent)),
            (
                "room:1 photo @a file.png",
                Ok(Line::Push {
                    topic: Some("room:1".to_owned()),
                    event: "photo".to_owned(),
                    payload: Payload::Bytes(vec![0, 255].into()),
                }),
            ),
            (
                "photo @none",
                Err(LineError::NoFile(
                    "none".to_owned(),
                    "none there".to_owned(),
                )),
            ),
        ] {
            assert_eq!(Line::parse(line, &read), expected, "{line}");
        }
    }

    #[test]
    fn a_payload_that_is_not_json_is_named() {
        let error = Line::parse("ping {a:1}", &read).expect_err("it is not JSON");
        let text =
            "`{a:1}` is not JSON (key must be a string at line 1 column 2): write ping {\"a\":1}";
        assert_eq!(error.to_string(), text);
    }
}
