use super::format::Format;
use super::frame::{self, CloseCode};
use super::stream::{Stream, try_write};
use super::write_queue::{DirectWrite, WriteQueue};
use crate::message::{Broadcast, EncodeError, Outgoing};
use crate::pubsub::Pressure;
use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};
use tokio::net::TcpStream;

pub(super) use super::write_queue::End;

/// Outgoing queue of one client, to which any thread may send at any time without waiting.
pub(super) type Outbox = WriteQueue<TcpStream>;

impl DirectWrite for TcpStream {
    fn write_now(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        try_write(self, bufs)
    }
}

impl Outbox {
    /// Writes the queue. Once it is empty, senders may write directly again.
    pub(super) fn flush(&self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write(|slices| stream.poll_write(cx, slices)))?;
        stream.poll_flush(cx)
    }

    /// Answers a ping.
    pub(super) fn put_pong(&self, body: &[u8]) {
        self.push(|queue| queue.push_own(|out| frame::put_pong(out, body)));
    }

    /// Queues the last frame; nothing can be sent after it.
    pub(super) fn close(&self, code: CloseCode) {
        self.push_last(|queue| queue.push_own(|out| frame::put_close(out, code)));
    }

    /// Sends a message to this client alone.
    ///
    /// # Errors
    /// If the format cannot encode it. That is logged.
    pub(super) fn send(&self, message: &Outgoing<'_>, format: &Format) -> Result<(), EncodeError> {
        let message = message.view();
        let ready = format.check(&message)?;
        self.push(|queue| queue.push_own(|out| format.put(ready, out)));
        Ok(())
    }

    /// Sends a broadcast, which is encoded once for all clients with the same format.
    pub(super) fn deliver(&self, broadcast: &Broadcast<'_>, format: &Format) -> Pressure {
        let encode = |broadcast: &Broadcast<'_>| format.broadcast(broadcast);
        match broadcast.encoded(format.id, encode) {
            Ok(encoded) => self.push_shared(encoded),
            Err(_) => Pressure::Low,
        }
    }
}
