//! The server: its limits for clients, and its shutdown.

mod support;

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum_channels::{Endpoint, Serve, serve, websocket};
use hyper_util::rt::TokioIo;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use support::{Frame, Log, Ws, endpoint, endpoint_with, raw};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tracing::Level;

const REQUEST: &str = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const HALF_HEADERS: &str = "GET / HTTP/1.1\r\nhost: loc";
const HALF_A_BODY: &str =
    "POST /upload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nhalf";

/// A server in a task, with its shutdown signals.
struct Server {
    addr: SocketAddr,
    running: JoinHandle<io::Result<()>>,
    shutdown: oneshot::Sender<()>,
    kill: oneshot::Sender<()>,
}

impl Server {
    async fn start(app: Router) -> Server {
        Server::start_with(app, |server| server).await
    }

    async fn start_with(app: Router, with: impl FnOnce(Serve<Router>) -> Serve<Router>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("it is bound");
        let (shutdown, stopped) = oneshot::channel();
        let (kill, killed) = oneshot::channel();
        let server = with(serve(listener, app))
            .with_graceful_shutdown(async { stopped.await.expect("the sender is kept") })
            .with_forced_shutdown(async { killed.await.expect("the sender is kept") });
        let running = tokio::spawn(server.into_future());
        Server {
            addr,
            running,
            shutdown,
            kill,
        }
    }

    /// Shuts it down, and returns the time that took.
    async fn shut_down(self) -> Duration {
        let start = Instant::now();
        self.shutdown.send(()).expect("it runs");
        self.running.await.expect("no panic").expect("no error");
        start.elapsed()
    }
}

/// `/` answers with the client's address; `/upload` reads a body, and announces that before.
fn app() -> (Router, mpsc::UnboundedReceiver<()>) {
    let (begun, reading) = mpsc::unbounded_channel();
    let upload = async move |body: axum::body::Body| {
        begun.send(()).expect("the test waits");
        match axum::body::to_bytes(body, usize::MAX).await {
            Ok(body) => format!("{} bytes", body.len()),
            Err(error) => error.to_string(),
        }
    };
    let peer = async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string();
    (
        Router::new()
            .route("/", get(peer))
            .route("/upload", post(upload)),
        reading,
    )
}

async fn send(addr: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.expect("the server listens");
    stream.write_all(text.as_bytes()).await.expect("sent");
    stream
}

/// Waits until the server has accepted all earlier connections: it accepts them in order.
async fn settle(addr: SocketAddr) {
    let (_stream, status, _) = raw(addr, REQUEST).await;
    assert_eq!(status, 200);
}

/// Reads until the server closes the connection; returns the bytes and the time.
async fn rest(stream: &mut TcpStream) -> (String, Duration) {
    let (mut text, start) = (String::new(), Instant::now());
    let _ = stream.read_to_string(&mut text).await; // a reset is an end, too
    (text, start.elapsed())
}

