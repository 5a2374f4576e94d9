use crate::{Error, Result};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::timeout;

/// What comes of a future, if that does not take longer than `limit`. One that is ready at once costs no timer.
pub(crate) async fn within<F: Future>(limit: Duration, future: F) -> Result<F::Output> {
    let mut future = pin!(future);
    let first = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
    match first {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => timeout(limit, future)
            .await
            .map_err(|_| Error::msg(format!("took longer than {limit:?}"))),
    }
}
