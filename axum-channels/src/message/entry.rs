use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Returns the JSON under a key of an object, of two equal keys that of the last. `None` without the key, or without an object.
///
/// The other values are skipped: as values, `[[],[],…]` would take thirty times its text.
pub(super) fn entry<'a>(json: &'a str, key: &str) -> Option<&'a str> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    deserializer.deserialize_map(Key(key)).ok()?
}

struct Key<'k>(&'k str);

impl<'de> Visitor<'de> for Key<'_> {
    type Value = Option<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == self.0 {
                found = Some(map.next_value::<&RawValue>()?.get());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_equal_keys_counts_however_it_is_written() {
        let json = r#"{"b": [1, {"a": 0}], "a": 1, "\u0061" : {"c": [ ]} , "d": null}"#;
        assert_eq!(entry(json, "a"), Some(r#"{"c": [ ]}"#));
        assert_eq!(entry(json, "d"), Some("null"));
        assert_eq!(entry(json, "c"), None);
    }

    #[test]
    fn what_is_no_object_has_no_entries() {
        for json in ["[]", "null", "1", "\"a\"", "", "{\"a\":", "{\"a\":1"] {
            assert_eq!(entry(json, "a"), None, "{json}");
        }
    }
}
