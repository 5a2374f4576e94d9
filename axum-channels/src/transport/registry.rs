use super::connection::Connection;
use super::crowd::Crowd;
use super::frame::CloseCode;
use crate::log::{Closed, SocketLog};
use crate::pubsub::{Roster, Seat};
use crate::sync::lock;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

const SHARDS: usize = 16;

/// As Phoenix drains: so many connections are closed at once, the next so much later.
const DRAIN_BATCH: usize = 10_000;
const DRAIN_PAUSE: Duration = Duration::from_secs(2);

/// The open connections of one socket, and their timeout.
///
/// There is no timer a connection: one task looks at all of them, sixteen times within a timeout. So a silent client is closed between one and 17/16 timeouts after it was last heard of.
pub(crate) struct Registry {
    shards: [Mutex<Roster<Arc<Connection>>>; SHARDS],
    count: AtomicUsize,
    next: AtomicUsize,
    tick: Duration,
    /// Ticks.
    clock: AtomicU32,
    crowd: Crowd,
    sweeping: AtomicBool,
    draining: AtomicBool,
    emptied: Notify,
    pub(super) log: Arc<SocketLog>,
}

/// A timeout is this many ticks.
const TICKS: u32 = 16;

impl Registry {
    pub(crate) fn new(timeout: Duration, log: Arc<SocketLog>) -> Self {
        Registry {
            shards: std::array::from_fn(|_| Mutex::new(Roster::new())),
            count: AtomicUsize::new(0),
            next: AtomicUsize::new(0),
            tick: (timeout / TICKS).max(Duration::from_millis(1)),
            clock: AtomicU32::new(0),
            crowd: Crowd::default(),
            sweeping: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            emptied: Notify::new(),
            log,
        }
    }

    /// How many connections are open.
    pub(crate) fn len(&self) -> usize {
        self.count.load(SeqCst)
    }

    pub(super) fn now(&self) -> u32 {
        self.clock.load(Relaxed)
    }

    /// The time after which a silent client is taken for lost.
    pub(super) fn timeout(&self) -> Duration {
        self.tick * TICKS
    }

    /// Whether new connections are turned away.
    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(SeqCst)
    }

    pub(super) fn register(self: &Arc<Self>, connection: Arc<Connection>) -> Registration {
        let shard = self.next.fetch_add(1, Relaxed) % SHARDS;
        let others = self.count.fetch_add(1, SeqCst);
        self.crowd.has_come(others + 1);
        if self.is_draining() && connection.close(CloseCode::RESTART) {
            self.log
                .closed(connection.transport(), Closed::ShuttingDown);
        }
        let seat = lock(&self.shards[shard]).insert(connection);
        if !self.sweeping.swap(true, SeqCst) {
            tokio::spawn(sweep(Sweeping(Arc::downgrade(self)), self.tick));
        }
        Registration {
            registry: self.clone(),
            shard,
            seat,
        }
    }

    /// Closes every connection, and those that come meanwhile; returns when all are gone, or at the deadline.
    pub(crate) async fn drain(&self, deadline: Instant) {
        self.draining.store(true, SeqCst);
        let open: Vec<_> = self
            .shards
            .iter()
            .flat_map(|shard| lock(shard).iter().cloned().collect::<Vec<_>>())
            .collect();
        self.log.draining(open.len());
        let mut next = Instant::now();
        for batch in open.chunks(DRAIN_BATCH) {
            sleep_until(next.min(deadline)).await;
            batch.iter().for_each(|connection| {
                connection.close(CloseCode::RESTART);
            });
            next += DRAIN_PAUSE;
        }
        drop(open);
        let gone = async {
            loop {
                let emptied = self.emptied.notified();
                if self.len() == 0 {
                    return;
                }
                emptied.await;
            }
        };
        if timeout_at(deadline, gone).await.is_err() {
            self.log.not_drained(self.len());
        }
    }

    fn sweep(&self) {
        let now = self.clock.fetch_add(1, Relaxed).wrapping_add(1);
        for shard in &self.shards {
            // As Phoenix's server does. The log is not for under the lock.
            let closed: Vec<_> = lock(shard)
                .iter()
                .filter(|connection| connection.is_silent(now, TICKS))
                .filter(|connection| connection.close(CloseCode::PROTOCOL_ERROR))
                .map(|connection| connection.transport())
                .collect();
            for transport in closed {
                self.log.closed(transport, Closed::Idle);
            }
        }
    }

    /// Gives back what a crowd has used, once it has left.
    fn tidy(&self) {
        if self.crowd.has_left(self.len())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn_blocking(axum_channels_trim::trim);
        }
    }
}

/// A connection's place among the others, given up by dropping it.
pub(super) struct Registration {
    registry: Arc<Registry>,
    shard: usize,
    seat: Seat,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let removed = lock(&self.registry.shards[self.shard]).remove(self.seat);
        drop(removed);
        if self.registry.count.fetch_sub(1, SeqCst) == 1 {
            self.registry.emptied.notify_waiters();
            self.registry.tidy();
        }
    }
}

/// The sweeper's claim to be the only one, given up even if its runtime ends.
struct Sweeping(Weak<Registry>);

impl Drop for Sweeping {
    fn drop(&mut self) {
        if let Some(registry) = self.0.upgrade() {
            registry.sweeping.store(false, SeqCst);
        }
    }
}

async fn sweep(sweeping: Sweeping, tick: Duration) {
    loop {
        sleep(tick).await;
        let Some(registry) = sweeping.0.upgrade() else {
            return;
        };
        registry.sweep();
        registry.tidy();
    }
}
