use crate::log;
use crate::{Error, Result};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{self, Poll};

/// How a future ended; `Err` if it panicked.
pub(super) type Done<F> = Result<<F as Future>::Output>;

/// Polls the user's code; a panic is an error of its channel and of nothing else.
pub(super) fn poll_guarded<F: Future + Unpin>(
    future: &mut F,
    cx: &mut task::Context<'_>,
) -> Poll<Done<F>> {
    match catch_unwind(AssertUnwindSafe(|| std::pin::Pin::new(future).poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic_message(&*panic))),
    }
}

/// Runs a future of the user's; a panic is an error.
pub(crate) async fn guarded<F: Future + Unpin>(mut future: F) -> Result<F::Output> {
    std::future::poll_fn(|cx| poll_guarded(&mut future, cx)).await
}

/// Drops what belongs to the user, whose `Drop` may panic too.
pub(super) fn drop_guarded<T>(value: T) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        log::drop_crashed(&panic_message(&*panic));
    }
}

/// A panic as an error.
fn panic_message(panic: &(dyn Any + Send)) -> Error {
    let message = panic.downcast_ref::<&str>().copied();
    let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::msg(format!(
        "panicked: {}",
        message.unwrap_or("with no message")
    ))
}
