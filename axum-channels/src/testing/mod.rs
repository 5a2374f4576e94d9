//! Test clients: they connect and join as a browser does, through the route, the handshake and the encoding, but in
//! memory.
//!
//! A [`Client`] is one connection, a [`TestChannel`] one topic that it has joined. Functions of this module connect in
//! different ways: [`connect`] and its variants to a socket, [`join`] to the socket and the topic of a channel.
//!
//! ```
//! use axum_channels::testing::{self, connect};
//! use axum_channels::{Channel, Payload, Reply, Result, Socket, Topic};
//! use serde_json::json;
//!
//! struct Echo;
//!
//! impl Channel for Echo {
//!     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
//!         Ok(Self)
//!     }
//!
//!     async fn handle_in(&mut self, _: &str, payload: Payload, _: &Socket) -> Result<Reply> {
//!         Ok(Reply::ok(payload))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let endpoint = testing::endpoint::<Echo>("echo:*"); // or your app's own
//! let client = connect(&endpoint, "/socket").await;
//! let mut channel = client.join("echo:1", json!({})).await;
//! assert_eq!(channel.push("ping", json!({"a": 1})).reply().await, Reply::ok(json!({"a": 1})));
//! # }
//! ```
//!
//! # Cargo feature
//!
//! The module requires the feature `testing`. An app enables it for its dev-dependencies only, beside the dependency
//! itself:
//!
//! ```toml
//! [dev-dependencies]
//! axum-channels = { path = "axum-channels", features = ["testing"] }
//! ```
//!
//! # Routers
//!
//! [`connect`], [`connect_with`], [`connect_with_token`] and [`connect_with_headers`] take an endpoint, or a router with
//! the app's routes and layers. A connection to a router passes through its layers, such as that of a session:
//!
//! ```
//! # use axum::{Router, extract::Extension};
//! # use axum_channels::{Endpoint, testing::connect_with_headers};
//! # async fn test(endpoint: Endpoint) {
//! let app = Router::new().merge(endpoint.router()).layer(Extension("…"));
//! let cookie = [("cookie", "session=42")];
//! let client = connect_with_headers(&app, "/socket", &cookie).await.expect("signed in");
//! # }
//! ```
//!
//! # Time
//!
//! An assertion waits for at most a second, and a refutation, the assertion that no message arrives, for a tenth of that;
//! [`Client::within`] and [`TestChannel::within`] set other limits. All of them use tokio's clock. While it is paused, as
//! in `#[tokio::test(start_paused = true)]`, no test waits: time passes when all tasks are idle. Clients send heartbeats,
//! as in a browser, so that a long wait does not end the connection.

mod app;
mod channel;
mod client;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod inbox;
mod wire;

pub use app::App;
pub use channel::{Push, TestChannel};
pub use client::Client;

use crate::channel::{Channel, Channels, SocketHandler};
use crate::endpoint::Endpoint;
use crate::error::Result;
use crate::message::{Payload, Refused};
use crate::params::Params;
use crate::socket::{BEARER, ConnectInfo};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::panic::Location;
use tokio::io::duplex;

/// Number of bytes that fit between client and server before one waits for the other.
const PIPE: usize = 64 * 1024;

/// Creates an endpoint with one channel, to test the channel without the app.
///
/// Its socket is at `/socket` and accepts every client. `pattern` is the route of the channel, such as `room:*`.
///
/// ```
/// # use axum_channels::{Channel, Endpoint, testing};
/// fn endpoint<C: Channel>() -> Endpoint {
///     testing::endpoint::<C>("user:*")
/// }
/// ```
#[must_use]
pub fn endpoint<C: Channel>(pattern: &str) -> Endpoint {
    Endpoint::builder()
        .build()
        .with_test_socket(only::<C>(pattern), Anyone)
}

/// Connects to the socket that routes a topic to the channel `C`, and joins the topic with an empty payload.
///
/// If no socket does, the channel is joined on a test socket with the endpoint's state, so that a channel can be tested
/// before it is routed.
///
/// # Panics
/// If the connection or the join is refused; the message contains the refusal.
///
/// # Examples
/// ```
/// # use axum_channels::{Channel, Endpoint, testing::join};
/// # use serde_json::json;
/// # async fn test<UserChannel: Channel>(endpoint: Endpoint) {
/// let mut alice = join::<UserChannel>(&endpoint, "user:lobby").await;
/// let mut bob = join::<UserChannel>(&endpoint, "user:lobby").await;
/// alice.push("shout", json!({"hello": "all"}));
/// bob.assert_broadcast("shout", json!({"hello": "all"})).await;
/// # }
/// ```
#[track_caller]
pub fn join<C: Channel>(endpoint: &Endpoint, topic: &str) -> impl Future<Output = TestChannel> {
    join_through::<C>(endpoint, topic, String::new(), Location::caller())
}

/// Connects with a token, as phoenix.js does with an `authToken`, and joins a topic as [`join`] does.
///
/// # Panics
/// If the connection or the join is refused; the message contains the refusal.
///
/// # Examples
/// ```
/// # use axum_channels::{Channel, Endpoint, testing::join_with_token};
/// # async fn test<UserChannel: Channel>(endpoint: Endpoint, token: String) {
/// let mut alice = join_with_token::<UserChannel>(&endpoint, "user:lobby", &token).await;
/// # }
/// ```
#[track_caller]
pub fn join_with_token<C: Channel>(
    endpoint: &Endpoint,
    topic: &str,
    token: &str,
) -> impl Future<Output = TestChannel> {
    join_through::<C>(endpoint, topic, bearing(token), Location::caller())
}

