//! Errors with a suggestion: [`Misuse`], an invalid request, and [`Failure`]. Faults of templates: [`fault_in`].

use std::borrow::Cow;
use std::{fmt, io};

use serde::Serialize;

/// An error, as reports have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub message: String,
    pub help: Option<String>,
}

impl Problem {
    /// Exit code of a [`Misuse`].
    pub const MISUSE: u8 = 2;

    /// Maximum number of characters of a line. Parsers repeat the line with the error, and a file may be one line.
    const LONGEST_LINE: usize = 1000;

    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    /// Returns the error with the ends of very long lines cut off.
    fn cut(mut self) -> Self {
        if self.message.len() > Self::LONGEST_LINE {
            let lines = self.message.split('\n');
            let lines = lines.map(|line| match line.char_indices().nth(Self::LONGEST_LINE) {
                Some((end, _)) => Cow::from(format!("{}…", &line[..end])),
                None => line.into(),
            });
            self.message = lines.collect::<Vec<_>>().join("\n");
        }
        self
    }

    /// Returns the error, and the further obstacles of a [`Misuse`].
    pub fn all(error: &anyhow::Error) -> Vec<Self> {
        let misuse = error.downcast_ref::<Misuse>();
        let failure = error.downcast_ref::<Failure>();
        let known = misuse.map(|misuse| &misuse.problem);
        let known = known.or(failure.map(|failure| &failure.0));
        let first = Self {
            message: format!("{error:#}"),
            help: known.and_then(|problem| problem.help.clone()),
        };
        let more = misuse.map_or(&[][..], |misuse| &misuse.more).iter();
        let all = std::iter::once(first).chain(more.cloned());
        all.map(Self::cut).collect()
    }

    /// Returns the exit code of a run that `error` has ended.
    pub fn exit_code(error: &anyhow::Error) -> u8 {
        match error.downcast_ref::<Misuse>() {
            Some(_) => Self::MISUSE,
            None => 1,
        }
    }
}

/// An invalid request. The command exits with 2; every other error exits with 1.
#[derive(Debug, Clone)]
pub struct Misuse {
    problem: Problem,
    /// Further obstacles.
    more: Vec<Problem>,
    is_by_example: bool,
}

impl Misuse {
    /// Creates an error. `message` is in lower case, with backticks around values.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            problem: Problem::new(message),
            more: Vec::new(),
            is_by_example: false,
        }
    }

    /// Marks the suggested value as an example: nothing could be made of the typed one.
    pub fn by_example(mut self) -> Self {
        self.is_by_example = true;
        self
    }

    pub fn is_by_example(&self) -> bool {
        self.is_by_example
    }

    /// Adds a suggestion, usually a command.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.problem.help = Some(help.into());
        self
    }

    /// Combines distinct errors into one; `None` if there are none.
    pub fn all(misuses: Vec<Self>) -> Option<Self> {
        let mut rest = misuses.into_iter();
        let mut first = rest.next()?;
        for Self { problem, .. } in rest {
            let same = |known: &Problem| known.message == problem.message;
            if !same(&first.problem) && !first.more.iter().any(same) {
                first.more.push(problem);
            }
        }
        Some(first)
    }

    /// Returns the line after `help:`.
    #[cfg(test)]
    pub fn way_out(&self) -> Option<&str> {
        self.problem.help.as_deref()
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Misuse {}

/// A failure with a suggestion. The command exits with 1.
#[derive(Debug, Clone)]
pub struct Failure(Problem);

impl Failure {
    /// Creates an error. `message` is in lower case, with backticks around values.
    pub fn new(message: impl Into<String>) -> Self {
        Self(Problem::new(message))
    }

    /// Adds a suggestion.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

/// Adds to a fault of a template what it is in. A file of the app that cannot be read is no fault of a template.
pub fn fault_in<T>(result: anyhow::Result<T>, what: impl FnOnce() -> String) -> anyhow::Result<T> {
    result.map_err(|error| match error.root_cause().is::<io::Error>() {
        true => error,
        false => error.context(format!("in {}", what())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_several_have_is_one() {
        let misuses = ["a", "b", "a", "c", "b"].map(Misuse::new);
        let all = Misuse::all(misuses.into()).expect("there are some");
        let messages: Vec<_> = all.more.iter().map(|more| more.message.as_str()).collect();
        assert_eq!(
            (all.problem.message.as_str(), messages),
            ("a", vec!["b", "c"])
        );
        assert!(Misuse::all(Vec::new()).is_none());
    }
}
