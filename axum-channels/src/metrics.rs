//! Metrics: `tracing` events with a target of their own, for a layer that counts and times them.
//!
//! Without such a layer nothing is timed or formatted: the check is the load of an atomic.

use std::time::Instant;

/// Target of these events. Their level is `TRACE`.
pub(crate) const TARGET: &str = "axum_channels::metrics";

/// Returns the current time, if the events are enabled.
pub(crate) fn started() -> Option<Instant> {
    tracing::enabled!(target: TARGET, tracing::Level::TRACE).then(Instant::now)
}

/// Emits an event: its name, its start (no event without one), and further fields.
macro_rules! record {
    ($what:literal, $since:expr $(, $field:ident = $value:expr)*) => {
        if let Some(since) = $since {
            let micros = std::time::Instant::elapsed(&since).as_micros() as u64;
            tracing::trace!(target: $crate::metrics::TARGET, what = $what, micros $(, $field = $value)*);
        }
    };
}
pub(crate) use record;
