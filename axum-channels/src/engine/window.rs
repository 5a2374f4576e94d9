use crate::error::Result;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// Batches that were sent and are not confirmed yet.
///
/// The engine processes one while the next is encoded. They are sent in order: each is polled first in the order in which it
/// was pushed, and a connection sends what is polled first.
pub(super) struct Window<'a>(VecDeque<Sending<'a>>);

/// A batch: the future sends it when it is polled first, and completes when the engine has confirmed it.
pub(super) type Sending<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Maximum number of batches.
const MAX: usize = 4;

impl<'a> Window<'a> {
    pub(super) fn new() -> Self {
        Window(VecDeque::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.0.len() < MAX
    }

    pub(super) fn push(&mut self, sending: Sending<'a>) {
        self.0.push_back(sending);
    }

    /// Sends what was pushed, and waits for a confirmation: for ever while there is no batch.
    ///
    /// # Cancel safety
    /// Nothing is lost if it is dropped.
    pub(super) async fn next(&mut self) -> Result<()> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// Waits for a call, and goes on with the batches meanwhile: the call may wait for one of them.
    pub(super) async fn beside<T>(&mut self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let mut call = pin!(call);
        poll_fn(|cx| {
            while let Poll::Ready(confirmed) = self.poll(cx) {
                confirmed?;
            }
            call.as_mut().poll(cx)
        })
        .await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        for index in 0..self.0.len() {
            if let Poll::Ready(confirmed) = self.0[index].as_mut().poll(cx) {
                drop(self.0.remove(index));
                return Poll::Ready(confirmed);
            }
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use std::sync::Mutex;
    use tokio::sync::oneshot;

    async fn finish(window: &mut Window<'_>) -> Result<()> {
        while !window.is_empty() {
            window.next().await?;
        }
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn batches_are_sent_in_order_at_once_and_confirmed_in_any() {
        let sent = Mutex::new(Vec::new());
        let mut window = Window::new();
        let mut confirm = Vec::new();
        for number in 0..MAX {
            assert!(window.has_room());
            let (confirmation, confirmed) = oneshot::channel();
            confirm.push(confirmation);
            let sent = &sent;
            window.push(Box::pin(async move {
                sent.lock().expect("not poisoned").push(number);
                Ok(confirmed.await?)
            }));
        }
        assert!(!window.has_room());
        let waiting = tokio::time::timeout(std::time::Duration::from_secs(1), window.next()).await;
        assert!(waiting.is_err(), "none is confirmed");
        assert_eq!(*sent.lock().expect("not poisoned"), [0, 1, 2, 3]);
        confirm.remove(1).send(()).expect("it waits");
        window.next().await.expect("it is confirmed");
        assert!(window.has_room());
        for confirmation in confirm {
            confirmation.send(()).expect("it waits");
        }
        finish(&mut window).await.expect("they are confirmed");
        assert!(window.is_empty());
    }

    #[tokio::test]
    async fn an_error_of_one_is_that_of_all() {
        let mut window = Window::new();
        window.push(Box::pin(std::future::pending()));
        window.push(Box::pin(async { Err(Error::msg("refused")) }));
        let error = finish(&mut window).await.expect_err("it was refused");
        assert_eq!(error.to_string(), "refused");
    }

    #[tokio::test]
    async fn a_call_ends_with_its_value_or_with_the_error_of_a_batch_beside_it() {
        let lock = tokio::sync::Mutex::new(());
        let held = lock.lock().await;
        let mut window = Window::new();
        window.push(Box::pin(async move {
            tokio::task::yield_now().await;
            drop(held);
            Ok(())
        }));
        let call = async { Ok(lock.lock().await) };
        let _held = window.beside(call).await.expect("the batch lets it go on");
        window.push(Box::pin(async { Err(Error::msg("refused")) }));
        let call = std::future::pending::<Result<()>>();
        let error = window.beside(call).await.expect_err("it was refused");
        assert_eq!(error.to_string(), "refused");
    }
}
