//! Phoenix's own JavaScript client, in node, on a bad line to two nodes, of which one is restarted.
//!
//!     PHOENIX_JS=…/node_modules/phoenix HISTORY_SECONDS=60 cargo test --all-features --test engines phoenix_js -- --ignored

use super::app::connected;
use super::server::{Kind, Server};
use super::support::{HistorySocket, eventually};
use super::users::endpoint;
use axum_channels::Endpoint;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep};

on_each_engine! {
    phoenix_js_misses_nothing_on_a_bad_line_to_several_nodes,
}

/// Number of clients of the script.
const CLIENTS: usize = 3;

/// A node that is served.
struct Node {
    endpoint: Endpoint,
    addr: SocketAddr,
    server: JoinHandle<std::io::Result<()>>,
}

async fn start(url: String, addr: SocketAddr) -> Node {
    let endpoint = endpoint::<HistorySocket>(url);
    connected(&endpoint, true).await;
    let listener = TcpListener::bind(addr).await.expect("the port is free");
    let addr = listener.local_addr().expect("it is bound");
    let server = axum_channels::serve(listener, endpoint.router());
    Node {
        endpoint,
        addr,
        server: tokio::spawn(async { server.await }),
    }
}

impl Node {
    async fn stop(self) {
        self.server.abort();
        let _ = self.server.await; // it was aborted
        self.endpoint.shutdown().await;
    }
}

async fn phoenix_js_misses_nothing_on_a_bad_line_to_several_nodes(kind: Kind) {
    let client = std::env::var_os("PHOENIX_JS").expect("PHOENIX_JS is the folder of npm's phoenix");
    let server = Server::start(kind);
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let a = start(server.url(), any).await;
    let b = start(server.url(), any).await;
    let (first, second) = (a.addr, b.addr);
    let here = a.endpoint.clone();
    let broadcasts = tokio::spawn(async move {
        let mut every = interval(Duration::from_millis(10));
        for n in 1_u64.. {
            every.tick().await;
            a.endpoint.broadcast("room:1", "count", json!({ "n": n }));
        }
    });
    let mut node = Command::new("node");
    node.env("PHOENIX_JS", client)
        .arg("--experimental-websocket")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/support/recover_js.mjs"
        ))
        .args([first, second].map(|addr| addr.to_string()))
        .kill_on_drop(true);
    let restart = async {
        eventually("all are connected", || {
            let connections = [&here, &b.endpoint].map(|node| node.stats().connections);
            connections.iter().sum::<usize>() == CLIENTS
        })
        .await;
        sleep(Duration::from_secs(1)).await;
        b.stop().await;
        start(server.url(), second).await
    };
    let (output, _restarted) = tokio::join!(node.output(), restart);
    broadcasts.abort();
    let output = output.expect("node runs");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{err}");
    println!("{out}");
}
