use super::SendError;
use crate::message::Topic;
use std::fmt;

/// Error of a change to presences, by a [`Presence`](crate::Presence) or
/// [`Endpoint::track`](crate::Endpoint::track): nothing was changed.
///
/// ```
/// use axum_channels::{PresenceError, Socket};
/// use serde_json::json;
///
/// /// Tracks the user, or replaces its metadata.
/// fn set_status(socket: &Socket, user: &str, status: &str) -> Result<(), PresenceError> {
///     let meta = json!({"status": status});
///     match socket.presence().track(user, meta.clone()) {
///         Err(PresenceError::AlreadyTracked { .. }) => socket.presence().update(user, meta),
///         result => result,
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PresenceError {
    /// This channel tracks the key already. Phoenix's `:already_tracked`.
    AlreadyTracked {
        /// The topic of the channel.
        topic: Topic,
        /// The key.
        key: String,
    },
    /// This channel does not track the key. Phoenix's `:nopresence`.
    NotTracked {
        /// The topic of the channel.
        topic: Topic,
        /// The key.
        key: String,
    },
    /// The metadata is not a JSON object.
    NotAnObject,
    /// The change could not be queued for the client's connection.
    NotSent(SendError),
}

impl fmt::Display for PresenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PresenceError::AlreadyTracked { topic, key } => {
                write!(f, "`{key}` is tracked on {topic} already")
            }
            PresenceError::NotTracked { topic, key } => {
                write!(f, "`{key}` is not tracked on {topic}")
            }
            PresenceError::NotAnObject => {
                f.write_str("the metadata of a presence is a JSON object")
            }
            PresenceError::NotSent(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PresenceError {}

impl From<SendError> for PresenceError {
    fn from(error: SendError) -> Self {
        PresenceError::NotSent(error)
    }
}
