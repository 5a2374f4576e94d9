//! Helpers of both JSON formats.

use crate::message::{Address, MAX_NAME_BYTES, Name, Payload, Ref};
use serde::de::Error;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Maximum depth of JSON. serde_json could not parse deeper JSON either, once a payload is parsed.
const MAX_DEPTH: usize = 127;

/// Maximum number of bytes of a name's JSON: an escape takes up to six for one.
const MAX_NAME_JSON: usize = 6 * MAX_NAME_BYTES;

/// Maximum number of digits of an `f64` before its point.
const MAX_DIGITS: usize = 308;

/// Appends the payload of a `phx_reply`.
pub(super) fn put_reply(status: &str, response: &Payload, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"response":"#);
    out.extend_from_slice(response.as_json().as_bytes());
    out.extend_from_slice(br#","status":"#);
    put_str(status, out);
    out.push(b'}');
}

pub(super) fn put_ref(reference: Option<&Ref>, out: &mut Vec<u8>) {
    out.extend_from_slice(reference.map_or(b"null", Ref::as_json));
}

/// Appends a JSON string.
pub(super) fn put_str(text: &str, out: &mut Vec<u8>) {
    if text
        .bytes()
        .any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        // Writing a string into memory cannot fail.
        let _ = serde_json::to_writer(out, text);
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

/// Appends a topic.
pub(super) fn put_topic(topic: &Address<'_>, out: &mut Vec<u8>) {
    match topic {
        Address::Topic(topic) => put_str(topic, out),
        Address::Other(json) => out.extend_from_slice(json.as_bytes()),
    }
}

/// Reads a payload that is the whole text. `None` if it is no JSON, or beyond a parser.
pub(crate) fn payload(json: &[u8]) -> Option<Payload> {
    let json = std::str::from_utf8(json).ok()?;
    if is_too_deep(json, MAX_DEPTH) {
        return None;
    }
    let json: &RawValue = serde_json::from_str(json).ok()?;
    payload_of_valid(json.get())
}

/// Returns a payload of JSON that is valid and not too deep. `None` if it is beyond a parser.
pub(crate) fn payload_of_valid(json: &str) -> Option<Payload> {
    (!exceeds_parser(json)).then(|| Payload::from_valid_json(json))
}

/// Returns whether a message cannot be parsed, although it may match the grammar of JSON.
pub(super) fn is_beyond_parser(json: &str) -> bool {
    is_too_deep(json, MAX_DEPTH + 1) || exceeds_parser(json) // the message's own array does not count
}

/// Returns whether JSON nests deeper than `max`. Checked first, since a parser has to remember open brackets.
fn is_too_deep(json: &str, max: usize) -> bool {
    if json.len() < 2 * max {
        return false; // every bracket has to be closed
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    json.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1), // it may be invalid JSON
            _ => {}
        }
        depth > max
    })
}

/// Reads a ref from its JSON.
pub(super) fn reference<E: Error>(json: Option<&RawValue>) -> Result<Option<Ref>, E> {
    json.map(|json| Ref::from_json(json.get()).ok_or_else(|| E::custom("a ref is too long")))
        .transpose()
}

/// Reads a topic or an event from its JSON.
pub(super) fn name<E: Error>(json: &RawValue) -> Result<Name<'_>, E> {
    match json.get().starts_with('"') {
        true => string(json).map(Name::Text),
        false => Ok(Name::Other(json.get().into())),
    }
}

/// Reads a string from its JSON. It borrows from the message unless it has escapes.
///
/// One that is far too long for a name is cut, without unescaping, and is still too long.
pub(super) fn string<E: Error>(json: &RawValue) -> Result<Cow<'_, str>, E> {
    let json = json.get();
    let quoted = json.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let text = quoted.ok_or_else(|| E::custom("no string"))?;
    if text.len() > MAX_NAME_JSON {
        let mut ends = (0..=MAX_NAME_JSON).rev();
        return Ok(ends
            .find_map(|end| text.get(..end))
            .unwrap_or_default()
            .into());
    }
    match text.contains('\\') {
        true => serde_json::from_str(json)
            .map(Cow::Owned)
            .map_err(E::custom),
        false => Ok(text.into()),
    }
}

