//! Guards around the user's code: a panic ends the channel or request that it belongs to, and nothing else.
//!
//! A second panic during a panic aborts the process. So each piece of the user's code has a guard of its own: a handler,
//! the drop of its future, `terminate`, the drop of the channel.

use crate::error::{Error, Result};
use crate::log;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{self, Poll};

/// Outcome of a future; `Err` if it panicked.
pub(crate) type Done<F> = Result<<F as Future>::Output>;

/// Payload of a panic.
pub(crate) type Panic = Box<dyn Any + Send>;

/// Calls the user's code, and catches its panic.
pub(crate) fn call_guarded<T>(call: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(call))
}

/// Polls the user's future; a panic becomes an error.
pub(crate) fn poll_guarded<F: Future + Unpin>(
    future: &mut F,
    cx: &mut task::Context<'_>,
) -> Poll<Done<F>> {
    match call_guarded(|| Pin::new(future).poll(cx)) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panicked(&*panic))),
    }
}

/// Runs the user's future; a panic becomes an error.
pub(crate) async fn guarded<F: Future>(future: F) -> Result<F::Output> {
    let result = Guarded(pin!(Some(future))).await;
    result.map_err(|panic| panicked(&*panic))
}

/// Drops a value of the user's, whose `Drop` may panic too.
pub(crate) fn drop_guarded<T>(value: T) {
    if let Err(panic) = call_guarded(|| drop(value)) {
        log::drop_crashed(&panicked(&*panic));
    }
}

/// Converts a panic into an error.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Error {
    let message = panic.downcast_ref::<&str>().copied();
    let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::msg(format!(
        "panicked: {}",
        message.unwrap_or("with no message")
    ))
}

/// A pinned future of the user's, whose panics are caught both when it is polled and when it is dropped.
pub(crate) struct Guarded<'a, F>(pub(crate) Pin<&'a mut Option<F>>);

impl<F: Future> Future for Guarded<'_, F> {
    type Output = Result<F::Output, Panic>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let Some(future) = self.0.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        match call_guarded(|| future.poll(cx)) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}

impl<F> Drop for Guarded<'_, F> {
    fn drop(&mut self) {
        if let Err(panic) = call_guarded(|| self.0.set(None)) {
            log::drop_crashed(&panicked(&*panic));
        }
    }
}
