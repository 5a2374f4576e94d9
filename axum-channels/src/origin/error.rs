use crate::log::one_line;
use crate::url::Problem;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use std::fmt;

/// Error of a text that is not an origin. Its `Display` names the text, without a user and a password, the problem and
/// examples.
///
/// ```
/// use axum_channels::CheckOrigin;
///
/// let error = CheckOrigin::hosts(["example.com"]).expect_err("no scheme");
/// assert!(error.to_string().starts_with("`example.com` is not an origin: it has no scheme; expected"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidOrigin {
    pub(super) value: String,
    pub(super) problem: Problem,
}

impl fmt::Display for InvalidOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InvalidOrigin { value, problem } = self;
        write!(
            f,
            "`{}` is not an origin: {problem}; expected one such as `https://example.com`, \
             `//example.com` (any scheme and port) or `//*.example.com` (subdomains, too); or `null`, `file://`, `*`",
            one_line(value)
        )
    }
}

impl std::error::Error for InvalidOrigin {}

/// Refusal of a request whose `Origin` is not allowed: see [`Endpoint::check_origin`](crate::Endpoint::check_origin).
///
/// Its `Display` names the origin, the allowed ones, and the setting that would allow it. As a response it is a 403 without
/// a body, which reveals nothing to the page.
///
/// ```
/// use axum::http::{HeaderMap, HeaderValue};
/// use axum_channels::Endpoint;
///
/// let endpoint = Endpoint::builder().build();
/// let headers = HeaderMap::from_iter([("origin".parse().unwrap(), HeaderValue::from_static("https://evil.example"))]);
/// let refused = endpoint.check_origin(&headers).expect_err("another site");
/// assert!(refused.to_string().starts_with("the origin `https://evil.example` is not allowed"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedOrigin {
    pub(super) origin: HeaderValue,
    pub(crate) allowed: String,
    /// The setting that would allow it.
    pub(crate) setting: String,
}

/// Maximum length of an origin that is shown. A host name has at most 253 characters.
const MAX_SHOWN: usize = 300;

impl RefusedOrigin {
    /// Returns the header as text, cut where it is longer than any origin.
    pub(crate) fn origin(&self) -> String {
        let origin = String::from_utf8_lossy(self.origin.as_bytes());
        origin.chars().take(MAX_SHOWN).collect()
    }
}

impl fmt::Display for RefusedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.origin();
        let RefusedOrigin {
            allowed, setting, ..
        } = self;
        write!(
            f,
            "the origin `{}` is not allowed: allowed are {allowed}; to allow it, {setting}",
            one_line(&origin)
        )
    }
}

impl std::error::Error for RefusedOrigin {}

impl IntoResponse for RefusedOrigin {
    fn into_response(self) -> Response {
        StatusCode::FORBIDDEN.into_response()
    }
}
