//! Events of the HTTP server.

use super::{TARGET, limited, millis, one_line};
use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;

/// Logs a connection that ended without HTTP: its client was too slow, sent no HTTP, or is gone.
pub(crate) fn http_failed(peer: SocketAddr, error: &dyn Display) {
    limited!(
        DEBUG,
        "HTTP connection failed",
        peer = %peer,
        error = one_line(error.to_string())
    );
}

/// Logs that accepting fails for lack of file descriptors or memory.
pub(crate) fn not_accepting(error: &dyn Display) {
    tracing::error!(target: TARGET, error = %error, "cannot accept connections");
}

pub(crate) fn accepting_again() {
    tracing::info!(target: TARGET, "accepting connections again");
}

/// Logs the signal of a graceful shutdown, with the delay if there is one.
pub(crate) fn shutdown_requested(delay: Duration) {
    let delay_ms = (!delay.is_zero()).then(|| millis(delay));
    tracing::info!(target: TARGET, delay_ms, "shutdown requested");
}

/// Logs the number of requests still under way at the end of a shutdown's time.
pub(crate) fn requests_dropped(requests: usize, limit: Duration) {
    let limit_ms = millis(limit);
    tracing::warn!(target: TARGET, requests, limit_ms, "requests dropped");
}
