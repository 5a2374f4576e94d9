use serde::{Serialize, Serializer};
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

/// Name of a topic, such as `room:lobby`.
///
/// It derefs to `str`: `strip_prefix` returns the part after the colon. Cloning it shares the text.
///
/// ```
/// use axum_channels::Topic;
///
/// let topic = Topic::from("room:42");
/// assert_eq!(topic.strip_prefix("room:"), Some("42"));
/// assert_eq!(serde_json::json!({"topic": topic}).to_string(), r#"{"topic":"room:42"}"#);
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

impl Topic {
    /// The topic of heartbeats.
    pub(crate) const PHOENIX: &'static str = "phoenix";

    /// Returns the topic of heartbeats as a shared constant.
    pub(crate) fn phoenix() -> Topic {
        static PHOENIX: LazyLock<Topic> = LazyLock::new(|| Topic::PHOENIX.into());
        PHOENIX.clone()
    }

    /// Returns the topic as text.
    ///
    /// ```
    /// # use axum_channels::Topic;
    /// assert_eq!(Topic::from("room:lobby").as_str(), "room:lobby");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Topic {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Topic {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Topic {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Topic {
    fn from(topic: &str) -> Self {
        Topic(topic.into())
    }
}

impl From<String> for Topic {
    fn from(topic: String) -> Self {
        Topic(topic.into())
    }
}

impl PartialEq<str> for Topic {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Topic {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

/// As a string, for payloads that name a topic.
impl Serialize for Topic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
