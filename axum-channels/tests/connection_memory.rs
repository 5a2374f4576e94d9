//! Memory of an idle connection: with an adapter and without, on a topic with a history and without.

mod support;

use axum_channels::{Endpoint, EndpointBuilder};
use peak_alloc::PeakAlloc;
use std::net::SocketAddr;
use support::{HistorySocket, Hub, UserSocket, VALID, eventually, frame, http, serve};
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

/// Bytes that a topic's history may add to a connection whose client has asked for positions. To others, it adds nothing.
const ADDED_WITH_POSITIONS: usize = 150;

const ROUNDING: usize = 8;

/// Payload of a join that asks for positions.
const WITH_POSITIONS: &str = r#"{"recover":{}}"#;

async fn joined(addr: SocketAddr, topic: &str, payload: &str) -> TcpStream {
    let (mut stream, status, _) = http(addr, "GET", "/socket/websocket?vsn=2.0.0", VALID).await;
    assert_eq!(status, 101);
    let join = format!(r#"["1","1","{topic}","phx_join",{payload}]"#);
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

fn with_adapter(hub: Option<Hub>) -> EndpointBuilder {
    Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .state(42_u64)
        .pubsub(hub.map(|hub| hub.adapter()))
}

fn with_histories() -> EndpointBuilder {
    Endpoint::builder().socket::<HistorySocket>("/socket")
}

/// Returns the bytes of a connection that has joined `topic(n)`. Those of its client are included.
async fn bytes_of_connection(
    builder: EndpointBuilder,
    topic: impl Fn(usize) -> String,
    payload: &str,
) -> usize {
    let endpoint = builder.build();
    let addr = serve(&endpoint).await;
    let mut clients = Vec::with_capacity(CLIENTS);
    let first = joined(addr, &topic(CLIENTS), payload).await; // allocations that are made once
    let before = MEMORY.current_usage();
    for n in 0..CLIENTS {
        clients.push(joined(addr, &topic(n), payload).await);
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

// One test: memory is that of the process.
#[tokio::test]
async fn adapters_and_histories_cost_an_idle_connection_little() {
    let one = |_| "room:1".to_owned();
    let own = |n| format!("room:{n}");
    let adapter = || with_adapter(Some(Hub::new()));
    bytes_of_connection(adapter(), own, "{}").await; // buffers that threads share
    let alone = bytes_of_connection(with_adapter(None), one, "{}").await;
    let added = bytes_of_connection(adapter(), one, "{}").await - alone;
    assert!(added <= ADDED, "{added} bytes beside {alone}");
    let alone = bytes_of_connection(with_adapter(None), own, "{}").await;
    let added = bytes_of_connection(adapter(), own, "{}").await - alone;
    assert!(added <= ADDED_WITH_TOPIC, "{added} bytes beside {alone}");

    let plain = |_| "plain:1".to_owned();
    let without = bytes_of_connection(with_histories(), plain, "{}").await;
    let with = bytes_of_connection(with_histories(), one, "{}").await;
    assert!(
        with <= without + ROUNDING,
        "{with} bytes instead of {without}"
    );
    let added = bytes_of_connection(with_histories(), one, WITH_POSITIONS).await - without;
    assert!(
        added <= ADDED_WITH_POSITIONS,
        "{added} bytes beside {without}"
    );
}
