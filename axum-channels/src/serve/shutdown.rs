use super::Phase;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// Minimum age at which a connection without a request is closed: its client may be sending one.
const FIRST_REQUEST_GRACE: Duration = Duration::from_secs(1);

/// Shutdown of the server, as one connection sees it.
pub(super) struct Shutdown {
    pub(super) phase: watch::Receiver<Phase>,
    /// Time at which the connection was accepted.
    pub(super) accepted: Instant,
}

impl Shutdown {
    pub(super) fn has_begun(&self) -> bool {
        *self.phase.borrow() != Phase::Serving
    }

    pub(super) async fn begins(&mut self) {
        self.wait_for(|phase| phase != Phase::Serving).await;
    }

    /// Waits until a connection that has had no request is closed.
    pub(super) async fn closes_unused(&mut self) {
        self.begins().await;
        let _ = timeout_at(self.accepted + FIRST_REQUEST_GRACE, self.drops_requests()).await; // either closes it
    }

    /// Waits until requests under way are dropped.
    pub(super) async fn drops_requests(&mut self) {
        self.wait_for(|phase| phase == Phase::Ended).await;
    }

    async fn wait_for(&mut self, is_reached: impl Fn(Phase) -> bool) {
        let _ = self.phase.wait_for(|phase| is_reached(*phase)).await; // an error if the server was dropped
    }
}
