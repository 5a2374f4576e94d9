//! What can be counted and timed: `tracing` events of a target of their own, for a layer that keeps figures.
//!
//! Nothing is timed or formatted while nobody listens: a check whether somebody does is one load of an atomic.

use std::time::Instant;

/// The target of these events. Their level is `TRACE`.
pub(crate) const TARGET: &str = "axum_channels::metrics";

/// The moment, if somebody wants to know how long something takes from here.
pub(crate) fn started() -> Option<Instant> {
    tracing::enabled!(target: TARGET, tracing::Level::TRACE).then(Instant::now)
}

/// One event: what happened, when it began (nothing is told if that is unknown), and what else is known of it.
macro_rules! told {
    ($what:literal, $since:expr $(, $field:ident = $value:expr)*) => {
        if let Some(since) = $since {
            let micros = std::time::Instant::elapsed(&since).as_micros() as u64;
            tracing::trace!(target: $crate::metrics::TARGET, what = $what, micros $(, $field = $value)*);
        }
    };
}
pub(crate) use told;
