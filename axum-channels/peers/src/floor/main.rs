//! The peer `floor`: hardly more than the cost of the kernel. One thread on epoll answers heartbeats, joins and `ping`, and
//! broadcasts `shout`, in V2 JSON. It listens on `PORT`.
//!
//! It is the lower bound that others are compared with, not a server to use. It has no runtime, no timeouts, no tree of JSON,
//! no fragments and no binary frames, and does not validate JSON. An idle connection keeps only its descriptor and its topics;
//! a broadcast is framed once.
//!
//! # Layout
//!
//! - `server`: the loop, and its connections
//! - `connection`: one of them; `topics`: topics and their members
//! - `upgrade`, `frame`, `message`: the bytes of HTTP, of WebSocket and of Channels

mod connection;
mod frame;
mod message;
mod server;
mod topics;
mod upgrade;

use anyhow::Context;
use std::net::TcpListener;

fn main() -> anyhow::Result<()> {
    let port: u16 = std::env::var("PORT")
        .context("`PORT` says where to listen")?
        .parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    server::Server::new(listener)?.run()
}
