use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::fmt;

/// A `ref` or a `join_ref`, kept as the received JSON text, so that `"5"` and `5` are sent back unchanged.
///
/// Clients use counters, so the text is short: up to 22 bytes need no allocation.
///
/// It serializes as a string or a number, whichever it was created from.
///
/// ```
/// use axum_channels::serializer::Ref;
///
/// assert_eq!(Ref::from("5").as_text(), "5");
/// assert_ne!(Ref::from("5"), Ref::from(5));
/// assert_eq!(serde_json::to_string(&[Ref::from("5"), Ref::from(5)])?, r#"["5",5]"#);
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Ref(Repr);

const INLINE: usize = 22;

/// Number of bytes of the text.
const MAX: usize = 255;

#[derive(Clone, PartialEq, Eq)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE] },
    Heap(Box<str>),
}

impl Ref {
    /// Reads a ref from its JSON text: a string or a number, of at most 255 bytes (the limit of a binary frame).
    pub(crate) fn from_json(json: &str) -> Option<Ref> {
        let scalar =
            json.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit());
        // An escape takes up to six bytes for one.
        if !scalar || json.len() > 6 * MAX + 2 {
            return None;
        }
        let reference = Ref::from_scalar(json);
        (json.len() <= MAX || reference.as_text().len() <= MAX).then_some(reference)
    }

    /// Reads a ref from a binary frame, which has only strings; an empty one means none.
    pub(crate) fn from_text(text: &str) -> Option<Ref> {
        (!text.is_empty()).then(|| Ref::from_scalar(&Value::from(text).to_string()))
    }

    fn from_scalar(json: &str) -> Ref {
        let mut bytes = [0; INLINE];
        Ref(match bytes.get_mut(..json.len()) {
            Some(room) => {
                room.copy_from_slice(json.as_bytes());
                Repr::Inline {
                    len: json.len() as u8,
                    bytes,
                }
            }
            None => Repr::Heap(json.into()),
        })
    }

    /// Returns the string, or the digits of the number.
    ///
    /// ```
    /// # use axum_channels::serializer::Ref;
    /// assert_eq!(Ref::from(5).as_text(), "5");
    /// ```
    pub fn as_text(&self) -> Cow<'_, str> {
        let json = std::str::from_utf8(self.as_json()).unwrap_or_default();
        match json
            .strip_prefix('"')
            .and_then(|json| json.strip_suffix('"'))
        {
            None => Cow::Borrowed(json),
            Some(text) if !text.contains('\\') => Cow::Borrowed(text),
            Some(_) => serde_json::from_str(json).unwrap_or_default(),
        }
    }

    /// Returns the JSON text.
    pub(crate) fn as_json(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => &bytes[..usize::from(*len)],
            Repr::Heap(json) => json.as_bytes(),
        }
    }
}

impl From<&str> for Ref {
    fn from(text: &str) -> Self {
        Ref::from_scalar(&Value::from(text).to_string())
    }
}

impl From<u64> for Ref {
    fn from(number: u64) -> Self {
        Ref::from_scalar(&number.to_string())
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_slice::<Number>(self.as_json()) {
            Ok(number) => number.serialize(serializer),
            Err(_) => serializer.serialize_str(&self.as_text()),
        }
    }
}

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            scalar @ (Value::String(_) | Value::Number(_)) => {
                Ok(Ref::from_scalar(&scalar.to_string()))
            }
            _ => Err(D::Error::custom("a ref is a string or a number")),
        }
    }
}

impl fmt::Debug for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_json()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_back_as_it_came_whatever_its_length() {
        for json in [
            "\"5\"",
            "5",
            "-1",
            "\"\"",
            "\"1234567890123456789\"",
            "\"longer than what fits inline\"",
        ] {
            let Some(reference) = Ref::from_json(json) else {
                panic!("{json} is a ref")
            };
            assert_eq!(reference.as_json(), json.as_bytes());
        }
    }

    #[test]
    fn only_strings_and_numbers_are_refs() {
        for json in ["{}", "[1]", "true", "null", ""] {
            assert_eq!(Ref::from_json(json), None);
        }
        assert!(Ref::from_json(&format!("\"{}\"", "x".repeat(255))).is_some());
        assert!(Ref::from_json(&format!("\"{}\"", "\\u0000".repeat(255))).is_some());
        assert_eq!(Ref::from_json(&format!("\"{}\"", "x".repeat(256))), None);
        assert_eq!(Ref::from_json(&"9".repeat(256)), None);
    }

    #[test]
    fn a_ref_of_a_binary_frame_equals_the_same_one_in_json() {
        assert_eq!(Ref::from_text("5"), Ref::from_json("\"5\""));
        assert_eq!(Ref::from_text("\n"), Ref::from_json(r#""\n""#));
        assert_eq!(Ref::from_text(""), None);
        for text in [
            "5",
            "a\"b",
            "\n",
            "12345678901234567890",
            "123456789012345678901",
        ] {
            assert_eq!(
                Ref::from_text(text).as_ref().map(Ref::as_text),
                Some(text.into())
            );
        }
        assert_eq!(
            Ref::from_json("7").as_ref().map(Ref::as_text),
            Some("7".into())
        );
    }

    #[test]
    fn an_optional_ref_is_no_larger_than_a_string() {
        assert_eq!(size_of::<Option<Ref>>(), 24);
    }
}
