use crate::message::PresenceDiff;
use crate::presence::Tracker;
use crate::pubsub::cluster::{Body, Message, unpack};
#[cfg(any(feature = "redis", fuzzing))]
use crate::term::{Term, VERSION, put, write_json};
#[cfg(any(feature = "redis", fuzzing))]
use serde_json::Value;

/// Asserts that a message of another node, or each that it carries, is refused or read, that it is read the same when sent
/// again, and that presences that arrive twice change nothing. An Erlang term is refused, or JSON that can be read.
pub fn cluster(data: &[u8]) {
    #[cfg(any(feature = "redis", fuzzing))]
    term(data);
    match unpack(data) {
        Some(messages) => messages.flatten().for_each(message),
        None => message(data),
    }
}

fn message(data: &[u8]) {
    let Ok(message) = Message::decode(data) else {
        return;
    };
    let sent = message.encode();
    assert_eq!(Message::decode(&sent), Ok(message.clone()));
    if let Body::Presences(change) = message.body {
        let tracker = Tracker::new(None);
        let merge = || tracker.merge(message.node, message.topic, change);
        if let Ok(first) = merge() {
            assert_eq!(tracker.list(message.topic), first.joins);
            assert_eq!(merge(), Ok(PresenceDiff::default()));
        }
    }
}

#[cfg(any(feature = "redis", fuzzing))]
fn term(data: &[u8]) {
    let Some(text) = data.strip_prefix(&[VERSION]).and_then(json) else {
        return;
    };
    let value: Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(error) => {
            let is_expected = |reason: &&str| error.to_string().starts_with(reason);
            let known = ["recursion limit exceeded", "number out of range"];
            assert!(known.iter().any(is_expected), "{error}: {text}");
            return;
        }
    };
    let mut sent = vec![VERSION];
    put(&value, &mut sent);
    let received = json(&sent[1..]).map(|json| serde_json::from_str(&json).ok());
    assert_eq!(received.flatten(), Some(value));
}

#[cfg(any(feature = "redis", fuzzing))]
fn json(term: &[u8]) -> Option<String> {
    let mut json = String::new();
    write_json(&Term::decode(term)?, &mut json).ok()?;
    Some(json)
}
