//! Tasks and futures that end early.

use crate::error::{Error, Result};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// A task, aborted when this is dropped.
pub(crate) struct AbortOnDrop(pub(crate) AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Awaits a future for at most `limit`. A future that is ready at once needs no timer.
pub(crate) async fn with_timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output> {
    let mut future = pin!(future);
    let first = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
    match first {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => timeout(limit, future)
            .await
            .map_err(|_| Error::msg(format!("took longer than {limit:?}"))),
    }
}
