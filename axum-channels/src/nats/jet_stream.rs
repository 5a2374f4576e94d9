//! JetStream: buckets of the Key/Value Store, by requests whose answers are JSON.

use super::client::{Client, Request};
use super::names::Bucket;
use super::protocol::Received;
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
    Refused {
        code: u64,
        reason: String,
    },
}

/// Header of a message that is refused unless the last one of its subject has this number, or 0 if there is none.
pub(super) const EXPECTED: &str = "Nats-Expected-Last-Subject-Sequence";

/// Header with the identity of a message: one that is sent again is stored once.
pub(super) const ID: &str = "Nats-Msg-Id";

/// Codes of errors.
pub(super) const NAME_IN_USE: u64 = 10058;
pub(super) const UNEXPECTED: u64 = 10071;
const NOT_ENABLED: [u64; 2] = [10076, 10039];

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
pub(super) fn stored(answer: &Received) -> Result<u64, JetStreamError> {
    let number = parse(answer)?["seq"].as_u64();
    number.ok_or_else(|| refused(0, "its answer has no number".to_owned()))
}

/// Returns a request that deletes a key, whose answer is [`deleted`].
pub(super) fn delete(bucket: &Bucket, key: &str) -> Request {
    Request {
        subject: format!("$JS.API.STREAM.PURGE.{}", bucket.stream()),
        header: None,
        payload: json!({"filter": key}).to_string().into_bytes(),
    }
}

pub(super) fn deleted(answer: &Received) -> Result<(), JetStreamError> {
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
    let value = |answer: Received| match answer.status {
        None => Ok(Some(answer.payload)),
        Some(NOT_FOUND) => Ok(None),
        Some(NO_RESPONDERS) => Err(JetStreamError::IsOff.into()),
        Some(status) => Err(Error::msg(format!("JetStream answered {status}"))),
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
    parse(&answer.map_err(|error| refused(0, error.to_string()))?)
}

fn parse(answer: &Received) -> Result<Value, JetStreamError> {
    if answer.status == Some(NO_RESPONDERS) {
        return Err(JetStreamError::IsOff);
    }
    let answer: Value = serde_json::from_slice(&answer.payload)
        .map_err(|error| refused(0, format!("its answer cannot be read: {error}")))?;
    let Some(error) = answer.get("error") else {
        return Ok(answer);
    };
    let code = error["err_code"].as_u64().unwrap_or_default();
    match NOT_ENABLED.contains(&code) {
        true => Err(JetStreamError::IsOff),
        false => Err(refused(
            code,
            error["description"].as_str().unwrap_or_default().to_owned(),
        )),
    }
}

fn refused(code: u64, reason: String) -> JetStreamError {
    JetStreamError::Refused { code, reason }
}

impl fmt::Display for JetStreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JetStreamError::IsOff => f.write_str("it has no JetStream"),
            JetStreamError::Refused { reason, .. } => write!(f, "JetStream: {reason}"),
        }
    }
}

impl std::error::Error for JetStreamError {}
