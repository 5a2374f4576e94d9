//! JetStream: buckets of the Key/Value Store, by requests whose answers are JSON.

use super::client::{Answered, Client, Request, Unanswered};
use super::names::Bucket;
use super::violation::Violation;
use crate::engine::Refused;
use crate::error::{Error, Result};
use bytes::Bytes;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

/// Error of JetStream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum JetStreamError {
    /// The server, or the account, has none.
    IsOff,
    /// The server does not answer, or in another way than JetStream does.
    Failed {
        reason: String,
    },
    Refused {
        code: u64,
        reason: String,
    },
    /// The stream with this name does not exist any more.
    Gone(String),
    /// The user may not ask.
    Forbidden(Violation),
}

/// Header of a message that is refused unless the last one of its subject has this number, or 0 if there is none.
pub(super) const EXPECTED: &str = "Nats-Expected-Last-Subject-Sequence";

/// Header with the identity of a message: one that is sent again is stored once.
pub(super) const ID: &str = "Nats-Msg-Id";

/// Codes of errors.
pub(super) const NAME_IN_USE: u64 = 10058;
pub(super) const UNEXPECTED: u64 = 10071;
const NOT_ENABLED: [u64; 2] = [10076, 10039];
/// The stream or the consumer does not exist: it is made with another connection.
const MISSING: [u64; 2] = [10059, 10014];
/// The account, the server or the stream has no room.
const FULL: [u64; 6] = [10002, 10023, 10028, 10047, 10054, 10077];

const ROOM: &str =
    "raise the limits of the account, or `max_memory_store` of its server's JetStream";
const RIGHTS: &str =
    "give the user the rights in the documentation of `axum_channels::cluster::Nats`";

/// Status of an answer that nobody gave, and of a key that does not exist.
const NO_RESPONDERS: u16 = 503;
const NOT_FOUND: u16 = 404;

/// Checks that the user has JetStream.
pub(super) async fn check(client: &Client) -> Result<(), JetStreamError> {
    ask(client, "INFO".to_owned(), Vec::new()).await.map(drop)
}

/// Makes a bucket, unless it exists: the last value of each key, in memory, for a limited time. One with another age, of nodes with other settings, is changed.
pub(super) async fn make(
    client: &Client,
    bucket: &Bucket,
    age: Duration,
) -> Result<(), JetStreamError> {
    let name = bucket.stream();
    let config = json!({
        "name": name,
        "subjects": [bucket.all()],
        "retention": "limits",
        "storage": "memory",
        "discard": "old",
        "max_msgs_per_subject": 1,
        "max_age": age.as_nanos() as u64,
        "num_replicas": 1,
        "allow_rollup_hdrs": true,
        "allow_direct": true,
        "deny_delete": true,
    });
    let config = config.to_string().into_bytes();
    let made = ask(client, format!("STREAM.CREATE.{name}"), config.clone()).await;
    match made {
        Err(JetStreamError::Refused { code, .. }) if code == NAME_IN_USE => {
            let changed = ask(client, format!("STREAM.UPDATE.{name}"), config).await;
            changed.map(drop)
        }
        made => made.map(drop),
    }
}

/// Returns the keys of a bucket.
pub(super) async fn keys(client: &Client, bucket: &Bucket) -> Result<Vec<String>, JetStreamError> {
    let name = bucket.stream();
    let filter = json!({"subjects_filter": bucket.all()}).to_string();
    let answer = ask(client, format!("STREAM.INFO.{name}"), filter.into_bytes()).await?;
    let subjects = answer["state"]["subjects"].as_object().into_iter();
    Ok(subjects.flat_map(|it| it.keys().cloned()).collect())
}

/// Returns a request that stores a value, whose answer is [`stored`].
pub(super) fn put(key: String, value: &[u8]) -> Request {
    Request {
        subject: key,
        header: None,
        payload: value.to_vec(),
    }
}

/// Returns the number of a stored value.
pub(super) fn stored(answer: Answered) -> Result<u64, JetStreamError> {
    let number = parse(answer)?["seq"].as_u64();
    number.ok_or_else(|| failed("its answer has no number"))
}

/// Returns a request that deletes a key, whose answer is [`deleted`].
pub(super) fn delete(bucket: &Bucket, key: &str) -> Request {
    Request {
        subject: format!("$JS.API.STREAM.PURGE.{}", bucket.stream()),
        header: None,
        payload: json!({"filter": key}).to_string().into_bytes(),
    }
}