/// Returns whether JSON that matches the grammar cannot be parsed: half a surrogate pair, a number beyond an `f64`.
///
/// Found by scanning, not by parsing: values would take up to a hundred times the memory of their text.
fn exceeds_parser(json: &str) -> bool {
    let bytes = json.as_bytes();
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    // Almost no payload has any of these. No early exit, so that the compiler can vectorize the loop.
    let has_escape_or_exponent = pairs.fold(false, |found, (&byte, &next)| {
        let escape = (byte == b'\\') & (next == b'u');
        let exponent = byte.is_ascii_digit() & (next | 0x20 == b'e');
        found | escape | exponent
    });
    // A number that is too long fills one of these.
    let mut chunks = bytes.chunks_exact(128);
    let mut has_long_number = || chunks.any(|chunk| chunk.iter().all(u8::is_ascii_digit));
    (has_escape_or_exponent || has_long_number()) && !all_can_be_parsed(json)
}

/// Returns whether every string and every number of valid JSON can be parsed.
fn all_can_be_parsed(json: &str) -> bool {
    let mut rest = json;
    while let Some(start) = rest.find(|char: char| char == '"' || char.is_ascii_digit()) {
        let after = match &rest[start..] {
            string if string.starts_with('"') => after_string(&string[1..]),
            number => after_number(number),
        };
        let Some(after) = after else { return false };
        rest = after;
    }
    true
}

/// Returns the text after the string that `text` is in. `None` if the string has half a surrogate pair.
fn after_string(mut text: &str) -> Option<&str> {
    loop {
        let (_, after) = text.split_at(text.find(['"', '\\'])?);
        text = match after.strip_prefix("\\u") {
            Some(escape) => after_escape(escape)?,
            None if after.starts_with('"') => return Some(&after[1..]),
            None => after.get(2..)?,
        };
    }
}

/// Returns the text after `\u` and its digits, and after the second half of a pair.
fn after_escape(text: &str) -> Option<&str> {
    let (unit, after) = code_unit(text)?;
    match unit {
        0xD800..=0xDBFF => {
            let (low, after) = code_unit(after.strip_prefix("\\u")?)?;
            (0xDC00..=0xDFFF).contains(&low).then_some(after)
        }
        0xDC00..=0xDFFF => None,
        _ => Some(after),
    }
}

fn code_unit(text: &str) -> Option<(u16, &str)> {
    let (digits, after) = text.split_at_checked(4)?;
    Some((u16::from_str_radix(digits, 16).ok()?, after))
}

/// Returns the text after the number that `text` starts with; its sign is ignored. `None` if it is beyond an `f64`.
fn after_number(text: &str) -> Option<&str> {
    let is_part = |char: char| char.is_ascii_digit() || matches!(char, '.' | 'e' | 'E' | '+' | '-');
    let (number, after) = text.split_at(text.find(|char| !is_part(char)).unwrap_or(text.len()));
    let is_short = number.len() <= MAX_DIGITS && !number.contains(['e', 'E']);
    let fits = || number.parse().is_ok_and(f64::is_finite);
    (is_short || fits()).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn what_exceeds_the_parser_is_what_the_parser_refuses() {
        let digits = |count| "9".repeat(count);
        for json in [
            r#""\ud83d\ude00""#,
            r#""\ud83d""#,
            r#""\ude00""#,
            r#""\ud83dx\ude00""#,
            r#""\ud83d\n""#,
            r#""\ud83d\u0041""#,
            r#""\\ud83d""#,
            r#""\\\ud83d""#,
            r#"{"\ude00":1}"#,
            r#"["a\"1e999","\u00e9"]"#,
            r#"["1e999",1e1]"#,
            "1e308",
            "1e309",
            "[-1e309]",
            "1E+400",
            "1e-400",
            "0e999",
            "123e-99999999999999999999",
            "1e99999999999999999999",
            "0.1e309",
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            &digits(308),
            &digits(309),
            &digits(400),
            &format!("-{}", digits(400)),
            &format!("{}e-400", digits(400)),
            &format!("0.{}", digits(400)),
            &format!("\"{}\"", digits(400)),
        ] {
            let refused = serde_json::from_str::<Value>(json).is_err();
            assert_eq!(exceeds_parser(json), refused, "{json}");
        }
    }

    #[test]
    fn of_a_name_that_is_far_too_long_the_beginning_is_taken() {
        let name_of = |json: &str| {
            let raw = serde_json::from_str::<&RawValue>(json).expect("JSON");
            string::<serde_json::Error>(raw).expect("a string").len()
        };
        let escaped = r"\u0041".repeat(MAX_NAME_BYTES);
        assert_eq!(name_of(&format!("\"{escaped}\"")), MAX_NAME_BYTES);
        assert_eq!(name_of(&format!("\"{escaped}x\"")), MAX_NAME_JSON);
        let wide = "é".repeat(MAX_NAME_JSON);
        assert_eq!(name_of(&format!("\"x{wide}\"")), MAX_NAME_JSON - 1);
    }
}
