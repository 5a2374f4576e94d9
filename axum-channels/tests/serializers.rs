//! The other formats besides V2 JSON: V2 binary frames and V1, frame by frame over TCP.

#[macro_use]
mod support;

use axum_channels::Payload;
use axum_channels::testing::connect;
use std::net::SocketAddr;
use support::{Ws, endpoint, nodes, serve};

on_one_node_and_on_two! {
    a_broadcast_of_bytes_reaches_everyone_who_can_read_it,
    v1_is_spoken_to_who_asks_for_it_and_to_who_asks_for_nothing,
}

async fn join_v1(addr: SocketAddr, topic: &str) -> Ws {
    let mut ws = Ws::open_at(addr, "/socket/websocket").await;
    ws.send(&format!(
        r#"{{"topic":"{topic}","event":"phx_join","payload":{{}},"ref":"1"}}"#
    ))
    .await;
    ws.expect(&format!(
        r#"{{"event":"phx_reply","payload":{{"response":{{}},"status":"ok"}},"ref":"1","topic":"{topic}"}}"#
    ))
    .await;
    ws
}

#[tokio::test]
async fn a_binary_push_is_answered_by_a_binary_reply() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:lobby").await;
    ws.send_binary(b"\x00\x01\x01\x0a\x0412room:lobbyping\xff\x00")
        .await;
    ws.expect_binary(b"\x01\x01\x01\x0a\x0212room:lobbyok\xff\x00")
        .await;
    ws.send_binary(b"\x00\x01\x01\x0a\x0813room:lobbycomplain")
        .await;
    ws.expect_binary(b"\x01\x01\x01\x0a\x0513room:lobbyerror")
        .await;
}

#[tokio::test]
async fn a_push_of_bytes_is_a_binary_frame_without_a_ref() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:lobby").await;
    ws.send_binary(b"\x00\x01\x01\x0a\x0412room:lobbypush\x01\x02")
        .await;
    ws.expect_binary(b"\x00\x01\x0a\x061room:lobbypushed\x01\x02")
        .await;
}

async fn a_broadcast_of_bytes_reaches_everyone_who_can_read_it(count: usize) {
    let nodes = nodes(count);
    let addr = nodes.serve().await;
    let (mut a, mut b) = (
        Ws::join(addr(), "room:lobby").await,
        Ws::join(addr(), "room:lobby").await,
    );
    let mut v1 = join_v1(addr(), "room:lobby").await;
    let publisher = nodes.next();
    publisher.broadcast("room:lobby", "image", Payload::binary(vec![1, 2]));
    publisher.broadcast("room:lobby", "text", Payload::empty());
    for ws in [&mut a, &mut b] {
        ws.expect_binary(b"\x02\x0a\x05room:lobbyimage\x01\x02")
            .await;
        ws.expect(r#"[null,null,"room:lobby","text",{}]"#).await;
    }
    v1.expect(r#"{"event":"text","payload":{},"ref":null,"topic":"room:lobby"}"#)
        .await;
}

#[tokio::test]
async fn a_binary_push_of_an_earlier_join_is_dropped_and_so_is_one_without_a_join_ref() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:lobby").await;
    ws.send_binary(b"\x00\x01\x01\x0a\x0402room:lobbyping")
        .await;
    ws.send_binary(b"\x00\x00\x01\x0a\x043room:lobbyping").await;
    ws.expect_nothing().await;
}

#[tokio::test]
async fn what_is_no_binary_message_closes_with_1011() {
    let addr = serve(&endpoint()).await;
    for body in [
        &b""[..],
        b"\x00",
        b"\x02\x01\x01te",
        b"\x00\x00\x00\xff\x01te",
    ] {
        let mut ws = Ws::open(addr).await;
        ws.send_binary(body).await;
        ws.expect_close(1011).await;
    }
    let mut v1 = Ws::open_at(addr, "/socket/websocket").await;
    v1.send_binary(b"\x00\x00\x01\x0a\x043room:lobbyping").await;
    v1.expect_close(1011).await;
}

#[tokio::test]
async fn v1_may_come_in_a_binary_frame() {
    let mut ws = join_v1(serve(&endpoint()).await, "room:lobby").await;
    ws.send_binary(br#"{"topic":"room:lobby","event":"ping","payload":{},"ref":"2"}"#)
        .await;
    ws.expect(r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"2","topic":"room:lobby"}"#)
        .await;
}

async fn v1_is_spoken_to_who_asks_for_it_and_to_who_asks_for_nothing(count: usize) {
    let nodes = nodes(count);
    let addr = nodes.serve().await;
    let mut ws = join_v1(addr(), "room:lobby").await;
    ws.send(r#"{"topic":"room:lobby","event":"ping","payload":{"n":1},"ref":2}"#)
        .await;
    ws.expect(r#"{"event":"phx_reply","payload":{"response":{"n":1},"status":"ok"},"ref":2,"topic":"room:lobby"}"#)
        .await;
    ws.send(r#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"3"}"#)
        .await;
    ws.expect(r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"3","topic":"phoenix"}"#)
        .await;
    let mut v2 = Ws::join(addr(), "room:lobby").await;
    v2.send(r#"["1","2","room:lobby","shout",{"a":1}]"#).await;
    v2.expect(r#"[null,null,"room:lobby","shout",{"a":1}]"#)
        .await;
    ws.expect(r#"{"event":"shout","payload":{"a":1},"ref":null,"topic":"room:lobby"}"#)
        .await;
    ws.send(r#"{"topic":"room:lobby","event":"phx_leave","payload":{},"ref":"4"}"#)
        .await;
    ws.expect(r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"4","topic":"room:lobby"}"#)
        .await;
    ws.expect(r#"{"event":"phx_close","payload":{},"ref":null,"topic":"room:lobby"}"#)
        .await;
    ws.send(r#"["1","2","room:lobby","ping",{}]"#).await;
    ws.expect_close(1011).await;
}

#[tokio::test]
async fn a_test_pushes_and_receives_bytes_as_it_does_json() {
    let endpoint = endpoint();
    let mut channel = connect(&endpoint, "/socket")
        .await
        .join("room:lobby", Payload::empty())
        .await;
    let bytes = Payload::binary(vec![0, 255]);
    let reply = channel.push("ping", bytes.clone()).reply().await;
    assert_eq!(reply.payload(), Some(&bytes));
    channel.push("push", bytes.clone());
    channel.assert_push("pushed", bytes.clone()).await;
    channel.push("shout", bytes.clone());
    channel.assert_broadcast("shout", bytes).await;
}
