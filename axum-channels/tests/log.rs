//! The log lines, in Phoenix's shape.

mod support;

use axum_channels::testing::{connect, connect_with, connect_with_headers};
use serde_json::json;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use support::endpoint;
use tracing::Level;
use tracing::subscriber::DefaultGuard;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic while logging").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Collects what this thread logs, without times.
    fn collect(level: Level) -> (Log, DefaultGuard) {
        let log = Log::default();
        let writer = log.clone();
        let format = tracing_subscriber::fmt()
            .without_time()
            .with_ansi(false)
            .with_max_level(level);
        let subscriber = format.with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The log, with durations as `29µs` whatever they were.
    fn text(&self) -> String {
        let text = String::from_utf8(self.0.lock().expect("no panic while logging").clone())
            .expect("text");
        let normal = |line: &str| match line.rsplit_once(" in ") {
            Some((what, took)) if took.ends_with("µs") || took.ends_with("ms") => {
                format!("{what} in 29µs")
            }
            _ => line.to_owned(),
        };
        text.lines()
            .map(|line| normal(line.trim_start()) + "\n")
            .collect()
    }
}

#[tokio::test]
async fn connecting_joining_and_pushing_are_logged_as_in_phoenix() {
    let (log, _guard) = Log::collect(Level::DEBUG);
    let client = connect_with(&endpoint(), "/socket", &[("token", "undefined")])
        .await
        .expect("let in");
    let mut channel = client
        .join("room:lobby", json!({"hello": "join", "password": "x"}))
        .await;
    channel.push("ping", json!({"n": 1})).reply().await;
    assert_eq!(
        log.text(),
        "\
INFO axum_channels: CONNECTED TO log::support::app::UserSocket in 29µs
Transport: websocket
Serializer: V2 JSON
Parameters: {\"token\": \"[FILTERED]\", \"vsn\": \"2.0.0\"}
INFO axum_channels: JOINED room:lobby in 29µs
Parameters: {\"hello\": \"join\", \"password\": \"[FILTERED]\"}
DEBUG axum_channels: HANDLED ping INCOMING ON room:lobby (log::support::app::RoomChannel) in 29µs
Parameters: {\"n\": 1}
"
    );
}

#[tokio::test]
async fn refusals_are_logged() {
    let (log, _guard) = Log::collect(Level::INFO);
    let endpoint = endpoint();
    connect_with(&endpoint, "/socket", &[("refuse", "1")])
        .await
        .expect_err("refused");
    let client = connect(&endpoint, "/socket").await;
    client
        .try_join("room:locked", json!({}))
        .await
        .expect_err("locked");
    let text = log.text();
    assert!(
        text.starts_with(
            "INFO axum_channels: REFUSED CONNECTION TO log::support::app::UserSocket in 29µs\n"
        ),
        "{text}"
    );
    assert!(
        text.ends_with("INFO axum_channels: REFUSED JOIN room:locked in 29µs\nParameters: {}\n"),
        "{text}"
    );
}

#[tokio::test]
async fn what_goes_wrong_is_logged_with_its_cause() {
    let (log, _guard) = Log::collect(Level::WARN);
    let client = connect(&endpoint(), "/socket").await;
    client
        .try_join("nope:1", json!({}))
        .await
        .expect_err("unmatched");
    client
        .try_join("room:error", json!({}))
        .await
        .expect_err("crashed");
    for event in ["panic", "error", "dance\nINFO all is well"] {
        let mut channel = client.join("room:lobby", json!({})).await;
        channel.push(event, json!({}));
        channel.assert_crashed().await;
    }
    assert_eq!(
        log.text(),
        "\
WARN axum_channels: Ignoring unmatched topic \"nope:1\" in log::support::app::UserSocket
ERROR axum_channels: join of room:error in log::support::app::UserSocket crashed: no database
ERROR axum_channels: log::support::app::RoomChannel on room:lobby crashed: panicked: in handle_in
ERROR axum_channels: log::support::app::RoomChannel on room:lobby crashed: no database
ERROR axum_channels: log::support::app::RoomChannel on room:lobby crashed: unknown event `dance\\nINFO all is well`
"
    );
}

#[tokio::test]
async fn a_refused_origin_is_logged_with_the_setting_that_would_allow_it() {
    let (log, _guard) = Log::collect(Level::ERROR);
    let origin = [("origin", "https://evil.example")];
    connect_with_headers(&endpoint(), "/socket", &origin)
        .await
        .expect_err("another site");
    assert_eq!(
        log.text(),
        "ERROR axum_channels: Could not check origin for log::support::app::UserSocket: \
         the origin `https://evil.example` is not allowed: allowed are pages of this machine \
         (`localhost`, 127.0.0.0/8, `[::1]`), because the endpoint has no URL; \
         to allow it, give the endpoint its `.url(…)`, or a `.check_origin(CheckOrigin::hosts([…])?)`\n"
    );
}
