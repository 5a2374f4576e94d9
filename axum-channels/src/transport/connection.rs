use super::format::{Format, Framing};
use super::frame::CloseCode;
use super::outbox::{End, Outbox};
use crate::client_id::ClientId;
use crate::message::{Broadcast, EncodeError, Outgoing};
use crate::pubsub::{Pressure, Subscriber, SubscriberId};
use crate::socket::Client;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The shared part of a client's connection.
///
/// Its task, a [`Driver`](super::driver::Driver) or a [`Poller`](super::poller::Poller), owns the rest.
pub(crate) struct Connection {
    id: ClientId,
    pub(super) outbox: Outbox,
    /// Time of the last read, in ticks of the registry's clock.
    last_read: AtomicU32,
    pub(super) format: Arc<Format>,
}

impl Connection {
    pub(super) fn new(outbox: Outbox, format: Arc<Format>, now: u32) -> Self {
        Connection {
            id: ClientId::new(),
            outbox,
            last_read: AtomicU32::new(now),
            format,
        }
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

    fn id(&self) -> Option<SubscriberId> {
        Some(SubscriberId {
            client: self.id,
            channel: None,
        })
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

    fn disconnect(&self) {
        self.close(CloseCode::GOING_AWAY);
    }

    fn client_id(&self) -> ClientId {
        self.id
    }
}
