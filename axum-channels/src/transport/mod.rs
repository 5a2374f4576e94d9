//! How messages travel: WebSocket, over TCP or whatever hyper was given.
//!
//! `websocket` answers the request, `handshake` and `origin` decide about it; then a [`driver::Driver`], one task, reads
//! frames (`frame`) for its channels, and everyone sends through the connection's [`outbox::Outbox`].

mod connection;
mod driver;
mod frame;
mod handshake;
mod origin;
mod outbox;
mod queue;
mod registry;
mod stream;
mod websocket;

pub use origin::CheckOrigin;
pub(crate) use registry::Registry;
pub(crate) use websocket::{Connect, Connected, Mount, serve};
