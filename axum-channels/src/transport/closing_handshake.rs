use super::outbox::Outbox;
use super::stream::Stream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// The orderly end of a connection: sends the last frame, then closes the socket.
pub(super) struct ClosingHandshake {
    initiator: Initiator,
    timeout: Pin<Box<Sleep>>,
    /// Our side has been shut down.
    shut_down: bool,
}

/// The side that began to close.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Initiator {
    Client,
    Server,
}

/// Maximum time for the client to read the last frame and to close its side.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum number of reads before other tasks are polled.
const READS: usize = 4;

impl ClosingHandshake {
    pub(super) fn new(initiator: Initiator) -> Self {
        ClosingHandshake {
            initiator,
            timeout: Box::pin(sleep(TIMEOUT)),
            shut_down: false,
        }
    }

    /// Waits until the client has read the last frame and closed its side, or until the timeout.
    pub(super) fn poll(
        &mut self,
        outbox: &Outbox,
        stream: &mut Stream,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.timeout.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if ready!(outbox.flush(stream, cx)).is_err() {
            return Poll::Ready(());
        }
        if !self.shut_down {
            // The kernel resets a socket that is closed with unread input, which loses the last frame. So our side is shut
            // down first.
            if ready!(stream.poll_shutdown(cx)).is_err() || self.initiator == Initiator::Client {
                return Poll::Ready(());
            }
            self.shut_down = true;
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
