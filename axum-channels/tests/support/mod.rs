//! A server on a port of its own, and a client that can send anything, malformed frames included.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test file uses its part"
)]

mod app;
mod bad_line;
mod dice;
mod history;
mod hub;
mod log;
#[macro_use]
mod nodes;
mod poll;
mod presence;
mod ws;

pub(crate) use app::{RoomChannel, UserSocket, endpoint, endpoint_with, nodes, nodes_with};
pub(crate) use bad_line::{Publisher, Restarting, history_seed, recover_js, restart_at_random};
pub(crate) use dice::Dice;
pub(crate) use history::{HistorySocket, MAX_AGE, Room, SHORT};
pub(crate) use hub::Hub;
pub(crate) use log::Log;
pub(crate) use nodes::Nodes;
pub(crate) use poll::{NDJSON, Poll, ask};
pub(crate) use presence::plain;
pub(crate) use ws::{Frame, VALID, Ws, frame, http, raw, upgrade};

use axum::Router;
use axum_channels::Endpoint;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Maximum time that a test waits for events that should come at once.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// Serves the endpoint on a free port.
pub(crate) async fn serve(endpoint: &Endpoint) -> SocketAddr {
    serve_app(endpoint.router()).await
}

/// Serves an app on a free port.
pub(crate) async fn serve_app(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    tokio::spawn(async { axum_channels::serve(listener, app).await });
    addr
}

/// Waits until `done` returns `true`.
pub(crate) async fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let waiting = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, waiting)
        .await
        .unwrap_or_else(|_| panic!("never happened: {what}"));
}
