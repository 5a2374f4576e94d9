use crate::error::Result;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Runs futures at the same time, and returns what they return. Each is polled first in the order of the list.
///
/// # Errors
/// The first error: the others are dropped.
pub(super) async fn try_all<T>(
    futures: impl IntoIterator<Item = impl Future<Output = Result<T>>>,
) -> Result<Vec<T>> {
    let mut running: Vec<(Pin<Box<_>>, Option<T>)> = futures
        .into_iter()
        .map(|future| (Box::pin(future), None))
        .collect();
    poll_fn(|cx| poll(&mut running, cx)).await?;
    Ok(running.into_iter().filter_map(|(_, done)| done).collect())
}

fn poll<T, F: Future<Output = Result<T>>>(
    running: &mut [(Pin<Box<F>>, Option<T>)],
    cx: &mut Context<'_>,
) -> Poll<Result<()>> {
    let mut is_done = true;
    for (future, done) in running {
        if done.is_some() {
            continue;
        }
        match future.as_mut().poll(cx)? {
            Poll::Ready(value) => *done = Some(value),
            Poll::Pending => is_done = false,
        }
    }
    match is_done {
        true => Poll::Ready(Ok(())),
        false => Poll::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use std::future::pending;
    use std::sync::Mutex;
    use tokio::task::yield_now;

    #[tokio::test]
    async fn futures_begin_in_order_and_their_values_are_in_it() {
        let began = Mutex::new(Vec::new());
        let all = try_all((0..3).map(|number| {
            let began = &began;
            async move {
                began.lock().expect("not poisoned").push(number);
                for _ in number..3 {
                    yield_now().await;
                }
                Ok(number)
            }
        }));
        assert_eq!(all.await.expect("no error"), [0, 1, 2]);
        assert_eq!(*began.lock().expect("not poisoned"), [0, 1, 2]);
    }

    #[tokio::test]
    async fn the_first_error_ends_the_others() {
        let refused: Result<Vec<()>> = try_all([true, false].map(|is_refused| async move {
            match is_refused {
                true => Err(Error::msg("refused")),
                false => pending().await,
            }
        }))
        .await;
        assert_eq!(refused.expect_err("it was refused").to_string(), "refused");
    }
}
