use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_path_to_error::Track;
use std::fmt;
use std::marker::PhantomData;

/// Error of a payload without the expected form: see [`Payload::parse`](crate::Payload::parse) and
/// [`Payload::parse_event`](crate::Payload::parse_event).
///
/// Returned by `?` from [`join`](crate::Channel::join) or [`handle_in`](crate::Channel::handle_in), it is an error reply
/// with its text as the `reason`. [`Channel::refusal`](crate::Channel::refusal) can replace that reply.
///
/// ```
/// use axum_channels::Payload;
/// use serde_json::json;
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Shout { body: String }
///
/// let wrong = Payload::from(json!({"body": 3})).parse::<Shout>().expect_err("a number");
/// assert_eq!(wrong.to_string(), "body: invalid type: integer `3`, expected a string");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidPayload {
    /// Path and description of the error, for the client: at most 256 bytes.
    pub reason: String,
}

/// Maximum number of bytes of a reason, which may contain text of the client's.
const MAX_REASON: usize = 256;

/// Parses JSON. The place of an error is found by parsing once more, so that valid JSON pays nothing for it.
pub(super) fn parse<T: DeserializeOwned>(json: &str) -> Result<T, InvalidPayload> {
    serde_json::from_str(json).map_err(|error| match parse_seed(json, PhantomData::<T>) {
        Err(located) => located,
        Ok(_) => InvalidPayload::new(".", &error),
    })
}

/// Parses JSON that is valid, and keeps track of the place.
pub(super) fn parse_seed<'de, S: DeserializeSeed<'de>>(
    json: &'de str,
    seed: S,
) -> Result<S::Value, InvalidPayload> {
    let mut track = Track::new();
    let input = &mut serde_json::Deserializer::from_str(json);
    let parsed = seed.deserialize(serde_path_to_error::Deserializer::new(input, &mut track));
    parsed.map_err(|error| InvalidPayload::new(&track.path().to_string(), &error))
}

impl InvalidPayload {
    /// Creates an error at a path such as `lines[2].body`. The path of the root is `.`.
    fn new(path: &str, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let position = format!(" at line {} column {}", error.line(), error.column());
        let problem = text.strip_suffix(&position).unwrap_or(&text); // the position in the server's copy of the text
        let mut reason = match path {
            "." => problem.to_owned(),
            path => format!("{path}: {problem}"),
        };
        if reason.len() > MAX_REASON {
            let mut end = MAX_REASON - 3;
            while !reason.is_char_boundary(end) {
                end -= 1;
            }
            reason.replace_range(end.., "...");
        }
        InvalidPayload { reason }
    }
}

impl fmt::Display for InvalidPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for InvalidPayload {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::HashMap;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Draft {
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Line {
        body: String,
    }

    fn reason(json: &str) -> String {
        parse::<Draft>(json).expect_err("not a draft").reason
    }

    #[test]
    fn a_reason_names_the_place_and_the_difference() {
        assert_eq!(
            [
                reason(r#"{"lines":[{"body":"a"},{"body":3}]}"#),
                reason(r#"{"lines":[{}]}"#),
                reason("{}"),
                reason("null"),
                reason(r#""text""#),
            ],
            [
                "lines[1].body: invalid type: integer `3`, expected a string",
                "lines[0]: missing field `body`",
                "missing field `lines`",
                "invalid type: null, expected struct Draft",
                r#"invalid type: string "text", expected struct Draft"#,
            ]
        );
    }

    #[test]
    fn a_reason_is_short_whatever_the_client_sent() {
        let long = format!(r#"{{"lines":"{}"}}"#, "ä".repeat(10_000));
        let reason = reason(&long);
        assert!(
            reason.starts_with("lines: invalid type: string \"ää"),
            "{reason}"
        );
        assert!(
            reason.ends_with("...") && reason.len() <= MAX_REASON,
            "{reason}"
        );
        let key = format!(r#"{{"{}":"text"}}"#, "k".repeat(10_000));
        let reason = parse::<HashMap<String, u8>>(&key)
            .expect_err("no number")
            .reason;
        assert!(
            reason.starts_with("kkk") && reason.len() <= MAX_REASON,
            "{reason}"
        );
    }
}
