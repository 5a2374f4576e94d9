use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// Reference that a client gives a message, the `ref` or `join_ref` of the protocol. A reply repeats it.
///
/// As in Phoenix it may be any JSON value except `null`, of at most 4,096 bytes. The received JSON text is kept, so that
/// `"5"` and `5` are sent back unchanged. Up to 22 bytes need no allocation. It serializes as that value.
///
/// ```
/// use axum_channels::serializer::Ref;
///
/// assert_eq!(Ref::from("5").as_text(), "5");
/// assert_ne!(Ref::from("5"), Ref::from(5));
/// assert_eq!(serde_json::to_string(&[Ref::from("5"), Ref::from(5)])?, r#"["5",5]"#);
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Ref(Repr);

const INLINE: usize = 22;

/// Maximum number of bytes of the text: a channel keeps its `join_ref`.
const MAX: usize = 4096;

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE] },
    Heap(Box<str>),
}

impl Ref {
    /// Reads a ref from its JSON text. `None` if it is `null` or too long.
    pub(crate) fn from_json(json: &str) -> Option<Ref> {
        (json != "null" && json.len() <= MAX).then(|| Ref::new(json))
    }

    /// Reads a ref from a binary frame, which has only strings.
    ///
    /// An empty one is the empty string and not `null`, as in Phoenix: it belongs to no join.
    pub(crate) fn from_text(text: &str) -> Ref {
        match text.contains(|char: char| char < ' ' || matches!(char, '"' | '\\')) {
            true => Ref::new(&Value::from(text).to_string()),
            false => Ref::new(&format!("\"{text}\"")),
        }
    }

    fn new(json: &str) -> Ref {
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

    /// Returns the ref as in a binary frame: a string without its quotes, any other value as its JSON.
    ///
    /// ```
    /// # use axum_channels::serializer::Ref;
    /// assert_eq!(Ref::from(5).as_text(), "5");
    /// ```
    #[must_use]
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

/// Two refs are equal if they are the same JSON value; as in Elixir, `1` and `1.0` are not.
impl PartialEq for Ref {
    fn eq(&self, other: &Self) -> bool {
        let (json, theirs) = (self.as_json(), other.as_json());
        let value = |json| serde_json::from_slice::<Value>(json);
        json == theirs
            || !(is_plain(json) && is_plain(theirs))
                && matches!((value(json), value(theirs)), (Ok(value), Ok(their)) if value == their)
    }
}

/// Returns whether no other JSON text has the same value: an integer, or a string without escapes.
fn is_plain(json: &[u8]) -> bool {
    match json {
        [b'"', text @ ..] => !text.contains(&b'\\'),
        _ => json.iter().all(u8::is_ascii_digit),
    }
}

impl From<&str> for Ref {
    fn from(text: &str) -> Self {
        Ref::from_text(text)
    }
}

impl From<u64> for Ref {
    fn from(number: u64) -> Self {
        Ref::new(&number.to_string())
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value: Value = serde_json::from_slice(self.as_json()).map_err(ser::Error::custom)?;
        value.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?.to_string();
        Ref::from_json(&json).ok_or_else(|| de::Error::custom("a ref is null or too long"))
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
    fn any_json_of_at_most_4096_bytes_is_a_ref() {
        for json in ["{}", "[1]", "true", "1.5", "\"\""] {
            assert!(Ref::from_json(json).is_some(), "{json}");
        }
        assert!(Ref::from_json(&format!("\"{}\"", "x".repeat(4094))).is_some());
        assert_eq!(Ref::from_json(&format!("\"{}\"", "x".repeat(4095))), None);
    }

    #[test]
    fn refs_are_equal_if_their_values_are() {
        for (json, same) in [
            ("\"5\"", "\"5\""),
            ("\"A\"", r#""\u0041""#),
            ("1.0", "1.00"),
            ("1e2", "100.0"),
            (r#"{"a":1,"b":[]}"#, r#"{"b": [], "a": 1}"#),
        ] {
            assert_eq!(Ref::from_json(json), Ref::from_json(same), "{json}");
        }
        for (json, other) in [
            ("\"5\"", "5"),
            ("1", "1.0"),
            ("true", "\"true\""),
            ("{}", "[]"),
            (r#""\u0041""#, r#""\u0042""#),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567891",
            ),
        ] {
            assert_ne!(Ref::from_json(json), Ref::from_json(other), "{json}");
        }
    }

    #[test]
    fn a_ref_of_a_binary_frame_equals_the_same_one_in_json() {
        for (text, json) in [
            ("5", "\"5\""),
            ("", "\"\""),
            ("a\"b", r#""a\"b""#),
            ("\n", r#""\n""#),
            ("123456789012345678901", "\"123456789012345678901\""),
        ] {
            let reference = Ref::from_text(text);
            assert_eq!(Some(&reference), Ref::from_json(json).as_ref());
            assert_eq!(reference.as_text(), text);
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
