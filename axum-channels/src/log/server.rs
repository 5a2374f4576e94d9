//! Events of the HTTP server.

use super::{TARGET, limited, one_line};
use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;

/// A connection ended otherwise than by HTTP: a client that was too slow, sent what is no HTTP, or is gone.
pub(crate) fn http_failed(peer: SocketAddr, error: &dyn Display) {
    limited!(
        DEBUG,
        "HTTP connection failed",
        peer = %peer,
        error = one_line(error.to_string()),
        "HTTP connection failed"
    );
}

/// The system gives no more connections, for lack of file descriptors or memory.
pub(crate) fn not_accepting(error: &dyn Display) {
    tracing::error!(target: TARGET, error = %error, "cannot accept connections");
}

pub(crate) fn accepting_again() {
    tracing::info!(target: TARGET, "accepting connections again");
}

/// So many requests were still under way at the end of a shutdown's time.
pub(crate) fn requests_dropped(requests: usize, limit: Duration) {
    let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    tracing::warn!(target: TARGET, requests, limit_ms, "requests dropped");
}
