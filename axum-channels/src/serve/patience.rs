use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// Limited time of waiting for a client, to which each KiB that passes adds a second.
pub(super) struct Patience {
    /// Remaining time.
    left: Duration,
    max: Duration,
    waiting: Option<Waiting>,
}

/// Wait for the client.
struct Waiting {
    since: Instant,
    end: Pin<Box<Sleep>>,
}

/// Number of bytes that add a second.
const BYTES_A_SECOND: u64 = 1024;

impl Patience {
    /// Creates a limit that bytes raise beyond its start.
    pub(super) fn rising(left: Duration) -> Self {
        Patience::new(left, Duration::MAX)
    }

    /// Creates a limit that bytes raise up to its start only, for bytes that a client may not have received yet.
    pub(super) fn restored(left: Duration) -> Self {
        Patience::new(left, left)
    }

    fn new(left: Duration, max: Duration) -> Self {
        Patience {
            left,
            max,
            waiting: None,
        }
    }

    /// Waits for the client. `Ready` if the time is over.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.left;
        let waiting = self.waiting.get_or_insert_with(|| Waiting {
            since: Instant::now(),
            end: Box::pin(sleep(left)),
        });
        waiting.end.as_mut().poll(cx)
    }

    /// Subtracts the time waited, and adds the time for `bytes`.
    pub(super) fn passed(&mut self, bytes: usize) {
        if let Some(Waiting { since, .. }) = self.waiting.take() {
            self.left = self.left.saturating_sub(since.elapsed());
        }
        let millis = (bytes as u64).saturating_mul(1000) / BYTES_A_SECOND;
        let left = self.left.saturating_add(Duration::from_millis(millis));
        self.left = self.max.min(left);
    }
}
