use super::outbox::Outbox;
use super::stream::Stream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// The end of a connection that is not lost: the last frame is on its way out, and then the socket is closed.
pub(super) struct Farewell {
    initiator: Initiator,
    patience: Pin<Box<Sleep>>,
    /// Our side is shut.
    shut: bool,
}

/// The side that began to close.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Initiator {
    Client,
    Server,
}

/// Time that a client has to read the last frame and to close its side.
const PATIENCE: Duration = Duration::from_secs(5);

/// Number of reads after which other tasks get their turn.
const READS: usize = 4;

impl Farewell {
    pub(super) fn new(initiator: Initiator) -> Self {
        Farewell {
            initiator,
            patience: Box::pin(sleep(PATIENCE)),
            shut: false,
        }
    }

    /// Waits until the client has read the last frame and closed its side, or its time is up.
    pub(super) fn poll(
        &mut self,
        outbox: &Outbox,
        stream: &mut Stream,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.patience.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if ready!(outbox.flush(stream, cx)).is_err() {
            return Poll::Ready(());
        }
        if !self.shut {
            // What ends with unread input is reset by the kernel, and the last frame lost: so our side first.
            if ready!(stream.poll_shutdown(cx)).is_err() || self.initiator == Initiator::Client {
                return Poll::Ready(());
            }
            self.shut = true;
        }
        discard(stream, cx)
    }
}

/// Reads until the client has closed its side.
fn discard(stream: &mut Stream, cx: &mut Context<'_>) -> Poll<()> {
    let mut scratch = [0; 1024];
    for _ in 0..READS {
        match ready!(stream.poll_read(cx, &mut scratch)) {
            Ok(1..) => {}
            _ => return Poll::Ready(()),
        }
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}
