use super::Payload;
use crate::Error;
use serde_json::json;

/// Why a connection or a join was refused, as its client is told.
///
/// A join is answered with status `error` and the payload; a connection with an HTTP status (403 unless told otherwise)
/// and the payload as its body, which programs can read and browsers hide.
///
/// Any [`std::error::Error`] becomes a `Refused` by `?`. Its text is logged and not shown: the client is told
/// `{"reason":"join crashed"}`, or gets a 500.
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
    /// On purpose.
    Said { payload: Payload, status: u16 },
    /// Something went wrong.
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

    /// Refuses with a payload of your own.
    ///
    /// ```
    /// # use axum_channels::Refused;
    /// let refused = Refused::with(serde_json::json!({"reason": "full", "limit": 8}));
    /// ```
    pub fn with(payload: impl Into<Payload>) -> Self {
        Self(Why::Said {
            payload: payload.into(),
            status: FORBIDDEN,
        })
    }

    /// The HTTP status that a refused connection gets, 403 by default. It means nothing to a join.
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
        if let Why::Said {
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

/// Refusals made on purpose are equal if the client is told the same; crashes are never equal.
impl PartialEq for Refused {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (
                Why::Said { payload, status },
                Why::Said {
                    payload: other,
                    status: theirs,
                },
            ) => payload == other && status == theirs,
            _ => false,
        }
    }
}
