use super::Payload;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use std::fmt;

/// Refusal of a connection, a join, a message or a request: an error that the client may see, with its payload.
///
/// The reply to a join or a message has the status `error` and the payload. The response to a connection, or to a request
/// that a handler of axum refuses, has an HTTP [status](Self::status), 403 by default, [headers](Self::header), and the payload as its body, which programs can read and
/// browsers hide.
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
/// A text becomes an object with a `reason`:
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
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refused {
    /// Creates a refusal with the payload `{"reason": reason}`.
    ///
    /// ```
    /// # use axum_channels::Refused;
    /// let refused = Refused::new("unauthorized");
    /// ```
    pub fn new(reason: impl AsRef<str>) -> Self {
        Self::with(json!({"reason": reason.as_ref()}))
    }

    /// Creates a refusal with a custom payload, which may be any JSON or bytes.
    ///
    /// ```
    /// # use axum_channels::Refused;
    /// let refused = Refused::with(serde_json::json!({"reason": "full", "limit": 8}));
    /// ```
    pub fn with(payload: impl Into<Payload>) -> Self {
        Self {
            payload: payload.into(),
            status: StatusCode::FORBIDDEN,
            headers: Vec::new(),
        }
    }

    /// Returns the payload that the client receives.
    ///
    /// ```
    /// # use axum_channels::Refused;
    /// let refused = Refused::new("full");
    /// assert_eq!(refused.payload().to_value(), serde_json::json!({"reason": "full"}));
    /// ```
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Sets the HTTP status of a refused WebSocket or request: 403 by default.
    ///
    /// It has no effect on a join or a message. A long-polling client is refused with HTTP 200 and a status in the body,
    /// which is 500 for a server error and 403 otherwise.
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
        match StatusCode::from_u16(status) {
            Ok(code) if code.is_client_error() || code.is_server_error() => self.status = code,
            _ => panic!("{status} does not refuse a connection: use 400 to 599"),
        }
        self
    }

    /// Sets a header of the response to a refused WebSocket or request, such as `Retry-After`, or another `Content-Type` than
    /// `application/json`.
    ///
    /// It has no effect on a join, a message or a long-polling client. Refusals that test clients return have none.
    ///
    /// ```
    /// # use axum_channels::Refused;
    /// use axum::http::{HeaderValue, header};
    ///
    /// let refused = Refused::new("too many attempts")
    ///     .status(429)
    ///     .header(header::RETRY_AFTER, 30.into())
    ///     .header(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    /// ```
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
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
