use super::Payload;
use crate::Error;
use serde_json::json;

/// Refusal of a connection or a join, as its client receives it.
///
/// A join is answered with status `error` and the payload; a connection with an HTTP status (403 by default) and the
/// payload as its body, which programs can read and browsers hide.
///
/// Any [`std::error::Error`] becomes a `Refused` by `?`. Its text is logged and not shown: the client receives
/// `{"reason":"join crashed"}`, or a 500.
///
/// ```
/// use axum_channels::{Payload, Refused};
/// use serde_json::json;
///
/// assert_eq!(Refused::new("unauthorized"), Refused::with(json!({"reason": "unauthorized"})));
/// ```
#[derive(Debug)]
pub struct Refused(pub(crate) Why);

#[derive(Debug)]
pub(crate) enum Why {
    /// Refused on purpose.
    Refused { payload: Payload, status: u16 },
    /// Failed with an error.
    Crashed(Error),
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
        Self(Why::Refused {
            payload: payload.into(),
            status: FORBIDDEN,
        })
    }

    /// Sets the HTTP status of a refused WebSocket, 403 by default. It has no effect on a join, nor by long-polling, where
    /// clients look for the status in the body: 403, or 500 for a server error.
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
        if let Why::Refused {
            status: current, ..
        } = &mut self.0
        {
            *current = status;
        }
        self
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(Why::Crashed(error.into()))
    }
}

/// Refusals on purpose are equal if the client receives the same; errors are never equal.
impl PartialEq for Refused {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (
                Why::Refused { payload, status },
                Why::Refused {
                    payload: other,
                    status: theirs,
                },
            ) => payload == other && status == theirs,
            _ => false,
        }
    }
}
