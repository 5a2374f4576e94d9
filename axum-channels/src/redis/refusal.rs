//! Answers of the server that refuse a command, and say nothing about the connection.

use crate::engine::{Refusals, Refused, Write};
use crate::error::{Error, Result};
use ::redis::{ErrorKind, RedisError, ServerError};

/// What a command belongs to.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// A message to keep, with its number.
    Store(u64),
    Publish,
    Journal,
}

impl Source {
    pub(super) fn of(write: &Write) -> Self {
        match write {
            Write::Store { number, .. } => Source::Store(*number),
            Write::Publish { .. } => Source::Publish,
            Write::Put { .. } | Write::Keep { .. } | Write::Delete { .. } => Source::Journal,
        }
    }
}

impl Refusals {
    pub(super) fn add(&mut self, source: Source, reason: Refused) {
        match source {
            Source::Store(number) => self.stores.push(number),
            Source::Publish => self.published += 1,
            Source::Journal => self.has_journal = true,
        }
        self.reason = Some(reason);
    }
}

/// Codes of answers after which another connection helps: it signs in, or loads the scripts.
const OF_THE_CONNECTION: [&str; 2] = ["NOAUTH", "NOSCRIPT"];

/// Returns the refusal that an error is, if the server has answered and the connection is in order.
pub(super) fn refusal(error: &Error) -> Option<Refused> {
    let error: &RedisError = error.downcast_ref()?;
    let is_answer = matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension);
    let answers = error.clone().into_server_errors().filter(|_| is_answer)?;
    let (_, answer) = answers.first()?;
    of_answer(answer)
}

/// Returns the refusals of commands that were sent together, or the error if another connection is needed.
pub(super) fn refusals(
    error: RedisError,
    sources: &[Source],
    mut refusals: Refusals,
) -> Result<Refusals> {
    let Some(answers) = error.clone().into_server_errors() else {
        return Err(error.into());
    };
    for (index, answer) in answers.iter() {
        match (sources.get(*index), of_answer(answer)) {
            (Some(source), Some(reason)) => refusals.add(*source, reason),
            _ => return Err(error.into()),
        }
    }
    Ok(refusals)
}

fn of_answer(answer: &ServerError) -> Option<Refused> {
    let code = answer.code();
    if OF_THE_CONNECTION.contains(&code) {
        return None;
    }
    let text = match answer.details() {
        Some(details) => format!("{code} {details}"),
        None => code.to_owned(),
    };
    let mut refused = Refused::new(text, remedy(code));
    refused.may_be_elsewhere = code == "READONLY";
    Some(refused)
}

fn remedy(code: &str) -> Option<&'static str> {
    Some(match code {
        "OOM" => "raise its `maxmemory`, or let it have fewer data",
        "NOPERM" => {
            "give the user the rights in the documentation of `axum_channels::cluster::Redis`"
        }
        "READONLY" => "this is a replica, and the URL has to lead to the primary",
        "MISCONF" => "it cannot save its data, see its own log",
        _ => return None,
    })
}