/// Joins through the socket that routes the topic. `headers` are further lines of the request.
async fn join_through<C: Channel>(
    endpoint: &Endpoint,
    topic: &str,
    headers: String,
    at: &Location<'_>,
) -> TestChannel {
    let client = match endpoint.path_to::<C>(topic) {
        Some(path) => open(endpoint.into(), path, &[], &headers).await,
        None => {
            let test_endpoint = endpoint.with_test_socket(only::<C>(topic), Anyone);
            open((&test_endpoint).into(), "/socket", &[], &headers).await
        }
    };
    let client = match client {
        Ok(client) => client,
        Err(refused) => panic!("{at}: cannot connect to join {topic}: {refused:?}"),
    };
    client.join_or_panic(topic, Payload::empty(), at).await
}

fn only<C: Channel>(pattern: &str) -> Channels<Anyone> {
    let mut channels = Channels::new();
    channels.channel::<C>(pattern);
    channels
}

/// Connects to the socket at a path, such as `/socket`.
///
/// # Panics
/// If the connection is refused; the message contains the refusal.
///
/// # Examples
/// ```
/// # use axum_channels::{Endpoint, testing::connect};
/// # async fn test(endpoint: Endpoint) {
/// let client = connect(&endpoint, "/socket").await;
/// # }
/// ```
#[track_caller]
pub fn connect(app: impl Into<App>, path: &str) -> impl Future<Output = Client> {
    let (at, app) = (Location::caller(), app.into());
    async move {
        match connect_with(app, path, &[]).await {
            Ok(client) => client,
            Err(refused) => panic!("{at}: cannot connect to {path}: {refused:?}"),
        }
    }
}

/// Connects without a call of [`SocketHandler::connect`]: `handler` is the value that it would return.
///
/// It is for channels whose sockets require a token, or something else that a test does not have.
///
/// ```
/// # use axum_channels::{ConnectInfo, Endpoint, Params, Refused, Result, SocketHandler, testing::connect_as};
/// # use serde_json::json;
/// struct UserSocket { user: u64 }
/// # impl SocketHandler for UserSocket {
/// #     async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> { Err(Refused::new("unauthorized").into()) }
/// # }
///
/// # async fn test(endpoint: Endpoint) {
/// let alice = connect_as(&endpoint, UserSocket { user: 42 }).await;
/// let mut channel = alice.join("user:lobby", json!({})).await;
/// # }
/// ```
pub async fn connect_as<S: SocketHandler>(endpoint: &Endpoint, handler: S) -> Client {
    let mut channels = Channels::new();
    S::channels(&mut channels);
    connect(&endpoint.with_test_socket(channels, handler), "/socket").await
}

/// Connects with parameters of the URL, or returns the refusal.
///
/// # Errors
/// The refusal: its payload and its status.
///
/// # Examples
/// ```
/// # use axum_channels::{Endpoint, Refused, testing::connect_with};
/// # async fn test(endpoint: Endpoint) {
/// let refused = connect_with(&endpoint, "/socket", &[("token", "wrong")]).await.expect_err("not allowed");
/// assert_eq!(refused, Refused::new("unauthorized"));
/// # }
/// ```
pub async fn connect_with(
    app: impl Into<App>,
    path: &str,
    params: &[(&str, &str)],
) -> Result<Client, Refused> {
    open(app.into(), path, params, "").await
}

/// Connects with a token, as phoenix.js does with an `authToken`, or returns the refusal.
///
/// # Errors
/// The refusal: its payload and its status.
///
/// # Examples
/// ```
/// # use axum_channels::{Endpoint, Refused, testing::connect_with_token};
/// # async fn test(endpoint: Endpoint) {
/// let refused = connect_with_token(&endpoint, "/socket", "wrong").await.expect_err("not allowed");
/// assert_eq!(refused, Refused::new("unauthorized"));
/// # }
/// ```
pub async fn connect_with_token(
    app: impl Into<App>,
    path: &str,
    token: &str,
) -> Result<Client, Refused> {
    open(app.into(), path, &[], &bearing(token)).await
}

/// The line of the request that has the token.
fn bearing(token: &str) -> String {
    let token = BASE64_STANDARD_NO_PAD.encode(token);
    format!("sec-websocket-protocol: phoenix, {BEARER}{token}\r\n")
}

/// Connects with additional request headers, or returns the refusal.
///
/// # Errors
/// The refusal: its payload and its status.
///
/// # Examples
/// ```
/// # use axum_channels::{Endpoint, testing::connect_with_headers};
/// # async fn test(endpoint: Endpoint) {
/// let elsewhere = [("origin", "https://elsewhere.example")];
/// let refused = connect_with_headers(&endpoint, "/socket", &elsewhere).await.expect_err("another site");
/// # }
/// ```
pub async fn connect_with_headers(
    app: impl Into<App>,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<Client, Refused> {
    let header = |(name, value): &(&str, &str)| format!("{name}: {value}\r\n");
    let headers: String = headers.iter().map(header).collect();
    open(app.into(), path, &[], &headers).await
}

async fn open(
    app: App,
    path: &str,
    params: &[(&str, &str)],
    headers: &str,
) -> Result<Client, Refused> {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .append_pair("vsn", "2.0.0")
        .finish();
    let target = format!("{}?{query}", app.websocket_path(path));
    let (mut near, far) = duplex(PIPE);
    let service = TowerToHyperService::new(app.router);
    tokio::spawn(
        http1::Builder::new()
            .serve_connection(TokioIo::new(far), service)
            .with_upgrades(),
    );
    match wire::open(&mut near, &target, headers).await {
        Ok(Ok(())) => Ok(Client::new(near)),
        Ok(Err(refused)) => Err(refused),
        Err(error) => panic!("no response from {path}: {error}"),
    }
}

struct Anyone;

impl SocketHandler for Anyone {
    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}
