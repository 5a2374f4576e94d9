//! JSON as it was written, in one line.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

/// A JSON value: its text, which keeps the order of keys and the spelling of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// Returns `{}`.
    pub fn empty() -> Self {
        Self("{}".to_owned())
    }

    /// # Errors
    /// `text` is not a JSON value.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text).map(|value: &RawValue| Self::from(value))
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    /// Returns an object with another key behind its own. Other values are returned as they are.
    pub fn with(self, key: &str, value: &serde_json::Value) -> Self {
        let Some(head) = self.0.trim_end().strip_suffix('}') else {
            return self;
        };
        let comma = if head.trim() == "{" { "" } else { "," };
        Self(format!("{head}{comma}\"{key}\":{value}}}"))
    }

    /// Returns the value as a type, if it has its shape.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_str(&self.0).ok()
    }
}

impl From<&RawValue> for Json {
    fn from(value: &RawValue) -> Self {
        // Between tokens only: in strings these characters are escaped.
        Self(value.get().replace(['\n', '\r', '\t'], " "))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: Result<&RawValue, _> = serde_json::from_str(&self.0);
        raw.map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}
