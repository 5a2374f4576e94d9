//! The end of connections.

#[macro_use]
mod support;

use axum_channels::{Channels, ConnectInfo, Endpoint, Params, Result, SocketHandler, websocket};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use support::{
    Frame, TIMEOUT, VALID, Ws, endpoint, endpoint_with, eventually, frame, nodes, serve, upgrade,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

on_one_node_and_on_two! {
    disconnecting_an_id_closes_its_sockets_with_1001_and_no_other,
}

#[tokio::test]
async fn what_is_no_message_closes_its_socket_with_1011_and_no_other() {
    let addr = serve(&endpoint()).await;
    let mut witness = Ws::join(addr, "room:lobby").await;
    for text in ["not json", "{}", r#"[null,"1","room:lobby","ping"]"#, ""] {
        let mut ws = Ws::join(addr, "room:lobby").await;
        ws.send(text).await;
        ws.expect_close(1011).await;
    }
    witness.expect_nothing().await;
}

#[tokio::test]
async fn broken_frames_close_with_the_code_that_the_rfc_gives() {
    let addr = serve(&endpoint()).await;
    let too_big = [&[0x81, 0xFF][..], &10_000_001_u64.to_be_bytes(), &[0; 4]].concat();
    for (bytes, code) in [
        (frame(0x83, b""), 1002),
        (vec![0x81, 0x01, b'x'], 1002),
        (frame(0x09, b""), 1002),
        (frame(0x80, b""), 1002),
        (frame(0x88, b"\x03"), 1002),
        (frame(0x81, b"\xff"), 1007),
        (too_big, 1009),
    ] {
        let mut ws = Ws::open(addr).await;
        ws.raw(&bytes).await;
        ws.expect_close(code).await;
    }
}

#[tokio::test]
async fn a_close_is_answered_and_nothing_after_it_is_read() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:lobby").await;
    let close = frame(0x88, &1000_u16.to_be_bytes());
    ws.raw(&[close, frame(0x81, br#"["1","2","room:lobby","ping",{}]"#)].concat())
        .await;
    assert_eq!(ws.next().await, Frame::Close(1000));
}

#[tokio::test]
async fn a_client_that_goes_on_sending_still_learns_why_it_was_closed() {
    let mut ws = Ws::open(serve(&endpoint()).await).await;
    ws.send("malformed").await;
    let (mut read, mut write) = ws.into_stream().into_split();
    let flood = tokio::spawn(async move { write.write_all(&vec![0; 1_000_000]).await });
    let mut got = Vec::new();
    read.read_to_end(&mut got).await.expect("no reset");
    assert_eq!(got, [0x88, 2, 0x03, 0xF3], "a close with 1011");
    flood.await.expect("no panic").expect("all of it was read");
}

#[tokio::test]
async fn a_ping_is_answered_with_what_it_carried() {
    let mut ws = Ws::open(serve(&endpoint()).await).await;
    ws.raw(&frame(0x89, b"still there?")).await;
    assert_eq!(ws.next().await, Frame::Pong(b"still there?".to_vec()));
    ws.raw(&frame(0x8A, b"unasked")).await;
    ws.expect_nothing().await;
}

#[tokio::test]
async fn a_silent_client_is_closed_after_the_timeout_and_a_talking_one_is_not() {
    let addr = serve(&endpoint_with(
        websocket().timeout(Duration::from_millis(200)),
    ))
    .await;
    let (mut silent, mut talking) = (Ws::open(addr).await, Ws::open(addr).await);
    let closed = tokio::spawn(async move { silent.expect_close(1002).await });
    while !closed.is_finished() {
        talking.expect_nothing().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    closed.await.expect("closed with 1002");
    talking.expect_nothing().await;
}

async fn disconnecting_an_id_closes_its_sockets_with_1001_and_no_other(count: usize) {
    let nodes = nodes(count);
    let addr = nodes.serve().await;
    let (mut a, mut b) = (
        Ws::open_as(addr(), "&id=user:1").await,
        Ws::open_as(addr(), "&id=user:1").await,
    );
    let (mut other, mut anonymous) = (
        Ws::open_as(addr(), "&id=user:2").await,
        Ws::open(addr()).await,
    );
    eventually("all are connected", || nodes.connections() == 4).await;
    nodes
        .next()
        .broadcast("user:1", "something else", json!({}));
    nodes.settled().await;
    a.expect_nothing().await;
    nodes.next().disconnect("user:1");
    a.expect_close(1001).await;
    b.expect_close(1001).await;
    nodes.settled().await;
    other.expect_nothing().await;
    anonymous.expect_nothing().await;
}

/// A handler that reports each client it has accepted, with the id `user:1`.
struct Accepting;

impl SocketHandler for Accepting {
    fn channels(_routes: &mut Channels<Self>) {}

    async fn connect(_params: &Params, info: &ConnectInfo) -> Result<Self> {
        info.state::<Arc<Notify>>().notify_one();
        Ok(Self)
    }

    fn id(&self) -> Option<String> {
        Some("user:1".to_owned())
    }
}

#[tokio::test]
async fn a_client_that_leaves_its_response_unread_is_disconnected_by_its_id_too() {
    let accepted = Arc::new(Notify::new());
    let endpoint = Endpoint::builder()
        .state(accepted.clone())
        .socket::<Accepting>("/socket")
        .build();
    let (mut client, server) = tokio::io::duplex(64); // the response is longer
    let service = TowerToHyperService::new(endpoint.router());
    let connection = http1::Builder::new().serve_connection(TokioIo::new(server), service);
    tokio::spawn(connection.with_upgrades());
    let request =
        format!("GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nhost: localhost\r\n{VALID}\r\n");
    client.write_all(request.as_bytes()).await.expect("sent");
    accepted.notified().await;

    endpoint.disconnect("user:1");

    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.expect("a response"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    let mut close = [0; 4];
    let read = tokio::time::timeout(TIMEOUT, client.read_exact(&mut close));
    read.await.expect("in time").expect("a close");
    assert_eq!(close, [0x88, 2, 0x03, 0xE9], "a close with 1001");
}

/// A socket of `user:1` whose `connect` waits until the test releases it, or closes the user's other connections.
struct OfUser;

impl SocketHandler for OfUser {
    fn channels(_routes: &mut Channels<Self>) {}

    async fn connect(params: &Params, info: &ConnectInfo) -> Result<Self> {
        match params.get("only") {
            Some(_) => info.endpoint().disconnect("user:1"),
            None => {
                let gate = info.state::<Gate>();
                gate.reached.notify_one();
                gate.open.notified().await;
            }
        }
        Ok(Self)
    }

    fn id(&self) -> Option<String> {
        Some("user:1".to_owned())
    }
}

fn endpoint_of_user(gate: &Gate) -> Endpoint {
    Endpoint::builder()
        .socket::<OfUser>("/socket")
        .state(gate.clone())
        .build()
}

#[tokio::test]
async fn a_client_whose_connect_is_under_way_is_disconnected_by_its_id_too() {
    let gate = Gate::default();
    let endpoint = endpoint_of_user(&gate);
    let addr = serve(&endpoint).await;
    for (id, is_closed) in [("user:2", false), ("user:1", true)] {
        let connecting = tokio::spawn(Ws::open(addr));
        gate.reached.notified().await;
        // By a task, as a request to sign out is.
        let other = endpoint.clone();
        let disconnecting = tokio::spawn(async move { other.disconnect(id) });
        disconnecting.await.expect("no panic");
        gate.open.notify_one();
        let mut ws = connecting.await.expect("it connects");
        match is_closed {
            true => ws.expect_close(1001).await,
            false => ws.expect_nothing().await,
        }
    }
}

#[tokio::test]
async fn a_connect_that_disconnects_its_own_id_closes_all_other_connections() {
    let endpoint = endpoint_of_user(&Gate::default());
    let addr = serve(&endpoint).await;
    let mut earlier = Ws::open_as(addr, "&only=true").await;
    eventually("it is connected", || endpoint.stats().connections == 1).await;
    let mut later = Ws::open_as(addr, "&only=true").await;
    earlier.expect_close(1001).await;
    later.expect_nothing().await;
}

#[tokio::test]
async fn shutting_down_closes_every_socket_with_1012_and_turns_new_ones_away() {
    let endpoint = endpoint();
    let addr = serve(&endpoint).await;
    let (mut a, mut b) = (
        Ws::join(addr, "room:1").await,
        Ws::join(addr, "room:2").await,
    );
    let closed = tokio::spawn(async move {
        a.expect_close(1012).await;
        b.expect_close(1012).await;
    });
    endpoint.shutdown().await;
    assert_eq!(endpoint.stats().connections, 0);
    closed.await.expect("closed with 1012");
    assert_eq!(
        support::upgrade(addr, "/socket/websocket?vsn=2.0.0", "")
            .await
            .0,
        503
    );
}

/// A socket whose `connect` waits until the test releases it.
struct Slow;

#[derive(Clone, Default)]
struct Gate {
    reached: Arc<Notify>,
    open: Arc<Notify>,
}

impl SocketHandler for Slow {
    async fn connect(_: &Params, info: &ConnectInfo) -> Result<Self> {
        let gate = info.state::<Gate>();
        gate.reached.notify_one();
        gate.open.notified().await;
        Ok(Self)
    }
}

#[tokio::test]
async fn a_client_whose_connect_is_under_way_when_the_server_has_shut_down_is_turned_away() {
    let gate = Gate::default();
    let endpoint = Endpoint::builder()
        .socket::<Slow>("/socket")
        .state(gate.clone())
        .build();
    let addr = serve(&endpoint).await;
    let connecting = tokio::spawn(upgrade(addr, "/socket/websocket?vsn=2.0.0", ""));
    gate.reached.notified().await;
    endpoint.shutdown().await;
    gate.open.notify_one();
    assert_eq!(connecting.await.expect("answered").0, 503);
    assert_eq!(endpoint.stats().connections, 0);
}

#[tokio::test]
async fn nothing_is_left_of_connections_that_are_gone_however_they_went() {
    let endpoint = endpoint();
    let addr = serve(&endpoint).await;
    let mut sockets = Vec::new();
    for n in 0..10 {
        let mut ws = Ws::open_as(addr, &format!("&id=user:{n}")).await;
        for topic in ["room:lobby".to_owned(), format!("room:{n}")] {
            ws.send(&format!(r#"["1","1","{topic}","phx_join",{{}}]"#))
                .await;
            ws.next().await;
        }
        sockets.push(ws);
    }
    let stats = endpoint.stats();
    assert_eq!((stats.connections, stats.subscriptions), (10, 30));
    for (n, mut ws) in sockets.into_iter().enumerate() {
        match n % 4 {
            0 => drop(ws),
            1 => ws.raw(&frame(0x88, b"")).await,
            2 => ws.send("malformed").await,
            _ => endpoint.disconnect(&format!("user:{n}")),
        }
    }
    eventually("all is gone", || endpoint.stats() == Default::default()).await;
}

#[tokio::test]
async fn a_join_and_a_connect_that_take_too_long_are_given_up() {
    struct Slow;
    impl SocketHandler for Slow {
        async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
            std::future::pending().await
        }
    }
    let short = Duration::from_millis(20);
    let addr = serve(&endpoint_with(websocket().join_timeout(short))).await;
    let mut ws = Ws::open(addr).await;
    ws.send(r#"["1","1","room:stuck","phx_join",{}]"#).await;
    ws.expect(r#"["1","1","room:stuck","phx_reply",{"response":{"reason":"join crashed"},"status":"error"}]"#)
        .await;
    let options = websocket().connect_timeout(short);
    let slow = Endpoint::builder()
        .socket_with::<Slow>("/socket", options)
        .build();
    let (status, _) = upgrade(serve(&slow).await, "/socket/websocket?vsn=2.0.0", "").await;
    assert_eq!(status, 500);
}
