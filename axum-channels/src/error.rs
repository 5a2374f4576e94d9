//! Errors of callbacks.

use crate::message::{InvalidPayload, Refused};
use std::fmt;

/// Result of a callback: the standard `Result` with [`Error`] as the default for `E`.
///
/// ```
/// use axum_channels::Result;
///
/// fn half(text: &str) -> Result<i32> {
///     Ok(text.parse::<i32>()? / 2)
/// }
/// # assert_eq!(half("84").ok(), Some(42));
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Error of a channel or a socket handler. `?` makes one of a [`Refused`] or of any other [`std::error::Error`].
///
/// Its effect depends on the callback that returns it. From [`join`](crate::Channel::join) or
/// [`handle_in`](crate::Channel::handle_in):
///
/// - A [`Refused`] is an error reply with its payload, and an [`InvalidPayload`] one with its reason. The channel goes
///   on; a join is refused.
/// - An error type of the app is such a reply if [`Channel::refusal`](crate::Channel::refusal) converts it.
/// - Any other error is unexpected. It is logged with its causes and ends the channel; the client receives `phx_error`
///   without the text, or `{"reason":"join crashed"}` as the reply to its join.
///
/// From [`connect`](crate::SocketHandler::connect), a `Refused`, an `InvalidPayload` or an error that
/// [`SocketHandler::refusal`](crate::SocketHandler::refusal) converts is the HTTP response, and any other error is logged
/// and answered with 500.
///
/// From [`handle_info`](crate::HandleInfo::handle_info) and [`handle_out`](crate::Channel::handle_out), which have no
/// reply, every error is logged and ends the channel.
///
/// `Error` does not implement `std::error::Error` itself, so that `?` can convert all types that do. Its `Display` is the
/// error and its causes.
///
/// ```
/// use axum_channels::{Error, Refused};
///
/// let error: Error = std::io::Error::other("disk full").into();
/// assert_eq!(error.to_string(), "disk full");
///
/// let error: Error = Refused::new("too long").into();
/// assert_eq!(error.downcast_ref(), Some(&Refused::new("too long")));
/// ```
pub struct Error(Box<dyn std::error::Error + Send + Sync>);

impl Error {
    /// Creates an unexpected error from a message for the log.
    ///
    /// For a message to the client, use [`Refused::new`].
    ///
    /// ```
    /// # use axum_channels::Error;
    /// assert_eq!(Error::msg("out of cards").to_string(), "out of cards");
    /// ```
    pub fn msg(message: impl Into<String>) -> Self {
        Error(message.into().into())
    }

    /// Returns the error that this one was created from, if it is an `E`.
    ///
    /// ```
    /// # use axum_channels::{Error, UnknownEvent};
    /// let error: Error = UnknownEvent::new("dance").into();
    /// assert_eq!(error.downcast_ref::<UnknownEvent>().map(|unknown| &*unknown.event), Some("dance"));
    /// assert!(error.downcast_ref::<std::io::Error>().is_none());
    /// ```
    #[must_use]
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }

    /// Returns the refusal that the client of a channel receives for this error, or `None` if the error is unexpected.
    ///
    /// A [`Refused`] is returned as it is, and an [`InvalidPayload`] as its reason. Errors that
    /// [`Channel::refusal`](crate::Channel::refusal) converts are unexpected here. For code that answers outside of
    /// [`handle_in`](crate::Channel::handle_in), such as a task with a [`Later`](crate::Later):
    ///
    /// ```
    /// use axum_channels::{Later, Reply, Result};
    ///
    /// fn answer(later: Later, pages: Result<u32>) {
    ///     match pages {
    ///         Ok(pages) => later.reply(Reply::ok(serde_json::json!({"pages": pages}))),
    ///         Err(error) => match error.refusal() {
    ///             Some(refused) => later.reply(refused.into()),
    ///             None => tracing::error!(%error, "no report"), // dropped, `later` sends no reply
    ///         },
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn refusal(&self) -> Option<Refused> {
        let invalid = || self.downcast_ref::<InvalidPayload>();
        let refused = self.downcast_ref::<Refused>().cloned();
        refused.or_else(|| Some(Refused::new(&invalid()?.reason)))
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Error(Box::new(error))
    }
}

/// Formats the error and its causes: `cannot save the move: disk full`. A cause whose text ends that of its error already is not
/// repeated.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = self.0.to_string();
        f.write_str(&last)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !last.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            last = text;
            source = cause.source();
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Error of an event that the channel does not handle. It ends the channel, as in Phoenix.
///
/// [`Payload::parse_event`](crate::Payload::parse_event) and the default of
/// [`Channel::handle_in`](crate::Channel::handle_in) return it. To go on instead, return a [`Refused`] for other events.
///
/// ```
/// use axum_channels::UnknownEvent;
///
/// assert_eq!(UnknownEvent::new("dance").to_string(), "unknown event `dance`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownEvent {
    /// Name of the event.
    pub event: String,
}

impl UnknownEvent {
    /// Creates an error that names the event.
    ///
    /// ```
    /// # use axum_channels::{Error, UnknownEvent};
    /// let error: Error = UnknownEvent::new("dance").into();
    /// ```
    pub fn new(event: impl Into<String>) -> Self {
        Self {
            event: event.into(),
        }
    }
}

impl fmt::Display for UnknownEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown event `{}`", self.event)
    }
}

impl std::error::Error for UnknownEvent {}
