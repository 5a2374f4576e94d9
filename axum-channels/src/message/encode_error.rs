use std::fmt;

/// Error of a message that a client's format cannot encode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EncodeError {
    /// V1 and long-polling have only text.
    Binary,
    /// A topic, an event or a ref of more than 255 bytes, with a binary payload.
    TooLong,
    /// A payload of a push or a broadcast that is neither an object nor bytes.
    NoObject,
    /// A serializer of the app failed. That is logged.
    Custom,
}

impl EncodeError {
    /// Returns whether the channel that sends such a message ends, as in Phoenix.
    ///
    /// Clients that cannot receive bytes do not end it, nor do those with a custom serializer: otherwise one of them
    /// would end the channels of all.
    pub(crate) fn ends_channel(self) -> bool {
        !matches!(self, EncodeError::Binary | EncodeError::Custom)
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EncodeError::Binary => "a client of the V1 protocol, or on the long-poll transport, cannot receive a binary payload",
            EncodeError::TooLong => {
                "beside a binary payload, topic, event and refs are at most 255 bytes long"
            }
            EncodeError::NoObject => {
                "the payload of a push or a broadcast is a JSON object or bytes"
            }
            EncodeError::Custom => "its serializer failed",
        })
    }
}

impl std::error::Error for EncodeError {}
