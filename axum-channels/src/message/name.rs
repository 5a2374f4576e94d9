use std::borrow::Cow;

/// Topic or event of a message from a client, which may be another value. It may borrow from the frame.
///
/// ```
/// use axum_channels::serializer::Name;
///
/// assert_eq!(Name::from("room:lobby").as_str(), "room:lobby");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name<'a> {
    /// Name of a topic or an event.
    Text(Cow<'a, str>),
    /// JSON of a value that is not a string. As a topic it matches no route; as an event it ends its channel.
    Other(Cow<'a, str>),
}

impl Name<'_> {
    /// Returns the name, or the JSON of a value that is not a name.
    ///
    /// ```
    /// # use axum_channels::serializer::Name;
    /// assert_eq!(Name::Other("[1]".into()).as_str(), "[1]");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Name::Text(text) | Name::Other(text) => text,
        }
    }

    /// Returns the name, unless it is another value.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Name::Text(text) => Some(text),
            Name::Other(_) => None,
        }
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.text() == Some(name)
    }

    pub(crate) fn into_owned(self) -> Name<'static> {
        match self {
            Name::Text(text) => Name::Text(Cow::Owned(text.into_owned())),
            Name::Other(json) => Name::Other(Cow::Owned(json.into_owned())),
        }
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Name<'a> {
    fn from(text: T) -> Self {
        Name::Text(text.into())
    }
}
