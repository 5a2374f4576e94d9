//! The peer `floor`: what the kernel alone costs, nearly. One thread on epoll answers heartbeats, joins and `ping`, and sends
//! `shout` to all on the topic, in V2 JSON. `PORT` says where.
//!
//! It measures how far others are from the least that is possible, and is no server to use. It has no runtime, no timeouts, no
//! tree of JSON, no fragments and no binary frames, and trusts that what it is sent is JSON. Nothing is kept for a connection
//! that is idle but its descriptor and the topics it is on; a broadcast is framed once.
//!
//! # Layout
//!
//! - `server`: the loop, and who is connected
//! - `connection`: one of them; `topics`: who is on what
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
