//! Events of messages between nodes.

use super::{TARGET, limited, one_line};
use crate::error::Error;

/// Logs a message that the adapter did not take.
pub(crate) fn not_published(topic: &str, error: &Error) {
    limited!(
        WARN,
        "message not published",
        topic = one_line(topic),
        error = one_line(error),
        "message not published"
    );
}

/// Logs messages that were lost on the way to other nodes.
pub(crate) fn messages_lost(count: u64, reason: &str) {
    limited!(
        WARN,
        "messages lost",
        count,
        reason = one_line(reason),
        "messages lost"
    );
}

/// Logs a message of another node that cannot be decoded.
pub(crate) fn malformed(reason: &'static str, bytes: usize) {
    limited!(
        ERROR,
        "malformed message of a node",
        reason,
        bytes,
        "malformed message of a node"
    );
}

pub(crate) fn not_subscribed(topic: &str, error: &Error) {
    limited!(
        WARN,
        "topic not subscribed",
        topic = one_line(topic),
        error = one_line(error),
        "topic not subscribed"
    );
}

pub(crate) fn not_unsubscribed(topic: &str, error: &Error) {
    limited!(
        WARN,
        "topic not unsubscribed",
        topic = one_line(topic),
        error = one_line(error),
        "topic not unsubscribed"
    );
}

/// Logs the end of an adapter, which is run again.
pub(crate) fn adapter_stopped(error: Option<&Error>) {
    let error = error.map_or("none".to_owned(), one_line);
    tracing::error!(target: TARGET, error, "pubsub adapter stopped");
}
