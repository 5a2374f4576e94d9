//! A fault of one client or channel affects no other.

#[macro_use]
mod support;

use axum_channels::websocket;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use support::{Frame, Ws, endpoint, endpoint_with, eventually, nodes, serve};

on_one_node_and_on_two! {
    a_crashed_channel_is_unsubscribed,
    a_stuck_channel_still_hears_broadcasts_and_can_be_joined_again,
}

#[tokio::test]
async fn a_channel_that_crashes_tells_its_client_and_its_socket_lives_on() {
    let addr = serve(&endpoint()).await;
    let mut witness = Ws::join(addr, "room:a").await;
    let mut ws = Ws::join(addr, "room:a").await;
    ws.send(r#"["2","2","room:b","phx_join",{}]"#).await;
    ws.next().await;
    for event in ["panic", "panic later", "error", "unknown"] {
        ws.send(&format!(r#"["2","3","room:b","{event}",{{}}]"#))
            .await;
        ws.expect(r#"["2","2","room:b","phx_error",{"reason":"channel_crash"}]"#)
            .await;
        ws.send(r#"["1","4","room:a","ping",{}]"#).await;
        ws.expect(r#"["1","4","room:a","phx_reply",{"response":{},"status":"ok"}]"#)
            .await;
        ws.send(r#"["2","2","room:b","phx_join",{}]"#).await;
        ws.expect(r#"["2","2","room:b","phx_reply",{"response":{},"status":"ok"}]"#)
            .await;
    }
    witness.expect_nothing().await;
}

async fn a_crashed_channel_is_unsubscribed(count: usize) {
    let nodes = nodes(count);
    let mut ws = Ws::join(serve(nodes.next()).await, "room:a").await;
    ws.send(r#"["1","2","room:a","error",{}]"#).await;
    ws.next().await;
    nodes.next().broadcast("room:a", "news", json!({}));
    nodes.settled().await;
    ws.expect_nothing().await;
    assert_eq!(nodes.subscriptions(), 0);
}

#[tokio::test]
async fn a_join_that_crashes_is_an_error_reply() {
    let mut ws = Ws::open(serve(&endpoint()).await).await;
    for topic in ["room:panic", "room:error"] {
        ws.send(&format!(r#"["1","1","{topic}","phx_join",{{}}]"#))
            .await;
        let reply = r#"{"response":{"reason":"join crashed"},"status":"error"}"#;
        ws.expect(&format!(r#"["1","1","{topic}","phx_reply",{reply}]"#))
            .await;
    }
    ws.expect_nothing().await;
}

#[tokio::test]
async fn a_stuck_channel_stalls_only_itself() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:a").await;
    ws.send(r#"["1","2","room:a","stuck",{}]"#).await;
    ws.send(r#"["3","3","room:stuck","phx_join",{}]"#).await;
    ws.send(r#"["4","4","room:b","phx_join",{}]"#).await;
    ws.expect(r#"["4","4","room:b","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    ws.send(r#"["4","5","room:b","later",{}]"#).await;
    ws.expect(r#"["4","5","room:b","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    ws.expect_nothing().await;
}

async fn a_stuck_channel_still_hears_broadcasts_and_can_be_joined_again(count: usize) {
    let nodes = nodes(count);
    let mut ws = Ws::join(serve(nodes.next()).await, "room:a").await;
    ws.send(r#"["1","2","room:a","stuck",{}]"#).await;
    ws.expect_nothing().await;
    nodes.next().broadcast("room:a", "news", json!({}));
    ws.expect(r#"[null,null,"room:a","news",{}]"#).await;
    ws.send(r#"["3","3","room:a","phx_join",{}]"#).await;
    ws.expect(r#"["3","3","room:a","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    ws.expect(r#"["1","1","room:a","phx_close",{}]"#).await;
    ws.send(r#"["3","4","room:a","ping",{}]"#).await;
    ws.expect(r#"["3","4","room:a","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
}

/// Reading is paused only for a limited time: half a second here, 10 by default.
#[tokio::test]
async fn a_channel_that_stays_busy_answers_what_it_has_no_room_for() {
    let options = websocket().timeout(Duration::from_secs(1));
    for options in [
        options.clone().max_queued_messages(1),
        options.max_queued_message_bytes(1),
    ] {
        let mut ws = Ws::join(serve(&endpoint_with(options)).await, "room:a").await;
        for n in 2..=4 {
            ws.send(&format!(r#"["1","{n}","room:a","stuck",{{}}]"#))
                .await;
        }
        ws.expect(
            r#"["1","4","room:a","phx_reply",{"response":{"reason":"channel busy"},"status":"error"}]"#,
        )
        .await;
        ws.expect_nothing().await;
    }
}

#[tokio::test]
async fn however_much_is_pushed_at_once_a_slow_channel_handles_all_of_it_in_the_end() {
    let addr = serve(&endpoint()).await;
    for (count, payload) in [(500, 0), (60, 200_000)] {
        let ws = Ws::join(addr, "room:a").await;
        let push = format!(r#"["1","2","room:a","slow","{}"]"#, "x".repeat(payload));
        let (mut sender, mut receiver) = ws.split();
        let sending = tokio::spawn(async move {
            for _ in 0..count {
                sender.feed(&push).await; // blocks in the middle, and continues at the end
            }
            sender.flush().await;
            sender
        });
        let reply = r#"["1","2","room:a","phx_reply",{"response":{},"status":"ok"}]"#;
        for n in 0..count {
            assert_eq!(receiver.next().await, Frame::Text(reply.to_owned()), "{n}");
        }
        sending.await.expect("all sent");
    }
}

#[tokio::test]
async fn a_client_that_disconnects_takes_its_stuck_channels_along() {
    let endpoint = endpoint_with(websocket().drain_timeout(Duration::from_millis(20)));
    let mut ws = Ws::join(serve(&endpoint).await, "room:a").await;
    ws.send(r#"["1","2","room:a","stuck",{}]"#).await;
    ws.expect_nothing().await;
    drop(ws);
    eventually("all is gone", || endpoint.stats() == Default::default()).await;
}

/// A client that never reads is sent more than the kernel and its queue hold, while another reads everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_is_disconnected_and_delays_nobody() {
    let endpoint = endpoint_with(websocket().max_queued_bytes(64 * 1024));
    let addr = serve(&endpoint).await;
    let _slow = Ws::join(addr, "room:a").await;
    let mut quick = Ws::join(addr, "room:a").await;
    let text = "x".repeat(100_000);
    let mut sent = 0;
    while endpoint.stats().connections == 2 {
        assert!(
            sent < 1000,
            "100 MB were taken for a client that reads nothing"
        );
        endpoint.broadcast("room:a", "news", json!({"n": sent, "text": text}));
        assert_eq!(quick.payload().await["n"], sent, "the other has it at once");
        sent += 1;
    }
    assert_eq!(endpoint.stats().subscriptions, 1);
    quick.expect_nothing().await;
}

#[tokio::test]
async fn one_message_may_be_larger_than_what_may_be_queued() {
    let mut ws = Ws::join(
        serve(&endpoint_with(websocket().max_queued_bytes(1024))).await,
        "room:a",
    )
    .await;
    let large = "x".repeat(9_000_000);
    ws.send(&format!(r#"["1","2","room:a","ping","{large}"]"#))
        .await;
    ws.expect(&format!(
        r#"["1","2","room:a","phx_reply",{{"response":"{large}","status":"ok"}}]"#
    ))
    .await;
}

/// It is not read either, until it reads again: its own requests cannot fill the server.
#[tokio::test]
async fn a_client_that_asks_without_reading_is_made_to_wait() {
    let endpoint = endpoint_with(websocket().max_queued_bytes(256 * 1024));
    let ws = Ws::join(serve(&endpoint).await, "room:a").await;
    let push = format!(r#"["1","2","room:a","ping","{}"]"#, "x".repeat(10_000));
    let (mut sender, mut receiver) = ws.split();
    let sending = tokio::spawn(async move {
        for _ in 0..2_000 {
            sender.feed(&push).await; // blocks in the middle, and continues at the end
        }
        sender.flush().await;
        sender
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        endpoint.stats().connections,
        1,
        "waiting is no reason to be disconnected"
    );
    let reply = format!(
        r#"["1","2","room:a","phx_reply",{{"response":"{}","status":"ok"}}]"#,
        "x".repeat(10_000)
    );
    for _ in 0..2_000 {
        assert_eq!(receiver.next().await, Frame::Text(reply.clone()));
    }
    sending.await.expect("all sent");
}

#[tokio::test]
async fn a_value_that_is_too_deep_is_no_message() {
    let mut ws = Ws::join(serve(&endpoint()).await, "room:a").await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    ws.send(&format!(r#"["1","2","room:a","ping",{deep}]"#))
        .await;
    assert_eq!(ws.next().await, Frame::Close(1011));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_stalled_reader_among_a_thousand_delays_nobody_and_is_dropped() {
    let endpoint = endpoint_with(websocket().max_queued_bytes(50_000));
    let addr = serve(&endpoint).await;
    let mut stalled = Ws::join(addr, "room:1").await;
    stalled.send(r#"["2","2","room:2","phx_join",{}]"#).await; // a topic of its own, for more messages to stall on
    let mut readers = Vec::new();
    for _ in 0..999 {
        readers.push(Ws::join(addr, "room:1").await);
    }
    // One on each of the thousand, and another of the stalled one.
    eventually("all have joined", || endpoint.stats().subscriptions == 1001).await;
    let received = Arc::new(AtomicUsize::new(0));
    let listeners: Vec<_> = readers
        .into_iter()
        .map(|ws| tokio::spawn(listen(ws, received.clone())))
        .collect();
    let (much, mut slowest, mut sent) = ("x".repeat(200_000), Duration::ZERO, 0);
    while endpoint.stats().connections == 1000 {
        endpoint.broadcast("room:2", "news", json!({"text": much}));
        let begun = Instant::now();
        endpoint.broadcast("room:1", "news", json!({"n": sent}));
        sent += 1;
        eventually("all others receive it", || {
            received.load(Relaxed) == 999 * sent
        })
        .await;
        slowest = slowest.max(begun.elapsed());
        assert!(sent < 1000, "the stalled reader is dropped");
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    assert_eq!(endpoint.stats().connections, 999);
    drop(stalled);
    listeners.into_iter().for_each(|listener| listener.abort());
    eventually("nobody is left", || endpoint.stats().subscriptions == 0).await;
}

async fn listen(mut ws: Ws, received: Arc<AtomicUsize>) {
    loop {
        match ws.next().await {
            Frame::Text(text) if text.contains(r#""news""#) => drop(received.fetch_add(1, Relaxed)),
            Frame::Text(_) => {}
            other => panic!("{other:?}"),
        }
    }
}
