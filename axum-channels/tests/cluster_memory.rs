//! Memory of an idle connection, with an adapter and without.

mod support;

use axum_channels::Endpoint;
use peak_alloc::PeakAlloc;
use std::net::SocketAddr;
use support::{Hub, UserSocket, VALID, eventually, frame, http, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Number of connections: each is two of the files that a process may open.
const CLIENTS: usize = 100;

/// Bytes that an adapter may add to a connection whose topic has others.
const ADDED: usize = 100;

/// Bytes that it may add to a connection with a topic of its own: its subscription in the engine, and the adapter's.
const ADDED_WITH_TOPIC: usize = 300;

async fn joined(addr: SocketAddr, topic: &str) -> TcpStream {
    let (mut stream, status, _) = http(addr, "GET", "/socket/websocket?vsn=2.0.0", VALID).await;
    assert_eq!(status, 101);
    let join = format!(r#"["1","1","{topic}","phx_join",{{}}]"#);
    stream
        .write_all(&frame(0x81, join.as_bytes()))
        .await
        .expect("sent");
    let mut reply = [0; 200];
    let read = stream.read(&mut reply).await.expect("a reply");
    assert!(String::from_utf8_lossy(&reply[..read]).contains(r#""status":"ok""#));
    stream
}

/// Lets tasks end that have nothing to wait for.
async fn settled() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Returns the bytes of a connection that has joined `topic(n)`. Those of its client are included.
async fn bytes_of_connection(adapter: Option<Hub>, topic: impl Fn(usize) -> String) -> usize {
    let adapter = adapter.map(|hub| hub.adapter());
    let endpoint = Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .state(42_u64)
        .pubsub(adapter)
        .build();
    let addr = serve(&endpoint).await;
    let mut clients = Vec::with_capacity(CLIENTS);
    let first = joined(addr, &topic(CLIENTS)).await; // allocations that are made once
    let before = MEMORY.current_usage();
    for n in 0..CLIENTS {
        clients.push(joined(addr, &topic(n)).await);
    }
    settled().await;
    let used = MEMORY.current_usage() - before;
    drop((clients, first));
    eventually("nothing is left of them", || {
        let stats = endpoint.stats();
        (stats.connections, stats.cluster.topics) == (0, 0) // topics stay for a second
    })
    .await;
    drop(endpoint);
    settled().await;
    used / CLIENTS
}

#[tokio::test]
async fn an_adapter_costs_an_idle_connection_little() {
    let one = |_| "room:1".to_owned();
    let own = |n| format!("room:{n}");
    bytes_of_connection(Some(Hub::new()), own).await; // buffers that threads share
    let alone = bytes_of_connection(None, one).await;
    let added = bytes_of_connection(Some(Hub::new()), one).await - alone;
    assert!(added <= ADDED, "{added} bytes beside {alone}");
    let alone = bytes_of_connection(None, own).await;
    let added = bytes_of_connection(Some(Hub::new()), own).await - alone;
    assert!(added <= ADDED_WITH_TOPIC, "{added} bytes beside {alone}");
}
