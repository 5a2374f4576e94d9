//! Locks, and what models need.
//!
//! A place where a flag and a queue meet is a type of its own that knows no tokio and takes its locks and atomics from here.
//! Beside it, in `models.rs`, [loom] runs a few threads there in every order. The cfg is one of our own, because `--cfg loom`
//! would change tokio, too: see CONTRIBUTING.md for the command.
//!
//! [loom]: https://docs.rs/loom

#[cfg(all(test, axum_channels_loom))]
pub(crate) use loom::sync::{Mutex, atomic};
#[cfg(not(all(test, axum_channels_loom)))]
pub(crate) use std::sync::{Mutex, atomic};

use std::sync::{LockResult, PoisonError};

/// Locks, whatever happened to the last holder: nothing here runs user code under a lock, so nothing is left half-done.
pub(crate) fn lock<M: Lock>(mutex: &M) -> M::Guard<'_> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A mutex: the standard library's, or in a model loom's.
pub(crate) trait Lock {
    type Guard<'a>
    where
        Self: 'a;

    fn lock(&self) -> LockResult<Self::Guard<'_>>;
}

impl<T> Lock for std::sync::Mutex<T> {
    type Guard<'a>
        = std::sync::MutexGuard<'a, T>
    where
        T: 'a;

    fn lock(&self) -> LockResult<Self::Guard<'_>> {
        self.lock()
    }
}

#[cfg(all(test, axum_channels_loom))]
impl<T> Lock for loom::sync::Mutex<T> {
    type Guard<'a>
        = loom::sync::MutexGuard<'a, T>
    where
        T: 'a;

    fn lock(&self) -> LockResult<Self::Guard<'_>> {
        self.lock()
    }
}

/// Runs `check` in every order of its threads in which at most two are interrupted. That takes seconds, and all faults that
/// models have found here need no more.
#[cfg(all(test, axum_channels_loom))]
pub(crate) fn model(check: impl Fn() + Send + Sync + 'static) {
    let mut models = loom::model::Builder::new();
    models.preemption_bound = Some(2);
    models.check(check);
}