pub(super) fn deleted(answer: Answered) -> Result<(), JetStreamError> {
    parse(answer).map(drop)
}

/// Returns the values of keys, in the same order. `None` for those that do not exist.
pub(super) async fn get(
    client: &Client,
    bucket: &Bucket,
    keys: impl IntoIterator<Item = String>,
) -> Result<Vec<Option<Bytes>>> {
    let stream = bucket.stream();
    let request = |key| Request {
        subject: format!("$JS.API.DIRECT.GET.{stream}.{key}"),
        header: None,
        payload: Vec::new(),
    };
    let requests: Vec<_> = keys.into_iter().map(request).collect();
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    let answers = client.requests(requests).await?;
    let value = |answer: Answered| {
        let answer = answer.map_err(JetStreamError::from)?;
        match answer.status {
            None => Ok(Some(answer.payload)),
            Some(NOT_FOUND) => Ok(None),
            Some(NO_RESPONDERS) => Err(JetStreamError::IsOff.into()),
            Some(status) => Err(Error::msg(format!("JetStream answered {status}"))),
        }
    };
    answers.into_iter().map(value).collect()
}

pub(super) async fn ask(
    client: &Client,
    subject: String,
    payload: Vec<u8>,
) -> Result<Value, JetStreamError> {
    let request = Request {
        subject: format!("$JS.API.{subject}"),
        header: None,
        payload,
    };
    let answer = client.request(request).await;
    parse(answer.map_err(failed)?)
}

fn parse(answer: Answered) -> Result<Value, JetStreamError> {
    let answer = answer?;
    if answer.status == Some(NO_RESPONDERS) {
        return Err(JetStreamError::IsOff);
    }
    let answer: Value = serde_json::from_slice(&answer.payload)
        .map_err(|error| failed(format!("its answer cannot be read: {error}")))?;
    let Some(error) = answer.get("error") else {
        return Ok(answer);
    };
    let code = error["err_code"].as_u64().unwrap_or_default();
    match NOT_ENABLED.contains(&code) {
        true => Err(JetStreamError::IsOff),
        false => Err(JetStreamError::Refused {
            code,
            reason: error["description"].as_str().unwrap_or_default().to_owned(),
        }),
    }
}

impl JetStreamError {
    /// Returns [`Gone`](Self::Gone) for the error of a stream that does not exist.
    pub(super) fn or_gone(self, stream: &str) -> Self {
        match self {
            JetStreamError::Refused { code, .. } if MISSING.contains(&code) => {
                JetStreamError::Gone(stream.to_owned())
            }
            error => error,
        }
    }
}

impl From<Unanswered> for JetStreamError {
    fn from(reason: Unanswered) -> Self {
        match reason {
            Unanswered::Forbidden(violation) => JetStreamError::Forbidden(violation),
            Unanswered::Missing(reason) => JetStreamError::Failed { reason },
        }
    }
}

fn failed(reason: impl ToString) -> JetStreamError {
    let reason = reason.to_string();
    JetStreamError::Failed { reason }
}

/// Returns the refusal that an error is, if the server has answered and the connection is in order.
pub(super) fn refusal(error: &Error) -> Option<Refused> {
    let remedy = match error.downcast_ref() {
        Some(JetStreamError::Refused { code, .. }) if MISSING.contains(code) => return None,
        Some(JetStreamError::Refused { code, .. }) => FULL.contains(code).then_some(ROOM),
        Some(JetStreamError::Forbidden(_)) => Some(RIGHTS),
        Some(JetStreamError::Gone(_)) => Some("it is made again"),
        Some(_) => return None,
        None => error.downcast_ref::<Violation>().map(|_| RIGHTS)?.into(),
    };
    Some(Refused::new(error, remedy))
}

impl fmt::Display for JetStreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JetStreamError::IsOff => f.write_str("it has no JetStream"),
            JetStreamError::Failed { reason } | JetStreamError::Refused { reason, .. } => {
                write!(f, "JetStream: {reason}")
            }
            JetStreamError::Gone(stream) => write!(f, "the stream {stream} is gone"),
            JetStreamError::Forbidden(violation) => violation.fmt(f),
        }
    }
}

impl std::error::Error for JetStreamError {}
