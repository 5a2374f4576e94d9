//! Every connection that the server ends, and every request that it refuses, is logged with the reason.

mod support;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum_channels::testing::connect_with;
use axum_channels::{CheckOrigin, Endpoint, LevelFilter, SocketOptions, websocket};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use std::time::Duration;
use support::{Frame, Log, Ws, endpoint_with, eventually, frame, serve};
use tracing::Level;

/// A log without the lines of connected clients.
fn options() -> SocketOptions {
    websocket()
        .log(LevelFilter::OFF)
        .max_message_bytes(1000)
        .longpoll()
}

/// Sends a request without a server; returns the status and the body.
async fn ask(endpoint: &Endpoint, method: &str, uri: &str, body: &[u8]) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .body(Body::from(body.to_vec()));
    let service = TowerToHyperService::new(endpoint.router::<()>());
    let response = service.call(request.expect("valid")).await;
    let response = response.expect("infallible");
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1_000_000).await;
    let body = serde_json::from_slice(&body.expect("a body"));
    (status, body.unwrap_or_default())
}

#[tokio::test]
async fn what_a_websocket_sends_that_it_may_not() {
    let (log, _guard) = Log::collect(Level::INFO);
    let addr = serve(&endpoint_with(options())).await;
    let long = format!("not json\n{}", "x".repeat(100));
    for (bytes, code) in [
        (frame(0x81, long.as_bytes()), 1011),
        (
            frame(0x81, br#"["1","2","t","sign_in",{"password":"hunter2"}"#),
            1011,
        ),
        (frame(0x82, b"\x03\x01\x01\x01\x01\x0012te{}"), 1011),
        (frame(0x82, b"\x00\x01"), 1011),
        (frame(0x81, &[b'x'; 1001]), 1009),
        (frame(0x81, b"\xff"), 1007),
        (frame(0x83, b""), 1002),
    ] {
        let mut ws = Ws::open(addr).await;
        ws.raw(&bytes).await;
        ws.expect_close(code).await;
    }
    let x = "x".repeat(55);
    let closed = "Closed a connection to log_ends::support::app::UserSocket";
    assert_eq!(
        log.text(),
        format!(
            r#"[ERROR] {closed}: malformed message
  Transport: websocket
  Message: 109 bytes, from `not json\n{x}...`
[ERROR] {closed}: malformed message
  Transport: websocket
  Message: 45 bytes, from `["1","2","t","sign_in",{{"password...`
[ERROR] {closed}: unknown kind of binary message
  Transport: websocket
  Kind: 3
  Message: 12 bytes, from `\u{{3}}\u{{1}}\u{{1}}\u{{1}}\u{{1}}\012te{{}}`
[ERROR] {closed}: malformed binary message
  Transport: websocket
  Message: 2 bytes, from `\0\u{{1}}`
[ERROR] {closed}: message larger than max_message_bytes
  Transport: websocket
  Limit: 1000 bytes
[ERROR] {closed}: text that is not UTF-8
  Transport: websocket
[ERROR] {closed}: broken WebSocket frame
  Transport: websocket
"#
        )
    );
}

#[tokio::test]
async fn a_client_that_does_not_read() {
    let (log, _guard) = Log::collect(Level::WARN);
    let endpoint = endpoint_with(options().max_queued_bytes(100_000));
    let ws = Ws::join(serve(&endpoint).await, "room:lobby").await;
    let news = json!({"": "x".repeat(100_000)});
    eventually("it is disconnected", || {
        endpoint.broadcast("room:lobby", "news", news.clone());
        endpoint.stats().connections == 0
    })
    .await;
    drop(ws);
    assert_eq!(
        log.text(),
        "[WARN] Closed a connection to log_ends::support::app::UserSocket: \
         the client does not read, and more than max_queued_bytes waits for it\n  \
         Transport: websocket\n  Limit: 100000 bytes\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_and_one_that_polls_no_more() {
    let (log, _guard) = Log::collect(Level::INFO);
    let endpoint = endpoint_with(options().timeout(Duration::from_secs(10)));
    let _client = connect_with(&endpoint, "/socket", &[]).await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    let endpoint = endpoint_with(options());
    assert_eq!(
        ask(&endpoint, "GET", "/socket/longpoll?vsn=2.0.0", b"")
            .await
            .0,
        200
    );
    tokio::time::sleep(Duration::from_secs(16)).await;
    let closed = "[INFO] Closed a connection to log_ends::support::app::UserSocket: \
                  the client was silent for too long";
    assert_eq!(
        log.text(),
        format!("{closed}\n  Transport: websocket\n{closed}\n  Transport: longpoll\n")
    );
}

#[tokio::test]
async fn clients_that_the_app_disconnects_and_a_shutdown() {
    let (log, _guard) = Log::collect(Level::INFO);
    let endpoint = endpoint_with(options());
    let addr = serve(&endpoint).await;
    let mut alice = Ws::open_as(addr, "&id=alice").await;
    eventually("she is connected", || endpoint.stats().subscriptions == 1).await;
    endpoint.disconnect("alice");
    alice.expect_close(1001).await;
    drop(alice);
    eventually("she is gone", || endpoint.stats().connections == 0).await;
    let mut bob = Ws::open(addr).await;
    bob.expect_nothing().await;
    let ending = endpoint.clone();
    let ending = tokio::spawn(async move { ending.shutdown().await });
    assert_eq!(bob.next().await, Frame::Close(1012));
    drop(bob);
    ending.await.expect("no panic");
    let poll = ask(&endpoint, "GET", "/socket/longpoll?vsn=2.0.0", b"").await;
    assert_eq!(poll.1["status"], 500);
    let socket = "log_ends::support::app::UserSocket";
    assert_eq!(
        log.text(),
        format!(
            "[INFO] Closed a connection to {socket}: disconnected by the app\n  Transport: websocket\n\
             [INFO] Shutting down {socket}: closing 1 connections\n\
             [INFO] Refused a request to {socket} with 503: shutting down\n  Transport: longpoll\n"
        )
    );
}

#[tokio::test]
async fn a_request_that_lost_its_upgrade_headers_on_the_way() {
    let (log, _guard) = Log::collect(Level::INFO);
    let endpoint = endpoint_with(options());
    let uri = "/socket/websocket?vsn=2.0.0";
    assert_eq!(ask(&endpoint, "GET", uri, b"").await.0, 400);
    assert_eq!(
        log.text(),
        "[WARN] Refused a request to log_ends::support::app::UserSocket with 400: \
         it does not ask for a WebSocket as a browser does: a proxy on the way may have dropped its Upgrade headers\n  \
         Transport: websocket\n  Missing: header Upgrade: websocket\n"
    );
}

#[tokio::test]
async fn what_a_polling_client_sends_that_it_may_not() {
    let (log, _guard) = Log::collect(Level::INFO);
    let endpoint = endpoint_with(options());
    for (body, status) in [(&[b'x'; 1001][..], 413), (b"\xff", 400), (b"not json", 400)] {
        let (_, opened) = ask(&endpoint, "GET", "/socket/longpoll?vsn=2.0.0", b"").await;
        let token = opened["token"].as_str().expect("a token");
        let uri = format!("/socket/longpoll?vsn=2.0.0&token={token}");
        let (_, answer) = ask(&endpoint, "POST", &uri, body).await;
        assert_eq!(answer["status"], status);
    }
    let socket = "log_ends::support::app::UserSocket";
    assert_eq!(
        log.text(),
        format!(
            "[ERROR] Refused a request to {socket} with 413: the body is larger than max_message_bytes, or did not come whole\n  \
             Transport: longpoll\n  Limit: 1000 bytes\n\
             [ERROR] Refused a request to {socket} with 400: the text is not UTF-8\n  Transport: longpoll\n\
             [ERROR] Closed a connection to {socket}: malformed message\n  Transport: longpoll\n  \
             Message: 8 bytes, from `not json`\n"
        )
    );
}

#[tokio::test]
async fn an_origin_and_a_version_that_are_not_allowed() {
    let (log, _guard) = Log::collect(Level::INFO);
    let here = CheckOrigin::hosts(["//example.com"]).expect("an origin");
    let addr = serve(&endpoint_with(options().check_origin(here))).await;
    let evil = "origin: http://evil.example\r\n";
    let (status, _) = support::upgrade(addr, "/socket/websocket?vsn=2.0.0", evil).await;
    let (version, _) = support::upgrade(addr, "/socket/websocket?vsn=3.0.0%0a", "").await;
    assert_eq!((status, version), (403, 403));
    assert_eq!(
        log.text(),
        "[ERROR] Could not check origin for log_ends::support::app::UserSocket\n  \
             Origin of the request: http://evil.example\n  \
             Allowed: `//example.com`\n  \
             To allow it: change the `.check_origin(…)` of the endpoint or the socket\n\
             [WARN] The client's requested transport version \"3.0.0\\n\" is not supported: \
             expected 1.0.x or 2.0.x\n"
    );
}
