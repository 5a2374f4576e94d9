//! The locks of the library, and the atomics of the places where a flag and a queue meet.
//!
//! Such a place is a type of its own that knows no tokio. Beside it, in `models.rs`, [loom] runs a few threads there in every
//! order. The cfg is one of our own, because `--cfg loom` would change tokio, too: see CONTRIBUTING.md for the command.
//!
//! [loom]: https://docs.rs/loom

#[cfg(all(test, axum_channels_loom))]
pub(crate) use loom::sync::{Mutex, MutexGuard, atomic};
#[cfg(not(all(test, axum_channels_loom)))]
pub(crate) use std::sync::{Mutex, MutexGuard, atomic};

use std::sync::PoisonError;

/// Locks, whatever happened to the last holder: nothing here runs user code under a lock, so nothing is left half-done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `check` in every order of its threads in which at most two are interrupted. That takes seconds, and all faults that
/// models have found here need no more.
#[cfg(all(test, axum_channels_loom))]
pub(crate) fn model(check: impl Fn() + Send + Sync + 'static) {
    let mut models = loom::model::Builder::new();
    models.preemption_bound = Some(2);
    models.check(check);
}
