use super::frame::CloseCode;
use super::outbox::{End, Outbox};
use crate::codec::Serializer;
use crate::message::{Broadcast, Outgoing};
use crate::pubsub::Subscriber;
use crate::socket::Client;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A WebSocket as the rest of the program sees it. Its task, the [`Driver`](super::driver::Driver), owns the rest.
pub(crate) struct Connection {
    pub(super) outbox: Outbox,
    /// When the client was last heard of, in ticks of the registry's clock.
    heard: AtomicU32,
    pub(super) serializer: Serializer,
}

impl Connection {
    pub(super) fn new(outbox: Outbox, serializer: Serializer, now: u32) -> Self {
        Connection {
            outbox,
            heard: AtomicU32::new(now),
            serializer,
        }
    }

    pub(super) fn hear(&self, now: u32) {
        self.heard.store(now, Relaxed);
    }

    /// Ticks since the client was heard of.
    pub(super) fn silence(&self, now: u32) -> u32 {
        now.wrapping_sub(self.heard.load(Relaxed))
    }

    pub(super) fn close(&self, code: CloseCode) {
        self.outbox.end(End::Close(code));
    }
}

impl Subscriber for Connection {
    fn deliver(&self, broadcast: &Broadcast<'_>) {
        self.outbox.deliver(broadcast, self.serializer);
    }
}

impl Client for Connection {
    fn send(&self, message: &Outgoing<'_>) {
        self.outbox.send(message, self.serializer);
    }

    fn wake(&self) -> bool {
        self.outbox.wake()
    }
}

/// Listens to a socket's id: the event `disconnect` closes the connection, so that the client connects anew.
pub(super) struct Disconnector(pub(super) Arc<Connection>);

impl Subscriber for Disconnector {
    fn deliver(&self, broadcast: &Broadcast<'_>) {
        if broadcast.event == "disconnect" {
            self.0.close(CloseCode::GOING_AWAY);
        }
    }
}
