use super::Filter;
use super::scanner::Scanner;
use crate::message::Payload;
use crate::params;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

/// Parameters formatted on one line: `{"hello": "all", "token": "[FILTERED]"}`.
pub(super) struct Params<'a> {
    source: Source<'a>,
    filter: &'a Filter,
}

enum Source<'a> {
    Json(Cow<'a, str>),
    Bytes(usize),
}

impl<'a> Params<'a> {
    pub(super) fn of_payload(payload: &'a Payload, filter: &'a Filter) -> Self {
        let source = match payload.as_binary() {
            Some(bytes) => Source::Bytes(bytes.len()),
            None => Source::Json(payload.as_json().into()),
        };
        Params { source, filter }
    }

    /// The last value of a repeated parameter counts.
    pub(super) fn of_request(params: &params::Params, filter: &'a Filter) -> Self {
        let sorted: BTreeMap<_, _> = params.iter().collect();
        let json = serde_json::to_string(&sorted).unwrap_or_default(); // strings always have JSON
        Params {
            source: Source::Json(json.into()),
            filter,
        }
    }
}

/// Formats as the default log does: tokens, passwords and secrets are filtered, and long values are cut.
impl fmt::Debug for params::Params {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Params::of_request(self, &Filter::default()).fmt(f)
    }
}

impl Display for Params<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Bytes(count) => write!(f, "<{count} bytes>"),
            Source::Json(json) => Scanner::new(json, f).value(Some(self.filter)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(json: &str, filter: &Filter) -> String {
        let payload = Payload::from_valid_json(json);
        Params::of_payload(&payload, filter).to_string()
    }

    fn filtered(json: &str) -> String {
        shown(json, &Filter::default())
    }

    #[test]
    fn sensitive_values_are_filtered_at_any_depth() {
        let json = json!({
            "a": [1, {"authToken": {"x": [1, "]\\\""]}, "b": null}],
            "password_confirmation": "x",
            "url": "/?user=1&secret=2",
            "word": "a secret",
        });
        assert_eq!(
            filtered(&json.to_string()),
            r#"{"a": [1, {"authToken": "[FILTERED]", "b": null}], "password_confirmation": "[FILTERED]", "url": "[FILTERED]", "word": "a secret"}"#
        );
    }

    #[test]
    fn escapes_hide_no_name_and_no_value_from_the_filter() {
        assert_eq!(
            filtered(
                r#"{"pass\u0077ord": 1, "url": "?tok\u0065n=2", "\ud83d\ude00": "\ud83d \"\\\n"}"#
            ),
            r#"{"password": "[FILTERED]", "url": "[FILTERED]", "😀": "� \"\\\n"}"#
        );
    }

    #[test]
    fn any_json_is_one_line() {
        for (json, line) in [
            ("{}", "{}"),
            (" [ 1 , -2.50e3 ,\ttrue ] ", "[1, -2.50e3, true]"),
            (
                r#"{"z" :{"é":[]},"a":null}"#,
                r#"{"z": {"é": []}, "a": null}"#,
            ),
            ("\"a\\nb\"", r#""a\nb""#),
        ] {
            assert_eq!(filtered(json), line);
        }
    }

    #[test]
    fn entries_are_cut_after_the_fiftieth_and_what_is_open_is_closed() {
        let numbers: Vec<u32> = (0..60).collect();
        let line = filtered(&json!({"numbers": numbers, "more": 1}).to_string());
        assert!(
            line.starts_with(r#"{"more": 1, "numbers": [0, 1"#),
            "{line}"
        );
        assert!(line.ends_with("46, 47, ...]}"), "{line}");
        assert_eq!(
            filtered(&"[".repeat(100)),
            format!("{}...{}", "[".repeat(51), "]".repeat(51))
        );
    }

    #[test]
    fn long_text_is_cut_and_nothing_comes_after_it() {
        let json = json!({"a": "é".repeat(3000), "b": 1}).to_string();
        assert_eq!(
            filtered(&json),
            format!("{{\"a\": \"{}\"...}}", "é".repeat(2047))
        );
        let name = json!({"a".repeat(5000): "after"}).to_string();
        assert_eq!(filtered(&name), format!("{{\"{}\"...}}", "a".repeat(4096)));
        let digits = filtered(&"9".repeat(5000));
        assert_eq!(digits, format!("{}...", "9".repeat(4096)));
    }

    #[test]
    fn what_is_hidden_or_blank_is_not_read_for_ever() {
        let long = "x".repeat(1_000_000);
        assert_eq!(
            filtered(&format!(r#"{{"password":"{long}","a":1}}"#)),
            r#"{"password": "[FILTERED]"...}"#
        );
        let blank = format!("{{{}\"a\":1}}", " ".repeat(1_000_000));
        assert_eq!(filtered(&blank), "{...}");
    }

    #[test]
    fn what_is_no_json_ends_where_it_stops_being_json() {
        for (json, line) in [
            ("", "..."),
            ("{\"a\"", r#"{"a"...}"#),
            ("{\"a\":1 2}", r#"{"a": 1, ...}"#),
            ("{1}", "{...}"),
            ("[1,,2]", "[1, ...]"),
            ("\"a", r#""a"..."#),
            ("\"\\", r#"""..."#),
            ("\"\\u12", r#"""..."#),
        ] {
            assert_eq!(filtered(json), line, "{json}");
        }
    }

    #[test]
    fn no_part_of_a_message_shows_what_is_hidden() {
        let json = r#"{"a": [1, "é\u00e9"], "pass\u0077ord": {"x": ["hunter2", "\"hunter2"]}, "url": "?token=hunter2"}"#;
        for end in (0..=json.len()).filter(|end| json.is_char_boundary(*end)) {
            let line = filtered(&json[..end]);
            assert!(!line.contains("hunter2"), "{line}");
            assert!(line.contains("...") == (end < json.len()), "{line}");
        }
    }

    #[test]
    fn with_a_list_to_keep_everything_else_is_filtered() {
        let filter = Filter::keep(["id", "room"]);
        let json = r#"{"id": 7, "room": {"name": "x", "n": [1]}, "user": {"id": 8, "name": "x"}, "list": ["x", 1]}"#;
        assert_eq!(
            shown(json, &filter),
            r#"{"id": 7, "room": {"name": "x", "n": [1]}, "user": {"id": 8, "name": "[FILTERED]"}, "list": ["[FILTERED]", "[FILTERED]"]}"#
        );
    }

    #[test]
    fn bytes_are_counted() {
        let payload = Payload::binary(vec![1, 2, 3]);
        assert_eq!(
            Params::of_payload(&payload, &Filter::default()).to_string(),
            "<3 bytes>"
        );
    }
}
