//! How messages travel: WebSocket, over TCP or whatever hyper was given; and long-polling.
//!
//! A [`Mount`] is a socket at its path, and an [`Entrance`](mount::Entrance) leads to it. `connect` decides who may come in,
//! whatever the transport. A client is a [`connection::Connection`] either way.
//!
//! `websocket` answers the request, `handshake` decides about it; then a [`driver::Driver`], one task, reads
//! frames (`frame`) for its channels, and everyone sends through the connection's [`outbox::Outbox`].
//! `longpoll` answers requests by asking a [`poller::Poller`], the task of a session, which it finds in `polls`.

mod buffer;
mod connect;
mod connection;
mod crowd;
mod driver;
mod farewell;
mod format;
mod frame;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod handshake;
mod hold;
mod longpoll;
mod members;
mod mount;
mod options;
#[cfg(test)]
pub(crate) mod oracle;
mod outbox;
mod poller;
mod polls;
mod queue;
mod registry;
mod stream;
mod websocket;
mod write_queue;

pub(crate) use connect::{Connect, Connected};
pub(crate) use mount::Mount;
pub use options::{SocketOptions, websocket};
pub(crate) use registry::Registry;
