use std::fmt;

/// `Result<T, E>` with [`Error`] as the default for `E`.
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

/// Error of a channel: any [`std::error::Error`], by `?`.
///
/// Returned from [`handle_in`](crate::Channel::handle_in) it ends the channel. It is logged with its causes; the client
/// receives `phx_error` without the text. To answer a client and go on, return [`Reply::error`](crate::Reply::error).
///
/// ```
/// use axum_channels::Error;
///
/// let error: Error = std::io::Error::other("disk full").into();
/// assert_eq!(error.to_string(), "disk full");
/// ```
pub struct Error(Box<dyn std::error::Error + Send + Sync>);

impl Error {
    /// Creates an error from a message.
    ///
    /// ```
    /// # use axum_channels::Error;
    /// assert_eq!(Error::msg("out of cards").to_string(), "out of cards");
    /// ```
    pub fn msg(message: impl Into<String>) -> Self {
        Error(message.into().into())
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Error(Box::new(error))
    }
}

/// Formats the error and its causes: `cannot save the move: disk full`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
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

/// Error of a channel that does not handle an event.
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
