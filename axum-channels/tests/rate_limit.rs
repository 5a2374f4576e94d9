//! The rate limit of one client.

mod support;

use axum_channels::{RateLimit, websocket};
use std::time::Duration;
use support::{Frame, Log, Ws, endpoint_with, frame, serve};
use tracing::Level;

/// Three messages for a long time, including the join.
fn three() -> RateLimit {
    RateLimit::messages(1).burst(Duration::from_secs(3))
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_answered_with_an_error_and_not_handled() {
    let endpoint = endpoint_with(websocket().rate_limit(three()));
    let addr = serve(&endpoint).await;
    let mut ws = Ws::join(addr, "room:a").await;
    let mut other = Ws::join(addr, "room:a").await;
    for n in 2..=3 {
        ws.send(&format!(r#"["1","{n}","room:a","ping",{{}}]"#))
            .await;
        ws.expect(&format!(
            r#"["1","{n}","room:a","phx_reply",{{"response":{{}},"status":"ok"}}]"#
        ))
        .await;
    }
    ws.send(r#"["1","4","room:a","shout",{}]"#).await;
    ws.expect(
        r#"["1","4","room:a","phx_reply",{"response":{"reason":"rate limited"},"status":"error"}]"#,
    )
    .await;
    other.expect_nothing().await; // and it has a limit of its own
    assert_eq!(endpoint.stats().connections, 2);
}

#[tokio::test]
async fn a_leave_beyond_the_limit_is_handled_since_clients_do_not_send_it_twice() {
    let endpoint = endpoint_with(websocket().rate_limit(three()));
    let mut ws = Ws::join(serve(&endpoint).await, "room:a").await;
    for n in 2..=4 {
        ws.send(&format!(r#"["1","{n}","room:a","ping",{{}}]"#))
            .await;
        ws.next().await;
    }
    ws.send(r#"["1","5","room:a","phx_leave",{}]"#).await;
    ws.expect(r#"["1","5","room:a","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    ws.expect(r#"["1","1","room:a","phx_close",{}]"#).await;
    assert_eq!(endpoint.stats().subscriptions, 0);
}

#[tokio::test]
async fn bytes_are_limited_too() {
    let limit = RateLimit::messages(1_000)
        .bytes(100)
        .burst(Duration::from_secs(5));
    let addr = serve(&endpoint_with(websocket().rate_limit(limit))).await;
    let mut ws = Ws::join(addr, "room:a").await;
    let text = "x".repeat(480);
    ws.send(&format!(r#"["1","2","room:a","ping","{text}"]"#))
        .await;
    ws.expect(
        r#"["1","2","room:a","phx_reply",{"response":{"reason":"rate limited"},"status":"error"}]"#,
    )
    .await;
    ws.send(r#"["1","3","room:a","ping",{}]"#).await;
    ws.expect(r#"["1","3","room:a","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
}

#[tokio::test]
async fn a_limit_that_closes_ends_the_connection_with_1008_and_is_logged() {
    let (log, _guard) = Log::collect(Level::WARN);
    let options = websocket().rate_limit(three().close());
    let mut ws = Ws::join(serve(&endpoint_with(options)).await, "room:a").await;
    for n in 2..=5 {
        ws.send(&format!(r#"["1","{n}","room:a","push",{{}}]"#))
            .await;
    }
    for _ in 2..=3 {
        ws.expect(r#"["1",null,"room:a","pushed",{}]"#).await;
    }
    ws.expect_close(1008).await;
    assert_eq!(
        log.text(),
        "[WARN] Closed a connection to rate_limit::support::app::UserSocket: \
         it sent more than its rate limit\n  Transport: websocket\n"
    );
}

/// Frames with a mask of zeros: `0x89` is a ping, `0x01` and `0x00` are fragments.
fn frames(kind: u8, body: &[u8], count: usize) -> Vec<u8> {
    frame(kind, body).repeat(count)
}

#[tokio::test]
async fn pings_count_and_those_beyond_the_limit_are_not_answered() {
    let addr = serve(&endpoint_with(websocket().rate_limit(three()))).await;
    let mut ws = Ws::join(addr, "room:a").await;
    let message = frame(0x81, br#"["1","2","room:a","ping",{}]"#);
    ws.raw(&[frames(0x89, b"?", 5), message].concat()).await;
    for _ in 0..2 {
        assert_eq!(ws.next().await, Frame::Pong(b"?".to_vec()));
    }
    ws.expect(
        r#"["1","2","room:a","phx_reply",{"response":{"reason":"rate limited"},"status":"error"}]"#,
    )
    .await;
}

#[tokio::test]
async fn fragments_and_pongs_count_as_messages() {
    for kind in [0x8a, 0x01] {
        let addr = serve(&endpoint_with(websocket().rate_limit(three()))).await;
        let mut ws = Ws::join(addr, "room:a").await;
        let message = br#"["1","2","room:a","ping",{}]"#;
        match kind {
            0x01 => {
                let rest = [frames(0x00, b"", 9), frame(0x80, message)].concat();
                ws.raw(&[frame(0x01, b""), rest].concat()).await;
            }
            _ => {
                ws.raw(&[frames(kind, b"", 9), frame(0x81, message)].concat())
                    .await
            }
        }
        ws.expect(
            r#"["1","2","room:a","phx_reply",{"response":{"reason":"rate limited"},"status":"error"}]"#,
        )
        .await;
    }
}

#[tokio::test]
async fn pings_beyond_a_limit_that_closes_end_the_connection() {
    let options = websocket().rate_limit(three().close());
    let mut ws = Ws::join(serve(&endpoint_with(options)).await, "room:a").await;
    ws.raw(&frames(0x89, b"", 5)).await;
    for _ in 0..2 {
        assert_eq!(ws.next().await, Frame::Pong(Vec::new()));
    }
    ws.expect_close(1008).await;
}
