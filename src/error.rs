//! Errors with a suggestion: [`Misuse`], an invalid request, and [`Failure`].

use std::fmt;

/// An invalid request. The command exits with 2; every other error exits with 1.
#[derive(Debug, Clone)]
pub struct Misuse {
    message: String,
    help: Option<String>,
    /// Further obstacles.
    more: Vec<Misuse>,
}

impl Misuse {
    /// Creates an error. `message` is in lower case, with backticks around values.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
            more: Vec::new(),
        }
    }

    /// Adds a suggestion, usually a command.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Combines distinct errors into one; `None` if there are none.
    pub fn all(misuses: Vec<Self>) -> Option<Self> {
        let mut rest = misuses.into_iter();
        let mut first = rest.next()?;
        for misuse in rest {
            let same = |known: &Self| known.message == misuse.message;
            if !same(&first) && !first.more.iter().any(same) {
                first.more.push(misuse);
            }
        }
        Some(first)
    }

    /// Further obstacles.
    pub fn more(&self) -> &[Self] {
        &self.more
    }

    /// Returns the line after `help:`.
    pub fn way_out(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Misuse {}

/// A failure with a suggestion. The command exits with 1.
#[derive(Debug, Clone)]
pub struct Failure {
    message: String,
    help: String,
}

impl Failure {
    /// Creates an error. `message` is in lower case, with backticks around values.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: String::new(),
        }
    }

    /// Adds a suggestion.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Returns the line after `help:`.
    pub fn way_out(&self) -> Option<&str> {
        Some(self.help.as_str()).filter(|help| !help.is_empty())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