#[tokio::test]
async fn handlers_know_the_address_of_their_client_and_connections_are_used_again() {
    let server = Server::start(app().0).await;
    let (mut stream, status, _) = raw(server.addr, REQUEST).await;
    let address = stream.local_addr().expect("connected").to_string();
    for _ in 0..2 {
        let mut body = vec![0; address.len()];
        stream.read_exact(&mut body).await.expect("the body");
        assert_eq!(
            (status, String::from_utf8(body)),
            (200, Ok(address.clone()))
        );
        stream.write_all(REQUEST.as_bytes()).await.expect("sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a head"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_to_another_protocol_may_wait_for_its_client_for_any_time() {
    const LARGE: usize = 64 * 1024 * 1024;
    let upgrade = async |request: axum::extract::Request| {
        tokio::spawn(async move {
            let upgraded = hyper::upgrade::on(request).await.expect("upgraded");
            let mut stream = TokioIo::new(upgraded);
            stream.write_all(&vec![b'x'; LARGE]).await.expect("written");
        });
        (
            StatusCode::SWITCHING_PROTOCOLS,
            [("connection", "upgrade"), ("upgrade", "x")],
        )
    };
    let server = Server::start(Router::new().route("/", get(upgrade))).await;
    let request = REQUEST.replace("\r\n\r\n", "\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    let (mut stream, status, _) = raw(server.addr, &request).await;
    assert_eq!(status, 101);
    stream.read_exact(&mut [0]).await.expect("it has begun");
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(rest(&mut stream).await.0.len(), LARGE - 1);
}

#[tokio::test]
async fn channels_are_served_nested_in_another_router() {
    let app = Router::new().nest("/app", endpoint().router());
    let server = Server::start(app).await;
    let mut ws = Ws::open_at(server.addr, "/app/socket/websocket?vsn=2.0.0").await;
    ws.expect_nothing().await;
}

#[tokio::test]
async fn channels_are_served_by_axums_own_server_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    let app: Router = endpoint().router();
    tokio::spawn(async { axum::serve(listener, app).await });
    Ws::open(addr).await.expect_nothing().await;
}

#[tokio::test]
async fn headers_beyond_the_maximum_are_answered_431() {
    let server = Server::start(app().0).await;
    let small = Server::start_with(app().0, |server| server.max_header_bytes(1000)).await;
    for (addr, bytes, expected) in [
        (server.addr, 60_000, 200),
        (server.addr, 70_000, 431),
        (small.addr, 900, 200),
        (small.addr, 1100, 431),
    ] {
        let filler = "x".repeat(bytes);
        let request = REQUEST.replace("\r\n\r\n", &format!("\r\nfiller: {filler}\r\n\r\n"));
        assert_eq!(raw(addr, &request).await.1, expected, "{bytes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_send_its_headers_is_closed_after_30_seconds() {
    let (log, _guard) = Log::collect(Level::DEBUG);
    let server = Server::start(app().0).await;
    for half in ["", "GET / HTTP/1.1\r\nhost: loc"] {
        let mut stream = send(server.addr, half).await;
        let (text, elapsed) = rest(&mut stream).await;
        assert_eq!((text.as_str(), elapsed.as_secs()), ("", 30), "{half:?}");
    }
    let closed = log.text();
    assert!(
        closed.ends_with(": read header from client timeout\n"),
        "{closed}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_next_request_is_closed_after_75_seconds() {
    let server = Server::start(app().0).await;
    for half in ["", "GET / HTTP/1.1\r\nhost: loc"] {
        let (mut stream, ..) = raw(server.addr, REQUEST).await;
        stream.write_all(half.as_bytes()).await.expect("sent");
        assert_eq!(rest(&mut stream).await.1.as_secs(), 75, "{half:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_given_up_after_30_seconds() {
    let (app, _reading) = app();
    let server = Server::start(app).await;
    let mut stream = send(server.addr, HALF_A_BODY).await;
    let (text, elapsed) = rest(&mut stream).await;
    assert!(
        text.ends_with("the body of the request took too long to arrive"),
        "{text}"
    );
    assert_eq!(elapsed.as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_its_client_does_not_read_is_given_up_after_60_seconds() {
    const LARGE: usize = 64 * 1024 * 1024;
    let app = Router::new().route("/", get(async || vec![b'x'; LARGE]));
    let server = Server::start(app).await;
    let mut slow = send(server.addr, REQUEST).await;
    slow.read_exact(&mut [0]).await.expect("it has begun");
    sleep(Duration::from_secs(59)).await;
    let mut part = vec![0; LARGE / 4];
    slow.read_exact(&mut part).await.expect("it goes on");
    sleep(Duration::from_secs(61)).await;
    let read = part.len() + rest(&mut slow).await.0.len();
    assert!(read < LARGE, "{read}");
}

#[tokio::test(start_paused = true)]
async fn half_a_message_by_long_poll_is_answered_408_and_its_session_goes_on() {
    let endpoint = endpoint_with(websocket().longpoll());
    let server = Server::start(endpoint.router()).await;
    let target = "/socket/longpoll?vsn=2.0.0";
    let open = format!("GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let body = rest(&mut send(server.addr, &open).await).await.0;
    let token = body
        .rsplit_once(r#""token":""#)
        .and_then(|(_, rest)| rest.split('"').next());
    let target = format!("{target}&token={}", token.expect("a session"));
    let post = |body: &str, length: usize| {
        format!(
            "POST {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let heartbeat = r#"[null,"1","phoenix","heartbeat",{}]"#;
    let mut half = send(server.addr, &post(&heartbeat[..10], heartbeat.len())).await;
    let whole = rest(&mut send(server.addr, &post(heartbeat, heartbeat.len())).await).await;
    assert!(whole.0.ends_with(r#"{"status":200}"#), "{}", whole.0);
    assert_eq!(whole.1.as_secs(), 0, "the other one does not hold it up");
    let half = rest(&mut half).await.0;
    assert!(half.ends_with(r#"{"status":408}"#), "{half}");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_what_is_idle_or_half_sent_headers() {
    let server = Server::start(app().0).await;
    let mut silent = send(server.addr, "").await;
    let mut half = send(server.addr, HALF_HEADERS).await;
    let (mut idle, ..) = raw(server.addr, REQUEST).await;
    let (mut half_again, ..) = raw(server.addr, REQUEST).await;
    half_again.write_all(b"GET / HT").await.expect("sent");
    sleep(Duration::from_secs(1)).await;
    let addr = server.addr;
    assert_eq!(server.shut_down().await, Duration::ZERO);
    for stream in [&mut silent, &mut half, &mut idle, &mut half_again] {
        assert_eq!(rest(stream).await.1, Duration::ZERO);
    }
    TcpStream::connect(addr)
        .await
        .expect_err("nobody listens any more");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_answers_the_first_request_of_a_connection_less_than_a_second_old() {
    for (first, second) in ["", HALF_HEADERS].map(|first| (first, &REQUEST[first.len()..])) {
        let server = Server::start(app().0).await;
        let mut stream = send(server.addr, first).await;
        settle(server.addr).await;
        sleep(Duration::from_millis(400)).await;
        let shutting_down = tokio::spawn(server.shut_down());
        sleep(Duration::from_millis(500)).await;
        stream.write_all(second.as_bytes()).await.expect("sent");
        let (text, elapsed) = rest(&mut stream).await;
        let address = stream.local_addr().expect("connected").to_string();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(text.ends_with(&address), "{text}");
        assert_eq!(elapsed, Duration::ZERO);
        assert_eq!(
            shutting_down.await.expect("it ends"),
            Duration::from_millis(500)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_says_in_its_late_answers_that_the_connection_closes() {
    let server = Server::start(app().0).await;
    let mut stream = send(server.addr, "").await;
    settle(server.addr).await;
    server.shutdown.send(()).expect("it runs");
    sleep(Duration::from_millis(400)).await;
    stream.write_all(REQUEST.as_bytes()).await.expect("sent");
    let (text, _) = rest(&mut stream).await;
    assert!(text.contains("\r\nconnection: close\r\n"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_closes_a_new_connection_without_a_request_after_a_second() {
    for first in ["", HALF_HEADERS] {
        let server = Server::start(app().0).await;
        let mut stream = send(server.addr, first).await;
        settle(server.addr).await;
        sleep(Duration::from_millis(400)).await;
        assert_eq!(server.shut_down().await.as_millis(), 600, "{first:?}");
        assert_eq!(rest(&mut stream).await, (String::new(), Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn a_forced_shutdown_does_not_wait_for_a_first_request() {
    let server = Server::start(app().0).await;
    let mut silent = send(server.addr, "").await;
    settle(server.addr).await;
    server.shutdown.send(()).expect("it runs");
    sleep(Duration::from_millis(400)).await;
    assert!(!server.running.is_finished());
    server.kill.send(()).expect("it runs");
    server.running.await.expect("no panic").expect("no error");
    assert_eq!(rest(&mut silent).await, (String::new(), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_half_a_body_only_as_long_as_it_may_take() {
    let (log, _guard) = Log::collect(Level::WARN);
    let (app, mut reading) = app();
    let server = Server::start_with(app, |server| {
        let patient = server.body_timeout(Duration::from_secs(3600));
        patient.shutdown_timeout(Duration::from_secs(7))
    })
    .await;
    let mut half = send(server.addr, HALF_A_BODY).await;
    reading.recv().await;
    assert_eq!(server.shut_down().await.as_secs(), 7);
    assert_eq!(rest(&mut half).await, (String::new(), Duration::ZERO));
    assert_eq!(
        log.text(),
        "[WARN] Requests dropped that were not finished within 7000 ms of the shutdown: 1\n"
    );
}

#[tokio::test]
async fn a_shutdown_finishes_the_requests_that_are_under_way() {
    let (begun, mut reading) = mpsc::unbounded_channel();
    let go_on = Arc::new(Notify::new());
    let notified = go_on.clone();
    let slow = async move || {
        begun.send(()).expect("the test waits");
        notified.notified().await;
        "done"
    };
    let server = Server::start(Router::new().route("/", get(slow))).await;
    let mut stream = send(server.addr, REQUEST).await;
    reading.recv().await;
    let addr = server.addr;
    let shutting_down = tokio::spawn(server.shut_down());
    support::eventually("nobody is let in", || {
        std::net::TcpStream::connect(addr).is_err()
    })
    .await;
    go_on.notify_one();
    let (text, _) = rest(&mut stream).await;
    assert!(
        text.contains("\r\nconnection: close\r\n") && text.ends_with("\r\n\r\ndone"),
        "{text}"
    );
    shutting_down.await.expect("it ends");
}

#[tokio::test]
async fn a_forced_shutdown_does_not_wait_for_requests_that_are_under_way() {
    for graceful_first in [true, false] {
        let (app, mut reading) = app();
        let server = Server::start(app).await;
        let mut half = send(server.addr, HALF_A_BODY).await;
        reading.recv().await;
        if graceful_first {
            server.shutdown.send(()).expect("it runs");
            let addr = server.addr;
            support::eventually("nobody is let in", || {
                std::net::TcpStream::connect(addr).is_err()
            })
            .await;
            assert!(!server.running.is_finished());
        }
        server.kill.send(()).expect("it runs");
        server.running.await.expect("no panic").expect("no error");
        assert_eq!(rest(&mut half).await.0, "");
    }
}

#[tokio::test]
async fn a_shutdown_closes_the_clients_of_the_endpoint_that_is_to_be_drained() {
    let endpoint = endpoint();
    let server = Server::start_with(endpoint.router(), |server| server.drain(&endpoint)).await;
    let mut ws = Ws::join(server.addr, "room:lobby").await;
    let shutting_down = tokio::spawn(server.shut_down());
    assert_eq!(ws.next().await, Frame::Close(1012));
    drop(ws);
    shutting_down.await.expect("it ends");
}

#[tokio::test]
async fn until_its_delay_is_over_a_shutdown_is_announced_and_all_else_goes_on() {
    let endpoint = endpoint();
    let readiness = |State(endpoint): State<Endpoint>| async move {
        match endpoint.is_shutting_down() {
            false => StatusCode::OK,
            true => StatusCode::SERVICE_UNAVAILABLE,
        }
    };
    let app = Router::new().route("/", get(readiness));
    let app = app.with_state(endpoint.clone()).merge(endpoint.router());
    let delayed = |server: Serve<Router>| {
        let server = server.shutdown_delay(Duration::from_secs(3600));
        server.drain(&endpoint)
    };
    let (log, _guard) = Log::collect(Level::INFO);
    let server = Server::start_with(app, delayed).await;
    let status = async || raw(server.addr, REQUEST).await.1;
    let mut before = Ws::join(server.addr, "room:lobby").await;
    assert_eq!(status().await, 200);

    server.shutdown.send(()).expect("it runs");
    support::eventually("it is announced", || endpoint.is_shutting_down()).await;
    let requested = "[INFO] Shutdown requested\n  Begins in: 3600000 ms\n";
    assert!(log.text().contains(requested), "{}", log.text());

    assert_eq!(status().await, 503);
    let mut after = Ws::join(server.addr, "room:lobby").await;
    before.expect_nothing().await;
    after.expect_nothing().await;
    server.kill.send(()).expect("it runs");
    server.running.await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn nothing_of_the_server_stays_with_a_websocket() {
    let server = Server::start(endpoint().router()).await;
    let mut ws = Ws::join(server.addr, "room:lobby").await;
    server.shut_down().await; // it waits for none of its connections
    ws.expect_nothing().await;
}

#[tokio::test]
async fn a_server_that_is_dropped_closes_its_connections() {
    let (app, mut reading) = app();
    let server = Server::start(app).await;
    let mut half = send(server.addr, HALF_A_BODY).await;
    reading.recv().await;
    server.running.abort();
    assert_eq!(rest(&mut half).await.0, "");
}
