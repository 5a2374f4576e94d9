//! Answers of the server that refuse a command, and say nothing about the connection.

use crate::engine::{Refusals, Refused, Write};
use crate::error::{Error, Result};
use ::redis::{ErrorKind, RedisError, ServerError};

/// Origin of a command.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// A message to keep, with its number.
    Store(u64),
    /// As many messages as were packed.
    Publish(u64),
    Journal,
}

impl Source {
    pub(super) fn of(write: &Write) -> Self {
        match write {
            Write::Store { number, .. } => Source::Store(*number),
            Write::Publish { count, .. } => Source::Publish(*count),
            Write::Put { .. } | Write::Keep { .. } | Write::Delete { .. } => Source::Journal,
        }
    }
}

impl Refusals {
    pub(super) fn add(&mut self, source: Source, reason: Refused) {
        match source {
            Source::Store(number) => self.stores.push(number),
            Source::Publish(count) => self.published += count,
            Source::Journal => self.has_journal = true,
        }
        self.reason = Some(reason);
    }

    /// Adds the refusals of another server.
    pub(super) fn merge(&mut self, other: Refusals) {
        self.stores.extend(other.stores);
        self.published += other.published;
        self.has_journal |= other.has_journal;
        self.reason = other.reason.or(self.reason.take());
    }
}

/// Codes of answers after which another connection helps: it signs in, loads the scripts, or finds a cluster that is complete.
const OF_THE_CONNECTION: [&str; 3] = ["NOAUTH", "NOSCRIPT", "CLUSTERDOWN"];

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

/// Returns the refusal that an answer is, unless another connection is needed.
pub(super) fn of_answer(answer: &ServerError) -> Option<Refused> {
    let code = answer.code();
    if OF_THE_CONNECTION.contains(&code) {
        return None;
    }
    let text = match answer.details() {
        Some(details) => format!("{code} {details}"),
        None => code.to_owned(),
    };
    let mut refused = Refused::new(&text, remedy(&text));
    refused.may_be_elsewhere = text.contains("READONLY");
    Some(refused)
}

/// Returns the remedy of an answer. Redis 6 has the code of a script's error in its text.
fn remedy(text: &str) -> Option<&'static str> {
    let known = REMEDIES.iter().find(|(code, _)| text.contains(code));
    known.map(|(_, remedy)| *remedy)
}

const REMEDIES: [(&str, &str); 4] = [
    (
        "OOM command",
        "raise its `maxmemory`, or let it have fewer data",
    ),
    (
        "NOPERM",
        "give the user the rights in the documentation of `axum_channels::cluster::Redis`",
    ),
    (
        "READONLY",
        "this is a replica, and the URL has to lead to the primary",
    ),
    ("MISCONF", "it cannot save its data, see its own log"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use ::redis::{Value, parse_redis_value};

    fn read(answer: &str) -> Option<Refused> {
        let answer = parse_redis_value(format!("-{answer}\r\n").as_bytes());
        match answer.expect("an answer") {
            Value::ServerError(answer) => of_answer(&answer),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_is_a_refusal_with_a_remedy_unless_another_connection_helps() {
        for answer in [
            "OOM command not allowed when used memory > 'maxmemory'.",
            "ERR Error running script (call to f_1): @user_script: 7: -OOM command not allowed",
        ] {
            let expected = format!("{answer}: raise its `maxmemory`, or let it have fewer data");
            assert_eq!(read(answer).map(|refused| refused.reason), Some(expected));
        }
        let replica = read("READONLY You can't write against a read only replica.");
        assert_eq!(replica.map(|refused| refused.may_be_elsewhere), Some(true));
        assert_eq!(
            read("WRONGTYPE Operation").map(|refused| refused.reason),
            Some("WRONGTYPE Operation".to_owned())
        );
        for answer in [
            "NOAUTH Authentication required.",
            "NOSCRIPT No matching script.",
        ] {
            assert_eq!(read(answer), None, "{answer}");
        }
    }
}
