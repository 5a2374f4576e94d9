use super::connection::Connection;
use super::crowd::Crowd;
use super::frame::CloseCode;
use super::members::{Members, Place};
use crate::log::{Closed, SocketLog};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// As Phoenix drains: so many connections are closed at once, the next so much later.
const DRAIN_BATCH: usize = 10_000;
const DRAIN_PAUSE: Duration = Duration::from_secs(2);

/// The open connections of one socket, and their timeout.
///
/// There is no timer a connection: one task looks at all of them, sixteen times within a timeout. So a silent client is closed between one and 17/16 timeouts after it was last heard of.
pub(crate) struct Registry {
    connections: Members<Arc<Connection>>,
    tick: Duration,
    /// Ticks.
    clock: AtomicU32,
    crowd: Crowd,
    sweeping: AtomicBool,
    emptied: Notify,
    pub(super) log: Arc<SocketLog>,
}

/// A timeout is this many ticks.
const TICKS: u32 = 16;

impl Registry {
    pub(crate) fn new(timeout: Duration, log: Arc<SocketLog>) -> Self {
        Registry {
            connections: Members::new(),
            tick: (timeout / TICKS).max(Duration::from_millis(1)),
            clock: AtomicU32::new(0),
            crowd: Crowd::default(),
            sweeping: AtomicBool::new(false),
            emptied: Notify::new(),
            log,
        }
    }

    /// How many connections are open.
    pub(crate) fn len(&self) -> usize {
        self.connections.len()
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
        self.connections.is_closed()
    }

    /// Admits a connection, unless it is draining. From here on the connection counts, and shutting down waits for it.
    pub(super) fn admit(self: &Arc<Self>) -> Option<Admission> {
        let count = self.connections.admit()?;
        self.crowd.has_come(count);
        Some(Admission(self.clone()))
    }

    /// Adds a connection that was admitted, now that it can be closed; if it is to be closed at once, this does so.
    pub(super) fn register(
        self: &Arc<Self>,
        admission: Admission,
        connection: Arc<Connection>,
    ) -> Registration {
        let (place, is_closed) = self.connections.add(connection.clone());
        if is_closed && connection.close(CloseCode::RESTART) {
            self.log
                .closed(connection.transport(), Closed::ShuttingDown);
        }
        if !self.sweeping.swap(true, SeqCst) {
            tokio::spawn(sweep(Sweeping(Arc::downgrade(self)), self.tick));
        }
        Registration { admission, place }
    }

    /// Closes every connection, and those that come meanwhile; returns when all are gone, or at the deadline.
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
        let mut closed = Vec::new(); // the log is not for under the lock
        self.connections.for_each(|connection| {
            // As Phoenix's server does.
            if connection.is_silent(now, TICKS) && connection.close(CloseCode::PROTOCOL_ERROR) {
                closed.push(connection.transport());
            }
        });
        for transport in closed {
            self.log.closed(transport, Closed::Idle);
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

/// The leave for one connection to be open, given up by dropping it.
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

/// A connection's place among the others, given up by dropping it.
pub(super) struct Registration {
    admission: Admission,
    place: Place,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let Admission(registry) = &self.admission;
        drop(registry.connections.remove(self.place));
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
