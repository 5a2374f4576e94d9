use super::connection::Connection;
use super::frame::CloseCode;
use super::high_water_mark::HighWaterMark;
use super::members::{MemberId, Members};
use crate::allocator::{self, IS_TRIMMED};
use crate::log::{Closed, SocketLog};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// Number of connections that are closed at once in a drain, and the pause before the next batch, as in Phoenix.
const DRAIN_BATCH: usize = 10_000;
const DRAIN_PAUSE: Duration = Duration::from_secs(2);

/// The open connections of one socket, and their timeout.
///
/// Connections have no timers: one task checks all of them sixteen times within a timeout, so a silent client is closed
/// between one and 17/16 timeouts after its last read.
pub(crate) struct Registry {
    connections: Members<Arc<Connection>>,
    tick: Duration,
    /// Elapsed ticks.
    clock: AtomicU32,
    peak: HighWaterMark,
    sweeping: AtomicBool,
    emptied: Notify,
    pub(super) log: Arc<SocketLog>,
}

/// Number of ticks in a timeout.
const TICKS: u32 = 16;

impl Registry {
    pub(crate) fn new(timeout: Duration, log: Arc<SocketLog>) -> Self {
        Registry {
            connections: Members::new(),
            tick: (timeout / TICKS).max(Duration::from_millis(1)),
            clock: AtomicU32::new(0),
            peak: HighWaterMark::default(),
            sweeping: AtomicBool::new(false),
            emptied: Notify::new(),
            log,
        }
    }

    /// Returns the number of open connections.
    pub(crate) fn len(&self) -> usize {
        self.connections.len()
    }

    pub(super) fn now(&self) -> u32 {
        self.clock.load(Relaxed)
    }

    /// Returns the time after which a silent client is considered lost.
    pub(super) fn timeout(&self) -> Duration {
        self.tick * TICKS
    }

    /// Returns whether new connections are refused.
    pub(super) fn is_draining(&self) -> bool {
        self.connections.is_closed()
    }

    /// Admits a connection unless the registry is draining. From then on it is counted, and a shutdown waits for it.
    pub(super) fn admit(self: &Arc<Self>) -> Option<Admission> {
        let count = self.connections.admit()?;
        self.peak.raise(count);
        Some(Admission(self.clone()))
    }

    /// Adds an admitted connection, and closes it at once if the registry is draining.
    pub(super) fn register(
        self: &Arc<Self>,
        admission: Admission,
        connection: Arc<Connection>,
    ) -> Registration {
        let (member, is_closed) = self.connections.add(connection.clone());
        if is_closed && connection.close(CloseCode::RESTART) {
            self.log
                .closed(connection.transport(), Closed::ShuttingDown);
        }
        if !self.sweeping.swap(true, SeqCst) {
            tokio::spawn(sweep(Sweeping(Arc::downgrade(self)), self.tick));
        }
        Registration { admission, member }
    }

    /// Closes every connection, including new ones; returns when all are gone, or at the deadline.
    pub(crate) async fn drain(&self, deadline: Instant) {
        let open = self.connections.close();
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
        let mut closed = Vec::new(); // not logged under the lock
        self.connections.for_each(|connection| {
            // The same code as Phoenix's server.
            if connection.is_silent(now, TICKS) && connection.close(CloseCode::PROTOCOL_ERROR) {
                closed.push(connection.transport());
            }
        });
        for transport in closed {
            self.log.closed(transport, Closed::Idle);
        }
    }

    /// Returns free memory to the system once most of many connections are gone.
    fn tidy(&self) {
        if IS_TRIMMED
            && self.peak.has_receded(self.len())
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn_blocking(allocator::trim);
        }
    }
}

/// Permission for one connection to be open, given up when dropped.
pub(super) struct Admission(Arc<Registry>);

impl Drop for Admission {
    fn drop(&mut self) {
        let Admission(registry) = self;
        if registry.connections.leave() == 0 {
            registry.emptied.notify_waiters();
            registry.tidy();
        }
    }
}

/// Registration of an added connection, removed when dropped.
pub(super) struct Registration {
    admission: Admission,
    member: MemberId,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let Admission(registry) = &self.admission;
        drop(registry.connections.remove(self.member));
    }
}

/// Claim to be the only sweeper, released when dropped, even if its runtime ends.
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
