use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whatever happened to the last holder: nothing here runs user code under a lock, so nothing is left half-done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
