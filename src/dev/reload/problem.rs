//! Errors of a build, as pages show them.

use serde::Serialize;

/// An error of a build, or of the start of the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// File, line and column.
    pub place: Option<String>,
    /// Plain text, of several lines.
    pub text: String,
}

impl Problem {
    /// Returns an error without a place.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            place: None,
            text: text.into(),
        }
    }
}
