use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Numbers of messages between this node and others, since the endpoint was built. All are zero without an adapter.
///
/// ```
/// # let endpoint = axum_channels::Endpoint::builder().build();
/// let stats = endpoint.stats().cluster;
/// assert_eq!((stats.published, stats.received, stats.lost), (0, 0, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Messages that the adapter has taken.
    pub published: u64,
    /// Messages of other nodes that were passed on, and broadcasts that the engine keeps, of any node.
    pub received: u64,
    /// Messages that were not sent: refused by the adapter, or reported by [`Node::lost`](super::Node::lost).
    pub lost: u64,
    /// Messages of other nodes that could not be decoded.
    pub malformed: u64,
    /// Topics that the node is subscribed to in the engine.
    pub topics: usize,
    /// `true` while the engine can be reached, for adapters that [report](super::Node::set_connected) it.
    pub connected: bool,
    /// `true` while the engine answers, and refuses to keep broadcasts or presences: its memory is full, or its user has too few
    /// rights. The log has the reason. Everything else goes on.
    pub refusing: bool,
    /// Connections to the engine after the first.
    pub reconnects: u64,
    /// Age of the oldest message that the engine has not confirmed yet; zero if it has confirmed all.
    ///
    /// It is a few milliseconds at most while the engine keeps up, and rises while it is slow or away.
    pub lag: Duration,
}

#[derive(Default)]
pub(super) struct Counters {
    published: AtomicU64,
    received: AtomicU64,
    lost: AtomicU64,
    malformed: AtomicU64,
    is_connected: AtomicBool,
    is_refusing: AtomicBool,
    connections: AtomicU64,
}

impl Counters {
    pub(super) fn published(&self) {
        self.published.fetch_add(1, Relaxed);
    }

    pub(super) fn received(&self) {
        self.received.fetch_add(1, Relaxed);
    }

    pub(super) fn lost(&self, count: u64) {
        self.lost.fetch_add(count, Relaxed);
    }

    pub(super) fn malformed(&self) {
        self.malformed.fetch_add(1, Relaxed);
    }

    pub(super) fn set_connected(&self, is_connected: bool) {
        if !self.is_connected.swap(is_connected, Relaxed) && is_connected {
            self.connections.fetch_add(1, Relaxed);
        }
    }

    /// Returns the number of connections so far.
    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Relaxed)
    }

    #[cfg(any(feature = "nats", feature = "redis"))]
    pub(super) fn set_refusing(&self, is_refusing: bool) {
        self.is_refusing.store(is_refusing, Relaxed);
    }

    pub(super) fn stats(&self, topics: usize, lag: Duration) -> Stats {
        Stats {
            published: self.published.load(Relaxed),
            received: self.received.load(Relaxed),
            lost: self.lost.load(Relaxed),
            malformed: self.malformed.load(Relaxed),
            topics,
            connected: self.is_connected.load(Relaxed),
            refusing: self.is_refusing.load(Relaxed),
            reconnects: self.connections.load(Relaxed).saturating_sub(1),
            lag,
        }
    }
}
