//! The log: events with a constant message and fields. [`LogLine`] has the sentence of each, in Phoenix's shape.
//!
//! A disabled event is neither timed nor formatted. Values from clients are escaped and cut, as Elixir's `inspect` does;
//! the filter removes hidden ones. Events that a client can trigger at will are rate limited.

mod cluster;
mod connection;
mod filter;
mod limiter;
mod line;
mod params;
mod scanner;
mod server;
mod text;
mod turn;

pub(crate) use cluster::{
    adapter_not_stopped, adapter_stopped, history_lost, history_not_loaded, malformed,
    messages_lost, not_published, not_subscribed, not_unsubscribed,
};
#[cfg(any(feature = "nats", feature = "redis"))]
pub(crate) use cluster::{
    engine_accepts, engine_away, engine_back, engine_connected, engine_refuses,
};
pub(crate) use connection::{Closed, Refusal, SocketLog};
pub(crate) use filter::Filter;
pub use line::LogLine;
use params::Params;
pub(crate) use server::{
    accepting_again, http_failed, not_accepting, requests_dropped, shutdown_requested,
};
pub(crate) use text::one_line;
pub(crate) use turn::{
    ChannelLog, Line, aborted, blocking, crashed, decode_failed, drop_crashed, encode_failed,
    handled, join_crashed, joined, overrun, presence_crashed, refused_join, request_crashed,
    too_many, unmatched,
};

use std::time::{Duration, Instant};
use tracing::Level;
use tracing::level_filters::LevelFilter;

/// Target of every event in this module.
pub(crate) const TARGET: &str = "axum_channels";

/// Emits an event at a level chosen at run time, or none.
macro_rules! at_level {
    ($level:expr, $($event:tt)+) => {
        match $level.into_level() {
            Some(tracing::Level::ERROR) => tracing::error!(target: $crate::log::TARGET, $($event)+),
            Some(tracing::Level::WARN) => tracing::warn!(target: $crate::log::TARGET, $($event)+),
            Some(tracing::Level::INFO) => tracing::info!(target: $crate::log::TARGET, $($event)+),
            Some(tracing::Level::DEBUG) => tracing::debug!(target: $crate::log::TARGET, $($event)+),
            Some(tracing::Level::TRACE) => tracing::trace!(target: $crate::log::TARGET, $($event)+),
            None => {}
        }
    };
}
pub(crate) use at_level;

/// Emits an event unless too many of its kind were emitted this second: see [`limiter`].
///
/// Each call site is a kind, which the report of suppressed events names: by its message, or by the text after `of`.
macro_rules! limited {
    ($level:ident, $message:literal, $($fields:tt)+) => {
        $crate::log::limited!($level, $message of $message, $($fields)+)
    };
    ($level:ident, $message:literal of $of:literal, $($fields:tt)+) => {{
        static LIMITER: $crate::log::limiter::Limiter =
            $crate::log::limiter::Limiter::new(|count| {
                tracing::event!(target: $crate::log::TARGET, tracing::Level::$level, count, of = $of, "more not logged");
            });
        if tracing::enabled!(target: $crate::log::TARGET, tracing::Level::$level) && LIMITER.admits() {
            tracing::event!(target: $crate::log::TARGET, tracing::Level::$level, $($fields)+, $message);
        }
    }};
}
pub(crate) use limited;

/// Returns a payload as a line shows it.
#[cfg(any(test, fuzzing))]
pub(crate) fn shown(payload: &crate::message::Payload) -> String {
    Params::of_payload(payload, &Filter::default()).to_string()
}

/// Returns the start time for a duration, if an event of this level is enabled.
pub(crate) fn started(level: LevelFilter) -> Option<Instant> {
    macro_rules! wanted {
        ($level:ident) => {
            tracing::enabled!(target: TARGET, Level::$level)
        };
    }
    let wanted = match level.into_level()? {
        Level::ERROR => wanted!(ERROR),
        Level::WARN => wanted!(WARN),
        Level::INFO => wanted!(INFO),
        Level::DEBUG => wanted!(DEBUG),
        Level::TRACE => wanted!(TRACE),
    };
    wanted.then(Instant::now)
}

/// Whole milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Whole microseconds, as the field `duration_us` has them.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
