//! Parameters as one line: `{"hello": "all", "token": "[FILTERED]"}`.
//!
//! The JSON is scanned from its start and never parsed into values. It ends as Elixir's `inspect` ends: after so many
//! entries and so much text. Beyond a part of the input nothing is looked at, so that a line takes bounded time and memory.

use super::filter::{FILTERED, Filter, Shown};
use super::text::{CUT, MAX_TEXT};
use crate::message::Payload;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter, Write};

/// The most entries of objects and arrays, all in all: Elixir's `limit`.
const MAX_ENTRIES: usize = 50;

/// The most bytes of JSON that are looked at.
const MAX_SCANNED: usize = 64 * 1024;

/// Parameters, to be displayed.
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

    /// Of a parameter that is given more than once, the last counts.
    pub(super) fn of_request(params: &crate::Params, filter: &'a Filter) -> Self {
        let sorted: BTreeMap<_, _> = params.iter().collect();
        let json = serde_json::to_string(&sorted).unwrap_or_default(); // strings always have JSON
        Params {
            source: Source::Json(json.into()),
            filter,
        }
    }
}

impl Display for Params<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Bytes(count) => write!(f, "<{count} bytes>"),
            Source::Json(json) => {
                let json = json.as_bytes();
                let mut scanner = Scanner {
                    json: &json[..json.len().min(MAX_SCANNED)],
                    at: 0,
                    entries: MAX_ENTRIES,
                    text: MAX_TEXT,
                    is_cut: false,
                    out: f,
                };
                scanner.value(Some(self.filter))
            }
        }
    }
}

/// Copies JSON to a line. When it is cut, what is open is closed, and that is all.
struct Scanner<'a, 'f, 'o> {
    json: &'a [u8],
    at: usize,
    /// Entries, and bytes of text, that may still be written.
    entries: usize,
    text: usize,
    is_cut: bool,
    out: &'f mut Formatter<'o>,
}

impl Scanner<'_, '_, '_> {
    /// Without a filter, all of it is shown.
    fn value(&mut self, filter: Option<&Filter>) -> fmt::Result {
        match self.peek() {
            Some(b'{') => self.object(filter),
            Some(b'[') => self.array(filter),
            Some(b'"') => self.string(filter),
            Some(_) => self.number_or_word(filter),
            None => self.cut(),
        }
    }

    fn object(&mut self, filter: Option<&Filter>) -> fmt::Result {
        self.out.write_char('{')?;
        self.at += 1;
        let mut is_first = true;
        while self.begin_entry(b'}', &mut is_first)? {
            let name = self.decode();
            write!(self.out, "{name:?}")?;
            if self.is_cut || !self.skip(b':') {
                self.cut()?;
                break;
            }
            self.out.write_str(": ")?;
            match filter.map_or(Shown::All, |filter| filter.of_name(&name)) {
                Shown::Nothing => self.hide()?,
                Shown::Filtered => self.value(filter)?,
                Shown::All => self.value(None)?,
            }
        }
        self.out.write_char('}')
    }

    fn array(&mut self, filter: Option<&Filter>) -> fmt::Result {
        self.out.write_char('[')?;
        self.at += 1;
        let mut is_first = true;
        while self.begin_entry(b']', &mut is_first)? {
            self.value(filter)?;
        }
        self.out.write_char(']')
    }

    /// Whether there is another entry that may be written; if not, this takes the closing bracket.
    fn begin_entry(&mut self, close: u8, is_first: &mut bool) -> Result<bool, fmt::Error> {
        if self.is_cut || self.skip(close) {
            return Ok(false);
        }
        let is_separated = std::mem::take(is_first) || {
            self.out.write_str(", ")?;
            self.skip(b',')
        };
        let is_name = close == b']' || self.peek() == Some(b'"');
        if self.entries == 0 || !is_separated || !is_name {
            self.cut()?;
            return Ok(false);
        }
        self.entries -= 1;
        Ok(true)
    }

    fn string(&mut self, filter: Option<&Filter>) -> fmt::Result {
        let text = self.decode();
        match filter.is_some_and(|filter| filter.hides_value(&text)) {
            true => write!(self.out, "{FILTERED:?}")?,
            false => write!(self.out, "{text:?}")?,
        }
        match self.is_cut {
            true => self.out.write_str(CUT),
            false => Ok(()),
        }
    }

    fn number_or_word(&mut self, filter: Option<&Filter>) -> fmt::Result {
        if matches!(filter, Some(Filter::Keep(_))) {
            return self.hide();
        }
        let rest = &self.json[self.at..];
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let whole = rest.iter().take_while(|byte| is_part(byte)).count();
        let shown = whole.min(self.text);
        self.out
            .write_str(&String::from_utf8_lossy(&rest[..shown]))?;
        self.at += shown;
        self.text -= shown;
        match shown == 0 || shown < whole {
            true => self.cut(),
            false => Ok(()),
        }
    }

    /// Writes that a value is hidden, and goes past it.
    fn hide(&mut self) -> fmt::Result {
        write!(self.out, "{FILTERED:?}")?;
        let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
        while let Some(&byte) = self.json.get(self.at) {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = in_string,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b',' | b']' | b'}' if depth == 0 => return Ok(()),
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
        self.cut()
    }

    /// Takes a string, without its quotes and escapes. It is cut if there is no room for all of it, or no end.
    fn decode(&mut self) -> String {
        let mut bytes = Vec::new();
        self.at += 1;
        loop {
            match self.json.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(_) if bytes.len() >= self.text => self.is_cut = true,
                Some(b'\\') => self.escape(&mut bytes),
                Some(&byte) => {
                    bytes.push(byte);
                    self.at += 1;
                }
                None => self.is_cut = true,
            }
            if self.is_cut {
                break;
            }
        }
        self.text = self.text.saturating_sub(bytes.len());
        let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        match self.is_cut {
            true => valid.to_owned(), // may end within a character
            false => String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Takes an escape sequence.
    fn escape(&mut self, bytes: &mut Vec<u8>) {
        let Some(&kind) = self.json.get(self.at + 1) else {
            self.is_cut = true;
            return;
        };
        if kind == b'u' {
            return self.unicode_escape(bytes);
        }
        self.at += 2;
        bytes.push(match kind {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 0x08,
            b'f' => 0x0c,
            other => other,
        });
    }

    /// Takes `\u00e9`, or two of these that make up one character.
    fn unicode_escape(&mut self, bytes: &mut Vec<u8>) {
        let Some(first) = self.code_unit() else {
            self.is_cut = true;
            return;
        };
        let is_high = (0xd800..0xdc00).contains(&first);
        let second = is_high.then(|| self.code_unit()).flatten();
        let units = std::iter::once(first).chain(second);
        for decoded in char::decode_utf16(units) {
            let char = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
            bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// Takes the `\u00e9` that comes next.
    fn code_unit(&mut self) -> Option<u16> {
        let escape = self.json.get(self.at..self.at + 6)?.strip_prefix(b"\\u")?;
        let unit = u16::from_str_radix(std::str::from_utf8(escape).ok()?, 16).ok()?;
        self.at += 6;
        Some(unit)
    }

    /// The first byte of what comes next.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.json[self.at..];
        self.at += rest
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        self.json.get(self.at).copied()
    }

    fn skip(&mut self, expected: u8) -> bool {
        let is_there = self.peek() == Some(expected);
        self.at += usize::from(is_there);
        is_there
    }

    fn cut(&mut self) -> fmt::Result {
        self.is_cut = true;
        self.out.write_str(CUT)
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
