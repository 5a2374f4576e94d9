use super::connect::Connected;
use super::format::{Format, Framing};
use super::frame::CloseCode;
use super::mount::Entrance;
use super::outbox::{End, Outbox};
use crate::log::{Closed, SocketLog};
use crate::message::{Broadcast, Outgoing, Topic};
use crate::pubsub::{Pressure, Subscriber, Subscription};
use crate::runner::Runner;
use crate::socket::{Client, Context, LazyMailbox};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A client as the rest of the program sees it. Its task, a [`Driver`](super::driver::Driver) or a
/// [`Poller`](super::poller::Poller), owns what else there is of it.
pub(crate) struct Connection {
    pub(super) outbox: Outbox,
    /// When the client was last heard of, in ticks of the registry's clock.
    heard: AtomicU32,
    pub(super) format: Format,
}

impl Connection {
    pub(super) fn new(outbox: Outbox, format: Format, now: u32) -> Self {
        Connection {
            outbox,
            heard: AtomicU32::new(now),
            format,
        }
    }

    /// What runs the channels of this connection; and its id's subscription, if it has one.
    pub(super) fn run(
        self: &Arc<Self>,
        entrance: &Entrance,
        Connected { handler, id }: Connected,
    ) -> (Runner, Option<Subscription>) {
        let Entrance { endpoint, mount } = entrance;
        let id = id.map(Topic::from);
        let subscription = id.clone().map(|id| {
            let disconnector = Arc::new(Disconnector {
                connection: self.clone(),
                log: mount.log.clone(),
            });
            endpoint.hub().pubsub.subscribe(id, disconnector)
        });
        let context = Arc::new(Context {
            endpoint: endpoint.clone(),
            client: self.clone(),
            handler,
            id,
            mailbox: LazyMailbox::default(),
            max_waiting: mount.options.max_waiting,
        });
        (Runner::new(context, mount.handlers.clone()), subscription)
    }

    pub(super) fn hear(&self, now: u32) {
        self.heard.store(now, Relaxed);
    }

    pub(super) fn transport(&self) -> &'static str {
        self.format.framing.transport()
    }

    /// Whether the client was last heard of more than so many ticks ago. One that polls is looked after by its
    /// [`Poller`](super::poller::Poller): a request of its may wait for longer.
    pub(super) fn is_silent(&self, now: u32, ticks: u32) -> bool {
        let silence = now.wrapping_sub(self.heard.load(Relaxed));
        self.format.framing == Framing::WebSocket && silence > ticks
    }

    /// `false` if it had ended already.
    pub(super) fn close(&self, code: CloseCode) -> bool {
        self.outbox.end(End::Close(code))
    }
}

impl Subscriber for Connection {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        self.outbox.deliver(broadcast, self.format)
    }
}

impl Client for Connection {
    fn send(&self, message: &Outgoing<'_>) {
        self.outbox.send(message, self.format);
    }

    fn wake(&self) {
        self.outbox.wake();
    }

    fn close_for_excess(&self) {
        self.close(CloseCode::POLICY);
    }
}

/// Listens to a socket's id: the event `disconnect` closes the connection, so that the client connects anew.
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
