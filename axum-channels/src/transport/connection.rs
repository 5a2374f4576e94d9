use super::connect::Connected;
use super::format::{Format, Framing};
use super::frame::CloseCode;
use super::mount::MountedSocket;
use super::outbox::{End, Outbox};
use crate::log::{Closed, SocketLog};
use crate::message::{Broadcast, EncodeError, Outgoing, Topic};
use crate::pubsub::{Pressure, Subscriber, Subscription};
use crate::runner::Runner;
use crate::socket::{Client, Context, LazyMailbox};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The shared part of a client's connection.
///
/// Its task, a [`Driver`](super::driver::Driver) or a [`Poller`](super::poller::Poller), owns the rest.
pub(crate) struct Connection {
    pub(super) outbox: Outbox,
    /// Time of the last read, in ticks of the registry's clock.
    last_read: AtomicU32,
    pub(super) format: Arc<Format>,
}

impl Connection {
    pub(super) fn new(outbox: Outbox, format: Arc<Format>, now: u32) -> Self {
        Connection {
            outbox,
            last_read: AtomicU32::new(now),
            format,
        }
    }

    /// Creates the runner of this connection's channels, and the subscription to its id if it has one.
    pub(super) fn run(
        self: &Arc<Self>,
        socket: &MountedSocket,
        Connected { handler, id }: Connected,
    ) -> (Runner, Option<Subscription>) {
        let MountedSocket { endpoint, mount } = socket;
        let id = id.map(Topic::from);
        let subscription = id.clone().map(|id| {
            let disconnector = Arc::new(Disconnector {
                connection: self.clone(),
                log: mount.log.clone(),
            });
            endpoint.shared().pubsub.subscribe(id, disconnector)
        });
        let context = Arc::new(Context {
            endpoint: endpoint.clone(),
            client: self.clone(),
            handler,
            id,
            mailbox: LazyMailbox::default(),
            routes: mount.handlers.table.clone(),
        });
        (Runner::new(context, mount.handlers.clone()), subscription)
    }

    pub(super) fn touch(&self, now: u32) {
        self.last_read.store(now, Relaxed);
    }

    pub(super) fn transport(&self) -> &'static str {
        self.format.framing.transport()
    }

    /// Returns whether nothing was read from the client for more than `ticks`.
    ///
    /// Always `false` for a long-polling client, which its [`Poller`](super::poller::Poller) times out: a request may wait
    /// for longer.
    pub(super) fn is_silent(&self, now: u32, ticks: u32) -> bool {
        let silence = now.wrapping_sub(self.last_read.load(Relaxed));
        self.format.framing == Framing::WebSocket && silence > ticks
    }

    /// Returns `false` if the connection had ended already.
    pub(super) fn close(&self, code: CloseCode) -> bool {
        self.outbox.end(End::Close(code))
    }
}

impl Subscriber for Connection {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        self.outbox.deliver(broadcast, &self.format)
    }
}

impl Client for Connection {
    fn send(&self, message: &Outgoing<'_>) -> Result<(), EncodeError> {
        self.outbox.send(message, &self.format)
    }

    fn wake(&self) {
        self.outbox.wake();
    }

    fn close_for_excess(&self) {
        self.close(CloseCode::POLICY);
    }
}

/// Subscriber to a socket's id: the event `disconnect` closes the connection, and the client reconnects.
pub(super) struct Disconnector {
    connection: Arc<Connection>,
    log: Arc<SocketLog>,
}

impl Subscriber for Disconnector {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        if broadcast.event == "disconnect" {
            let was_open = self.connection.close(CloseCode::GOING_AWAY);
            if was_open {
                let transport = self.connection.transport();
                self.log.closed(transport, Closed::Disconnected);
            }
        }
        Pressure::Low
    }
}
