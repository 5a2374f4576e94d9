use super::patience::Patience;
use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// Body of a request that fails when its client is too slow.
pub(super) struct TimedBody<B> {
    body: B,
    patience: Patience,
}

impl TimedBody<Incoming> {
    /// Limits the time of waiting for a body. A request without one costs nothing.
    pub(super) fn limit(body: Incoming, timeout: Duration) -> Body {
        match body.is_end_stream() {
            true => Body::empty(),
            false => Body::new(TimedBody::new(body, timeout)),
        }
    }
}

impl<B> TimedBody<B> {
    fn new(body: B, timeout: Duration) -> Self {
        TimedBody {
            body,
            patience: Patience::rising(timeout),
        }
    }
}

impl<B> HttpBody for TimedBody<B>
where
    B: HttpBody<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            ready!(self.patience.poll_end(cx));
            return Poll::Ready(Some(Err(BodyTimeout.into())));
        };
        let bytes = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        self.patience.passed(bytes);
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Error of a body that the client sent too slowly, or not at all.
#[derive(Debug)]
pub(crate) struct BodyTimeout;

impl fmt::Display for BodyTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body of the request took too long to arrive")
    }
}

impl Error for BodyTimeout {}

impl BodyTimeout {
    /// Returns whether an error was caused by it.
    pub(crate) fn caused(error: &(dyn Error + 'static)) -> bool {
        error.is::<BodyTimeout>() || error.source().is_some_and(BodyTimeout::caused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::future::poll_fn;
    use tokio::sync::mpsc;
    use tokio::time::{Instant, sleep};

    /// A body that arrives in the order and at the times at which it is sent.
    struct Sent(mpsc::UnboundedReceiver<Bytes>);

    impl HttpBody for Sent {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.0
                .poll_recv(cx)
                .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
        }
    }

    fn body(seconds: u64) -> (mpsc::UnboundedSender<Bytes>, TimedBody<Sent>) {
        let (sender, sent) = mpsc::unbounded_channel();
        (
            sender,
            TimedBody::new(Sent(sent), Duration::from_secs(seconds)),
        )
    }

    /// The length of the next frame, `None` at the end, or an error.
    async fn next(body: &mut TimedBody<Sent>) -> Result<Option<usize>, String> {
        match poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
            Some(Ok(frame)) => Ok(frame.data_ref().map(Bytes::len)),
            Some(Err(error)) => Err(error.to_string()),
            None => Ok(None),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_an_error_in_time() {
        let (_sender, mut body) = body(30);
        let start = Instant::now();
        assert_eq!(next(&mut body).await, Err(BodyTimeout.to_string()));
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_an_error_and_one_that_flows_is_not() {
        for (bytes, expected) in [(1, 29), (1024, 1000)] {
            let (sender, mut body) = body(30);
            let sending = async move {
                for _ in 0..1000 {
                    sleep(Duration::from_secs(1)).await;
                    let _ = sender.send(Bytes::from(vec![0; bytes])); // until the receiver is dropped
                }
            };
            let reading = async {
                let mut frames = 0;
                while let Ok(Some(_)) = next(&mut body).await {
                    frames += 1;
                }
                frames
            };
            assert_eq!(
                tokio::join!(sending, reading).1,
                expected,
                "{bytes} bytes a second"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_that_a_handler_takes_is_not_the_clients() {
        let (sender, mut body) = body(30);
        for _ in 0..3 {
            sender.send(Bytes::from_static(b"x")).expect("it is read");
            sleep(Duration::from_secs(40)).await;
            assert_eq!(next(&mut body).await, Ok(Some(1)));
        }
        drop(sender);
        assert_eq!(next(&mut body).await, Ok(None));
    }
}
