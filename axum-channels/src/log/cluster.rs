//! Events of messages between nodes.

use super::{TARGET, limited, one_line};
use crate::error::Error;
#[cfg(any(feature = "nats", feature = "redis"))]
use std::fmt::Display;

/// Logs a message that the adapter did not take.
pub(crate) fn not_published(topic: &str, error: &Error) {
    limited!(
        WARN,
        "message not published",
        topic = one_line(topic),
        error = one_line(error)
    );
}

/// Logs messages that were lost on the way to other nodes.
pub(crate) fn messages_lost(count: u64, reason: &str) {
    limited!(WARN, "messages lost", count, reason = one_line(reason));
}

/// Logs a message of another node that cannot be decoded.
pub(crate) fn malformed(reason: &'static str, bytes: usize) {
    limited!(ERROR, "malformed message of a node", reason, bytes);
}

pub(crate) fn not_subscribed(topic: &str, error: &Error) {
    limited!(
        WARN,
        "topic not subscribed",
        topic = one_line(topic),
        error = one_line(error)
    );
}

pub(crate) fn history_not_loaded(topic: &str, error: &Error) {
    limited!(
        WARN,
        "history not loaded",
        topic = one_line(topic),
        error = one_line(error)
    );
}

/// Broadcasts of a topic were lost in the engine: those of its clients that keep positions join again.
pub(crate) fn history_lost(topic: &str) {
    limited!(
        WARN,
        "the engine has lost broadcasts",
        topic = one_line(topic)
    );
}

pub(crate) fn not_unsubscribed(topic: &str, error: &Error) {
    limited!(
        WARN,
        "topic not unsubscribed",
        topic = one_line(topic),
        error = one_line(error)
    );
}

/// Logs an adapter that could not leave in good order.
pub(crate) fn adapter_not_stopped(error: &Error) {
    let error = one_line(error);
    tracing::warn!(target: TARGET, error, "pubsub adapter not stopped");
}

/// Logs the loss of the connection to the engine, or a first connection that failed.
#[cfg(any(feature = "nats", feature = "redis"))]
pub(crate) fn engine_away(error: &Error) {
    let error = one_line(error);
    tracing::error!(target: TARGET, error, "pubsub engine away");
}

/// Logs the first connection to the engine, unless one has failed before: see [`engine_back`].
#[cfg(any(feature = "nats", feature = "redis"))]
pub(crate) fn engine_connected(engine: &str, addr: &str) {
    tracing::info!(target: TARGET, engine, addr, "pubsub engine connected");
}

/// Logs a connection to the engine after it was away.
#[cfg(any(feature = "nats", feature = "redis"))]
pub(crate) fn engine_back(away: std::time::Duration) {
    let away_ms = super::millis(away);
    tracing::info!(target: TARGET, away_ms, "pubsub engine back");
}

/// Logs that the engine answers, and refuses to keep something.
#[cfg(any(feature = "nats", feature = "redis"))]
pub(crate) fn engine_refuses(engine: &str, part: &impl Display, refused: &impl Display) {
    let (part, error) = (part.to_string(), one_line(refused));
    limited!(ERROR, "pubsub engine refuses", engine, part, error);
}

#[cfg(any(feature = "nats", feature = "redis"))]
pub(crate) fn engine_accepts(engine: &str, part: &str) {
    limited!(INFO, "pubsub engine accepts", engine, part);
}

/// Logs the end of an adapter, which is run again.
pub(crate) fn adapter_stopped(error: Option<&Error>) {
    let error = error.map_or("none".to_owned(), one_line);
    tracing::error!(target: TARGET, error, "pubsub adapter stopped");
}
