//! Errors with a suggestion: [`Misuse`], an invalid request, and [`Failure`].

use std::fmt;

use serde::Serialize;

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

    /// Returns the line after `help:`.
    pub fn way_out(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// An error, as reports have it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub message: String,
    pub help: Option<String>,
}

impl Problem {
    /// Exit code of a [`Misuse`].
    pub const MISUSE: u8 = 2;

    /// Returns the error, and the further obstacles of a [`Misuse`].
    pub fn all(error: &anyhow::Error) -> Vec<Self> {
        let misuse = error.downcast_ref::<Misuse>();
        let problem = |message, misuse: Option<&Misuse>| Self {
            message,
            help: misuse.and_then(Misuse::way_out).map(str::to_owned),
        };
        let more = misuse.map_or(&[][..], |misuse| &misuse.more).iter();
        let more = more.map(|more| problem(more.to_string(), Some(more)));
        let mut first = problem(format!("{error:#}"), misuse);
        if let Some(failure) = error.downcast_ref::<Failure>() {
            first.help = failure.way_out().map(str::to_owned);
        }
        std::iter::once(first).chain(more).collect()
    }

    /// Returns the exit code of a run that `error` has ended.
    pub fn exit_code(error: &anyhow::Error) -> u8 {
        match error.downcast_ref::<Misuse>() {
            Some(_) => Self::MISUSE,
            None => 1,
        }
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
