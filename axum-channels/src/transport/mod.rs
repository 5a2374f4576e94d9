//! Transports: WebSocket, over TCP or another stream of hyper's, and long-polling.
//!
//! A [`Mount`] is a socket handler at its path; with its endpoint it is a [`MountedSocket`](mount::MountedSocket).
//! `routes` passes requests to its transports. `connect` accepts or refuses clients for both, and starts the channels of
//! one that is accepted, a [`connection::Connection`] on either, which `disconnector` closes by its socket's id.
//!
//! `websocket` answers the request, and `handshake` validates it. Then a [`driver::Driver`], one task, reads frames
//! (`frame`) for its channels, and all messages are sent through the connection's [`outbox::Outbox`]. `longpoll` passes
//! requests to a [`poller::Poller`], the task of a session, which it looks up in `poll_sessions`.

mod buffer;
mod closing_handshake;
mod connect;
mod connection;
mod disconnector;
mod driver;
mod format;
mod frame;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod handshake;
mod high_water_mark;
mod longpoll;
mod members;
mod mount;
mod options;
#[cfg(test)]
pub(crate) mod oracle;
mod outbox;
mod poll_sessions;
mod poller;
mod queue;
mod read_pause;
mod registry;
mod routes;
mod stream;
mod subprotocol;
mod websocket;
mod write_queue;

pub(crate) use format::Formats;
pub(crate) use mount::{Connect, Connected, Mount};
pub use options::{SocketOptions, longpoll, websocket};
pub(crate) use registry::Registry;
