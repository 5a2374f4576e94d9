use super::Payload;
use serde_json::json;
use std::fmt;

/// Refusal of a connection, a join or a message, as its client receives it.
///
/// A join or a message is answered with status `error` and the payload; a connection with an HTTP status (403 by default)
/// and the payload as its body, which programs can read and browsers hide.
///
/// It becomes an [`Error`](crate::Error) by `?` or `into()`:
///
/// ```
/// use axum_channels::{Refused, Result};
///
/// fn check(body: &str) -> Result<()> {
///     match body.len() {
///         0..=280 => Ok(()),
///         _ => Err(Refused::new("too long").into()),
///     }
/// }
/// ```
///
/// The payload with a text is an object with a `reason`:
///
/// ```
/// use axum_channels::Refused;
/// use serde_json::json;
///
/// assert_eq!(Refused::new("unauthorized"), Refused::with(json!({"reason": "unauthorized"})));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    pub(crate) payload: Payload,
    pub(crate) status: u16,
}

const FORBIDDEN: u16 = 403;

impl Refused {
    /// Refuses with `{"reason": reason}`.
    ///
    /// ```
    /// # use axum_channels::Refused;
    /// let refused = Refused::new("unauthorized");
    /// ```
    pub fn new(reason: impl AsRef<str>) -> Self {
        Self::with(json!({"reason": reason.as_ref()}))
    }

    /// Refuses with a custom payload.
    ///
    /// ```
    /// # use axum_channels::Refused;
    /// let refused = Refused::with(serde_json::json!({"reason": "full", "limit": 8}));
    /// ```
    pub fn with(payload: impl Into<Payload>) -> Self {
        Self {
            payload: payload.into(),
            status: FORBIDDEN,
        }
    }

    /// Sets the HTTP status of a refused WebSocket, 403 by default. It has no effect on a join or a message, nor by
    /// long-polling, where clients look for the status in the body: 403, or 500 for a server error.
    ///
    /// # Panics
    /// If `status` is not a client or server error: 400 to 599.
    ///
    /// ```
    /// # use axum_channels::Refused;
    /// let refused = Refused::new("no token").status(401);
    /// ```
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        assert!(
            (400..600).contains(&status),
            "{status} does not refuse a connection: use 400 to 599"
        );
        self.status = status;
        self
    }
}

/// Formats the payload: `refused with {"reason":"too long"}`.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with {:?}", self.payload)
    }
}

impl std::error::Error for Refused {}
