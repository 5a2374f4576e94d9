use crate::message::PresenceDiff;
use crate::presence::Tracker;
use crate::pubsub::cluster::{Body, Message};
#[cfg(fuzzing)]
use crate::term::{Term, write_json};

/// Asserts that a message of another node is refused or read, that it is read the same when sent again, and that presences
/// that arrive twice change nothing. An Erlang term is refused, or JSON that can be read.
pub fn cluster(data: &[u8]) {
    #[cfg(fuzzing)]
    term(data);
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

#[cfg(fuzzing)]
fn term(data: &[u8]) {
    let mut json = String::new();
    if let Some(term) = Term::decode(data)
        && write_json(&term, &mut json).is_ok()
    {
        let refused = serde_json::from_str::<serde::de::IgnoredAny>(&json).err();
        let refused = refused.map(|error| error.to_string());
        let is_too_deep = |error: String| error.starts_with("recursion limit exceeded");
        assert!(refused.is_none_or(is_too_deep), "{json}");
    }
}
