//! Locks, and the model checker for them.
//!
//! A type in which a flag and a queue meet does not use tokio, and takes its locks and atomics from here. In its
//! `models.rs`, [loom] runs a few threads in every order. The cfg is our own, because `--cfg loom` would change tokio, too:
//! see CONTRIBUTING.md for the command.
//!
//! [loom]: https://docs.rs/loom

#[cfg(all(test, axum_channels_loom))]
pub(crate) use loom::sync::{Mutex, atomic};
#[cfg(not(all(test, axum_channels_loom)))]
pub(crate) use std::sync::{Mutex, atomic};

use std::sync::{LockResult, PoisonError};

/// Locks a mutex, and ignores poisoning: no user code runs under a lock here, so the state is consistent.
pub(crate) fn lock<M: Lock>(mutex: &M) -> M::Guard<'_> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A mutex: the standard library's, or loom's in a model.
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

/// Runs `check` in every order of its threads with at most two preemptions. That takes seconds, and has found all known
/// faults.
#[cfg(all(test, axum_channels_loom))]
pub(crate) fn model(check: impl Fn() + Send + Sync + 'static) {
    let mut models = loom::model::Builder::new();
    models.preemption_bound = Some(2);
    models.check(check);
}
