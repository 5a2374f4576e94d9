//! What both JSON formats have in common.

use crate::message::{Payload, Ref, Status};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Deeper JSON than this is refused: serde_json would not parse it either, once someone asks for the payload.
const MAX_DEPTH: usize = 127;

/// Appends the payload of a `phx_reply`.
pub(super) fn put_reply(status: &Status, response: &Payload, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"response":"#);
    out.extend_from_slice(response.as_json().as_bytes());
    out.extend_from_slice(br#","status":"#);
    put_str(status.as_str(), out);
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

/// Whether valid JSON nests deeper than [`MAX_DEPTH`].
pub(super) fn is_too_deep(json: &str) -> bool {
    if json.len() < 2 * MAX_DEPTH {
        return false; // what was opened has to be closed
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    json.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth -= 1,
            _ => {}
        }
        depth > MAX_DEPTH + 1 // the message's own array does not count
    })
}

/// Whether JSON that is right by its grammar cannot be parsed all the same: half a surrogate, a number beyond an `f64`.
///
/// Next to no payload has an escape of that kind, an exponent or a number so long, and only those are parsed to find out.
pub(super) fn is_beyond(json: &str) -> bool {
    let bytes = json.as_bytes();
    let pairs = bytes.iter().zip(bytes.get(1..).unwrap_or_default());
    // Without an early end, so that the compiler can look at many bytes at once.
    let has_escape_or_exponent = pairs.fold(false, |found, (&byte, &next)| {
        let escape = (byte == b'\\') & (next == b'u');
        let exponent = byte.is_ascii_digit() & (next | 0x20 == b'e');
        found | escape | exponent
    });
    // An f64 has up to 309 digits before its point: a longer number fills one of these.
    let mut chunks = bytes.chunks_exact(128);
    let mut has_long_number = || chunks.any(|chunk| chunk.iter().all(u8::is_ascii_digit));
    (has_escape_or_exponent || has_long_number()) && serde_json::from_str::<Value>(json).is_err()
}

/// A ref from its JSON.
pub(super) fn reference<E: Error>(json: Option<&RawValue>) -> Result<Option<Ref>, E> {
    json.map(|json| {
        Ref::from_json(json.get()).ok_or_else(|| E::custom("a ref is a string, a number or null"))
    })
    .transpose()
}

/// A string that borrows from the message unless it has escapes.
pub(super) struct Str<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;

        impl<'de> Visitor<'de> for Borrow {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }

        deserializer.deserialize_str(Borrow).map(Str)
    }
}
