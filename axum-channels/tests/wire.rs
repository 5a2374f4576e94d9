//! The protocol, V2 JSON, frame by frame over TCP.

#[macro_use]
mod support;

use axum::Router;
use axum_channels::{Endpoint, websocket};
use support::{
    Frame, UserSocket, Ws, endpoint, endpoint_with, frame, nodes, serve, serve_app, upgrade,
};

on_one_node_and_on_two! {
    a_broadcast_reaches_everyone_on_the_topic_and_nobody_else,
    a_broadcast_from_a_client_reaches_everyone_but_it,
    a_push_reaches_its_client_alone,
    what_a_client_is_sent_keeps_its_order,
    the_endpoint_can_broadcast_too,
    leaving_is_answered_and_then_closes_and_ends_broadcasts,
    the_second_join_of_a_topic_replaces_the_first,
}

#[tokio::test]
async fn a_join_is_answered_and_so_is_a_push() {
    let mut ws = Ws::open(serve(&endpoint()).await).await;
    ws.send(r#"["5","5","room:lobby","phx_join",{"hello":"join"}]"#)
        .await;
    ws.expect(r#"["5","5","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    ws.send(r#"["5","6","room:lobby","ping",{"n":1}]"#).await;
    ws.expect(r#"["5","6","room:lobby","phx_reply",{"response":{"n":1},"status":"ok"}]"#)
        .await;
}

#[tokio::test]
async fn a_payload_comes_back_byte_for_byte() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:lobby").await;
    ws.send(r#"["1","2","room:lobby","ping",{"z" : 1.0, "a":"\u00e9", "z2":[ ]}]"#)
        .await;
    let payload = r#"{"z" : 1.0, "a":"\u00e9", "z2":[ ]}"#;
    ws.expect(&format!(
        r#"["1","2","room:lobby","phx_reply",{{"response":{payload},"status":"ok"}}]"#
    ))
    .await;
}

#[tokio::test]
async fn a_reply_may_be_an_error_and_may_come_later() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:lobby").await;
    ws.send(r#"["1","2","room:lobby","complain",{}]"#).await;
    ws.expect(r#"["1","2","room:lobby","phx_reply",{"response":{},"status":"error"}]"#)
        .await;
    ws.send(r#"["1","3","room:lobby","later",{}]"#).await;
    ws.expect(r#"["1","3","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
}

#[tokio::test]
async fn a_reply_may_have_a_status_of_its_own_and_be_bytes() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:lobby").await;
    ws.send(r#"["1","2","room:lobby","unchanged",{}]"#).await;
    ws.expect(r#"["1","2","room:lobby","phx_reply",{"response":{},"status":"unchanged"}]"#)
        .await;
    ws.send_binary(b"\0\x01\x01\x0a\x0913room:lobbyunchanged\xff")
        .await;
    ws.expect_binary(b"\x01\x01\x01\x0a\x0913room:lobbyunchanged\xff")
        .await;
}

#[tokio::test]
async fn a_join_may_be_answered_with_more_or_refused() {
    let mut ws = Ws::open(serve(&endpoint()).await).await;
    ws.send(r#"["1","1","room:lobby","phx_join",{"respond":{"n":1}}]"#)
        .await;
    ws.expect(r#"["1","1","room:lobby","phx_reply",{"response":{"n":1},"status":"ok"}]"#)
        .await;
    ws.send(r#"["2","2","room:locked","phx_join",{}]"#).await;
    ws.expect(r#"["2","2","room:locked","phx_reply",{"response":{"reason":"unauthorized"},"status":"error"}]"#).await;
}

#[tokio::test]
async fn a_heartbeat_is_answered() {
    let mut ws = Ws::open(serve(&endpoint()).await).await;
    ws.send(r#"[null,"8","phoenix","heartbeat",{}]"#).await;
    ws.expect(r#"[null,"8","phoenix","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
}

#[tokio::test]
async fn an_unmatched_topic_is_an_error_joined_or_pushed_to() {
    let mut ws = Ws::open(serve(&endpoint()).await).await;
    ws.send(r#"["11","11","nope:1","phx_join",{}]"#).await;
    ws.expect(r#"[null,"11","nope:1","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#).await;
    ws.send(r#"["1","12","room:lobby","ping",{}]"#).await;
    ws.expect(r#"[null,"12","room:lobby","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]"#)
        .await;
}

async fn a_broadcast_reaches_everyone_on_the_topic_and_nobody_else(count: usize) {
    let nodes = nodes(count);
    let addr = nodes.serve().await;
    let (mut a, mut b) = (
        Ws::join(addr(), "room:lobby").await,
        Ws::join(addr(), "room:lobby").await,
    );
    let (mut elsewhere, mut nowhere) =
        (Ws::join(addr(), "room:other").await, Ws::open(addr()).await);
    a.send(r#"["1","2","room:lobby","shout",{"hello":"all"}]"#)
        .await;
    for ws in [&mut a, &mut b] {
        ws.expect(r#"[null,null,"room:lobby","shout",{"hello":"all"}]"#)
            .await;
    }
    nodes.settled().await;
    elsewhere.expect_nothing().await;
    nowhere.expect_nothing().await;
}

async fn a_broadcast_from_a_client_reaches_everyone_but_it(count: usize) {
    let nodes = nodes(count);
    let addr = nodes.serve().await;
    let (mut a, mut b) = (
        Ws::join(addr(), "room:lobby").await,
        Ws::join(addr(), "room:lobby").await,
    );
    a.send(r#"["1","2","room:lobby","whisper",{}]"#).await;
    a.expect(r#"["1","2","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    b.expect(r#"[null,null,"room:lobby","whisper",{}]"#).await;
    nodes.settled().await;
    a.expect_nothing().await;
}

async fn a_push_reaches_its_client_alone(count: usize) {
    let nodes = nodes(count);
    let addr = nodes.serve().await;
    let (mut a, mut b) = (
        Ws::join(addr(), "room:lobby").await,
        Ws::join(addr(), "room:lobby").await,
    );
    a.send(r#"["1","2","room:lobby","push",{"n":1}]"#).await;
    a.expect(r#"["1",null,"room:lobby","pushed",{"n":1}]"#)
        .await;
    nodes.settled().await;
    b.expect_nothing().await;
}

#[tokio::test]
async fn a_push_from_within_a_join_comes_before_its_reply() {
    let mut ws = Ws::open(serve(&endpoint()).await).await;
    ws.send(r#"["1","1","room:greeting","phx_join",{}]"#).await;
    ws.expect(r#"["1",null,"room:greeting","greeting",{"early":true}]"#)
        .await;
    ws.expect(r#"["1","1","room:greeting","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
}

async fn what_a_client_is_sent_keeps_its_order(count: usize) {
    let nodes = nodes(count);
    let addr = nodes.serve().await;
    let mut ws = Ws::join(addr(), "room:lobby").await;
    let _other = Ws::join(addr(), "room:lobby").await;
    let frames = [
        frame(0x81, br#"["1","2","room:lobby","ping",1]"#),
        frame(0x81, br#"["1","3","room:lobby","shout",{"n":2}]"#),
        frame(0x81, br#"["1","4","room:lobby","push",{"n":3}]"#),
        frame(0x81, br#"["1","5","room:lobby","ping",4]"#),
    ];
    ws.raw(&frames.concat()).await;
    ws.expect(r#"["1","2","room:lobby","phx_reply",{"response":1,"status":"ok"}]"#)
        .await;
    ws.expect(r#"[null,null,"room:lobby","shout",{"n":2}]"#)
        .await;
    ws.expect(r#"["1",null,"room:lobby","pushed",{"n":3}]"#)
        .await;
    ws.expect(r#"["1","5","room:lobby","phx_reply",{"response":4,"status":"ok"}]"#)
        .await;
}

async fn the_endpoint_can_broadcast_too(count: usize) {
    let nodes = nodes(count);
    let mut ws = Ws::join(serve(nodes.next()).await, "room:lobby").await;
    nodes
        .next()
        .broadcast("room:lobby", "news", serde_json::json!({"id": 1}));
    ws.expect(r#"[null,null,"room:lobby","news",{"id":1}]"#)
        .await;
}

#[tokio::test]
async fn the_state_and_the_handler_are_within_reach() {
    let mut ws = Ws::open_as(serve(&endpoint()).await, "&id=user%3A7").await;
    ws.send(r#"["1","1","room:lobby","phx_join",{}]"#).await;
    ws.next().await;
    ws.send(r#"["1","2","room:lobby","state",{}]"#).await;
    ws.expect(r#"["1","2","room:lobby","phx_reply",{"response":42,"status":"ok"}]"#)
        .await;
    ws.send(r#"["1","3","room:lobby","id",{}]"#).await;
    ws.expect(r#"["1","3","room:lobby","phx_reply",{"response":"user:7","status":"ok"}]"#)
        .await;
}

#[tokio::test]
async fn what_a_path_leaves_open_is_a_parameter_that_no_query_can_change() {
    let endpoint = Endpoint::builder()
        .socket::<UserSocket>("/users/{id}")
        .state(42_u64)
        .build();
    let app = Router::new().nest("/api/{tenant}", endpoint.router());
    let addr = serve_app(app.merge(endpoint.router())).await;
    for (path, id) in [("/users/user%3A7", "user:7"), ("/api/1/users/%C3%A9", "é")] {
        let target = format!("{path}/websocket?vsn=2.0.0&id=user:1");
        let mut ws = Ws::open_at(addr, &target).await;
        ws.send(r#"["1","1","room:lobby","phx_join",{}]"#).await;
        ws.next().await;
        ws.send(r#"["1","2","room:lobby","id",{}]"#).await;
        assert_eq!(ws.payload().await["response"], id, "{target}");
    }
    let (status, _) = upgrade(addr, "/users/%FF/websocket?vsn=2.0.0", "").await;
    assert_eq!(status, 400, "no text");
}

async fn leaving_is_answered_and_then_closes_and_ends_broadcasts(count: usize) {
    let nodes = nodes(count);
    let mut ws = Ws::join(serve(nodes.next()).await, "room:lobby").await;
    ws.send(r#"["1","2","room:lobby","phx_leave",{}]"#).await;
    ws.expect(r#"["1","2","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    ws.expect(r#"["1","1","room:lobby","phx_close",{}]"#).await;
    nodes
        .next()
        .broadcast("room:lobby", "news", serde_json::json!({}));
    nodes.settled().await;
    ws.expect_nothing().await;
}

async fn the_second_join_of_a_topic_replaces_the_first(count: usize) {
    let nodes = nodes(count);
    let mut ws = Ws::join(serve(nodes.next()).await, "room:lobby").await;
    ws.send(r#"["7","7","room:lobby","phx_join",{}]"#).await;
    ws.expect(r#"["7","7","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    ws.expect(r#"["1","1","room:lobby","phx_close",{}]"#).await;
    nodes
        .next()
        .broadcast("room:lobby", "news", serde_json::json!({}));
    ws.expect(r#"[null,null,"room:lobby","news",{}]"#).await;
    nodes.settled().await;
    ws.expect_nothing().await;
}

#[tokio::test]
async fn a_stale_join_ref_is_dropped_and_none_is_accepted() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:lobby").await;
    ws.send(r#"["0","2","room:lobby","ping",{}]"#).await;
    ws.send(r#"[null,"3","room:lobby","ping",{}]"#).await;
    ws.expect(r#"["1","3","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
}

#[tokio::test]
async fn one_hundred_topics_may_be_joined_and_no_more() {
    let mut ws = Ws::open(serve(&endpoint()).await).await;
    for n in 1..=100 {
        ws.send(&format!(r#"["{n}","{n}","room:{n}","phx_join",{{}}]"#))
            .await;
        ws.expect(&format!(
            r#"["{n}","{n}","room:{n}","phx_reply",{{"response":{{}},"status":"ok"}}]"#
        ))
        .await;
    }
    ws.send(r#"["101","101","room:101","phx_join",{}]"#).await;
    let reason = r#"{"reason":"too many channels joined"}"#;
    ws.expect(&format!(
        r#"["101","101","room:101","phx_reply",{{"response":{reason},"status":"error"}}]"#
    ))
    .await;
    ws.send(r#"["1","102","room:1","ping",{}]"#).await;
    ws.expect(r#"["1","102","room:1","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
}

#[tokio::test]
async fn large_and_fragmented_messages_arrive_whole() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:lobby").await;
    let large = "x".repeat(3_000_000);
    let message = format!(r#"["1","2","room:lobby","ping","{large}"]"#).into_bytes();
    let (head, tail) = message.split_at(1_000_000);
    ws.raw(&[frame(0x01, head), frame(0x89, b"ping"), frame(0x80, tail)].concat())
        .await;
    assert_eq!(ws.next().await, Frame::Pong(b"ping".to_vec()));
    ws.expect(&format!(
        r#"["1","2","room:lobby","phx_reply",{{"response":"{large}","status":"ok"}}]"#
    ))
    .await;
}

#[tokio::test]
async fn a_frame_may_come_byte_by_byte() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:lobby").await;
    for byte in frame(0x81, br#"["1","2","room:lobby","ping",{}]"#) {
        ws.raw(&[byte]).await;
        tokio::task::yield_now().await;
    }
    ws.expect(r#"["1","2","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
}

#[tokio::test]
async fn ten_thousand_pushes_at_once_are_all_answered_in_order() {
    let ws = Ws::join(serve(&endpoint()).await, "room:lobby").await;
    let (mut sender, mut receiver) = ws.split();
    let sending = tokio::spawn(async move {
        for n in 0..10_000 {
            sender
                .feed(&format!(r#"["1","{n}","room:lobby","ping",{n}]"#))
                .await;
        }
        sender.flush().await;
        sender
    });
    for n in 0..10_000 {
        let reply =
            format!(r#"["1","{n}","room:lobby","phx_reply",{{"response":{n},"status":"ok"}}]"#);
        assert_eq!(receiver.next().await, Frame::Text(reply));
    }
    sending.await.expect("sent");
}

#[tokio::test]
async fn limits_can_be_set() {
    let addr = serve(&endpoint_with(
        websocket().max_channels(1).max_message_bytes(100),
    ))
    .await;
    let mut ws = Ws::join(addr, "room:1").await;
    ws.send(r#"["2","2","room:2","phx_join",{}]"#).await;
    assert_eq!(
        ws.payload().await["response"]["reason"],
        "too many channels joined"
    );
    ws.send(&"x".repeat(101)).await;
    ws.expect_close(1009).await;
}
