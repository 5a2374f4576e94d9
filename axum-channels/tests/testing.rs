//! The test client of `axum_channels::testing`.

mod support;

use axum::Router;
use axum::extract::Request;
use axum::middleware::Next;
use axum_channels::testing::{
    self, Client, connect, connect_as, connect_with, connect_with_headers, join, join_with_token,
};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Params, Payload, Refused, Reply, Result, Socket,
    SocketHandler, Topic,
};
use serde_json::json;
use std::time::Duration;
use support::{RoomChannel, endpoint, eventually};

#[tokio::test]
async fn a_push_is_answered() {
    let client = connect(&testing::endpoint::<RoomChannel>("room:*"), "/socket").await;
    let mut channel = client
        .join("room:lobby", json!({"respond": {"n": 1}}))
        .await;
    assert_eq!(channel.join_response(), &Payload::from(json!({"n": 1})));
    assert_eq!(
        channel.push("ping", json!({"a": 1, "b": 2})).reply().await,
        Reply::ok(json!({"b": 2, "a": 1}))
    );
    assert_eq!(
        channel.push("complain", json!({})).reply().await,
        Reply::error(json!({}))
    );
}

#[tokio::test]
async fn broadcasts_and_pushes_are_told_apart() {
    let endpoint = endpoint();
    let (a, b) = (
        connect(&endpoint, "/socket").await,
        connect(&endpoint, "/socket").await,
    );
    let (mut a, mut b) = (
        a.join("room:lobby", json!({})).await,
        b.join("room:lobby", json!({})).await,
    );
    a.push("shout", json!({"hello": "all"}));
    a.assert_broadcast("shout", json!({"hello": "all"})).await;
    b.assert_broadcast("shout", json!({"hello": "all"})).await;
    a.push("push", json!({"n": 1}));
    a.assert_push("pushed", json!({"n": 1})).await;
    b.refute_push("pushed").await;
    a.push("whisper", json!({})).reply().await;
    b.assert_broadcast("whisper", json!({})).await;
    a.refute_broadcast("whisper").await;
}

#[tokio::test]
async fn channels_are_left_closed_and_crash() {
    let client = connect(&endpoint(), "/socket").await;
    let mut first = client.join("room:lobby", json!({})).await;
    let mut second = client.join("room:lobby", json!({})).await;
    first.assert_closed().await;
    second.leave().await;
    second.assert_closed().await;
    let mut third = client.join("room:lobby", json!({})).await;
    third.push("panic", json!({}));
    third.assert_crashed().await;
}

#[tokio::test]
async fn refusals_are_values() {
    let endpoint = endpoint();
    let client = connect(&endpoint, "/socket").await;
    let refused = client
        .try_join("room:locked", json!({}))
        .await
        .expect_err("locked");
    assert_eq!(refused, Reply::error(json!({"reason": "unauthorized"})));
    let refused = connect_with(&endpoint, "/socket", &[("refuse", "1")])
        .await
        .expect_err("refused");
    assert_eq!(refused, Refused::new("unauthorized"));
    let refused = connect_with(&endpoint, "/socket", &[("refuse", "teapot")])
        .await
        .expect_err("refused");
    assert_eq!(
        refused,
        Refused::with(json!({"reason": "short and stout"})).status(418)
    );
}

#[tokio::test]
async fn a_reply_has_the_status_that_the_channel_gave_it() {
    let mut channel = join::<RoomChannel>(&endpoint(), "room:lobby").await;
    let reply = channel.push("unchanged", json!({"n": 1})).reply().await;
    assert_eq!(reply, Reply::with_status("unchanged", json!({"n": 1})));
    assert_ne!(reply, Reply::error(json!({"n": 1})));
    assert_eq!(Reply::with_status("ok", json!({})), Reply::ok(json!({})));
}

#[tokio::test]
async fn a_push_may_go_unanswered() {
    let client = connect(&endpoint(), "/socket").await;
    let mut channel = client.join("room:lobby", json!({})).await;
    channel.push("shout", json!({})).refute_reply().await;
}

#[tokio::test]
#[should_panic = "a reply arrived"]
async fn a_reply_that_should_not_come_fails_the_test() {
    let client = connect(&endpoint(), "/socket").await;
    let mut channel = client.join("room:lobby", json!({})).await;
    channel.push("ping", json!({})).refute_reply().await;
}

#[tokio::test]
async fn a_client_can_be_one_whom_connect_would_not_let_in() {
    struct Closed(&'static str);
    impl SocketHandler for Closed {
        fn channels(routes: &mut Channels<Self>) {
            routes.channel::<Whoami>("who:*");
        }
        async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
            Err(Refused::new("unauthorized").into())
        }
        fn id(&self) -> Option<String> {
            Some(format!("user:{}", self.0))
        }
    }
    struct Whoami;
    impl Channel for Whoami {
        async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
            socket.push(
                "you",
                json!({"name": socket.handler::<Closed>().0, "id": socket.id()}),
            );
            Ok(Self)
        }
    }
    let endpoint = Endpoint::builder().socket::<Closed>("/socket").build();
    assert!(connect_with(&endpoint, "/socket", &[]).await.is_err());
    let alice = connect_as(&endpoint, Closed("alice")).await;
    let mut channel = alice.join("who:am:i", json!({})).await;
    channel
        .assert_push("you", json!({"name": "alice", "id": "user:alice"}))
        .await;
    endpoint.broadcast("who:am:i", "news", json!({}));
    channel.assert_broadcast("news", json!({})).await;
    endpoint.disconnect("user:alice");
    assert_eq!(alice.assert_closed().await, 1001);
}

#[tokio::test]
async fn headers_are_what_a_test_says() {
    let endpoint = endpoint();
    let elsewhere = [("origin", "https://elsewhere.example")];
    let refused = connect_with_headers(&endpoint, "/socket", &elsewhere).await;
    assert!(refused.is_err());
    let here = [("origin", "https://localhost")];
    let client = connect_with_headers(&endpoint, "/socket", &here).await;
    assert!(client.is_ok());
}

#[tokio::test]
async fn a_client_can_be_disconnected_and_disconnect() {
    let endpoint = endpoint();
    let client = connect_with(&endpoint, "/socket", &[("id", "user:1")])
        .await
        .expect("let in");
    client.join("room:lobby", json!({})).await;
    endpoint.disconnect("user:1");
    assert_eq!(client.assert_closed().await, 1001);
    let client = connect(&endpoint, "/socket").await;
    client.disconnect().await;
    support::eventually("all is gone", || endpoint.stats() == Default::default()).await;
}

#[tokio::test]
#[should_panic = "no broadcast of `shout` {\"a\":2} on room:lobby within 1s, arrived:\n  \
                  [None, None, \"room:lobby\", \"shout\", {\"a\":1}]"]
async fn a_failed_assertion_shows_what_arrived_instead() {
    let client = connect(&endpoint(), "/socket").await;
    let mut channel = client.join("room:lobby", json!({})).await;
    channel.push("shout", json!({"a": 1}));
    channel.assert_broadcast("shout", json!({"a": 2})).await;
}

#[tokio::test]
#[should_panic = "tests/testing.rs:"]
async fn a_failed_assertion_says_where_it_stands() {
    connect(&endpoint(), "/socket")
        .await
        .join("room:locked", json!({}))
        .await;
}

#[tokio::test]
async fn joining_a_channel_goes_through_the_socket_that_leads_there() {
    let endpoint = endpoint();
    let mut a = join::<RoomChannel>(&endpoint, "room:lobby").await;
    assert_eq!(endpoint.stats().connections, 1);
    assert_eq!(
        a.push("ping", json!({"a": 1})).reply().await,
        Reply::ok(json!({"a": 1}))
    );
}

#[tokio::test]
async fn joining_with_a_token_shows_it_to_the_socket_that_leads_there() {
    struct Guarded(String);
    impl SocketHandler for Guarded {
        fn channels(routes: &mut Channels<Self>) {
            routes.channel::<RoomChannel>("room:*");
        }
        async fn connect(_: &Params, info: &ConnectInfo) -> axum_channels::Result<Self> {
            let token = info.auth_token();
            let token = token.ok_or_else(|| Refused::new("no token"))?;
            Ok(Self(token))
        }
        fn id(&self) -> Option<String> {
            Some(self.0.clone())
        }
    }
    let endpoint = Endpoint::builder()
        .socket::<Guarded>("/socket")
        .state(42_u64)
        .build();
    let mut channel = join_with_token::<RoomChannel>(&endpoint, "room:lobby", "alice").await;
    endpoint.disconnect("alice");
    channel.push("ping", json!({})).refute_reply().await;
}

#[tokio::test]
async fn joining_a_channel_that_no_socket_leads_to_yet_is_among_the_same_topics() {
    let endpoint = Endpoint::builder().state(42_u64).build();
    let mut a = join::<RoomChannel>(&endpoint, "room:lobby").await;
    let mut b = join::<RoomChannel>(&endpoint, "room:lobby").await;

    a.push("shout", json!({"hello": "all"}));
    b.assert_broadcast("shout", json!({"hello": "all"})).await;
    endpoint.broadcast("room:lobby", "news", json!({}));
    a.assert_broadcast("news", json!({})).await;
}

#[tokio::test]
async fn joining_a_topic_that_leads_to_another_channel_does_not_end_up_there() {
    struct Other;
    impl Channel for Other {
        async fn join(_: &Topic, _: Payload, _: &Socket) -> axum_channels::Result<Self> {
            Ok(Self)
        }
    }
    let endpoint = endpoint();
    let mut other = join::<Other>(&endpoint, "room:lobby").await;
    // It handles no events, where the routed channel would answer.
    other.push("ping", json!({}));
    other.assert_crashed().await;
}

#[tokio::test]
async fn a_client_that_was_let_in_already_is_counted_and_closed_like_any_other() {
    let endpoint = endpoint();
    let client = connect_as(&endpoint, NoEntry).await;
    let other = connect(&endpoint, "/socket").await;
    eventually("both are counted", || endpoint.stats().connections == 2).await;
    let stop = endpoint.clone();
    let stopped = tokio::spawn(async move { stop.shutdown().await });
    assert_eq!(
        (client.assert_closed().await, other.assert_closed().await),
        (1012, 1012)
    );
    drop((client, other));
    stopped.await.expect("no panic");
    assert_eq!(endpoint.stats().connections, 0);
}

/// Refuses everyone.
struct NoEntry;

impl SocketHandler for NoEntry {
    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Err(Refused::new("unauthorized").into())
    }
}

/// The user of a request, as a layer of the app's finds it out.
#[derive(Clone)]
struct CurrentUser(String);

/// A socket for users that the app's layer has let through.
struct Layered {
    user: String,
}

impl SocketHandler for Layered {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Patient>("patient:*");
    }

    async fn connect(_: &Params, info: &ConnectInfo) -> Result<Self> {
        let user = info.extension::<CurrentUser>();
        let CurrentUser(user) = user.ok_or_else(|| Refused::new("signed out").status(401))?;
        Ok(Self { user: user.clone() })
    }
}

/// A channel that takes its time.
struct Patient;

impl Channel for Patient {
    async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
        socket.set_join_response(json!({"user": socket.handler::<Layered>().user}));
        Ok(Self)
    }

    async fn handle_in(&mut self, _: &str, payload: Payload, _: &Socket) -> Result<Reply> {
        tokio::time::sleep(Duration::from_secs(payload.parse()?)).await;
        Ok(Reply::ok(json!({})))
    }
}

/// An app whose layer reads a cookie.
fn layered() -> Router {
    let endpoint = Endpoint::builder().socket::<Layered>("/socket").build();
    let sign_in = axum::middleware::from_fn(async |mut request: Request, next: Next| {
        let cookie = request.headers().get("cookie").cloned();
        let cookie = cookie.and_then(|cookie| cookie.to_str().ok().map(str::to_owned));
        if let Some(user) = cookie.and_then(|cookie| Some(cookie.strip_prefix("user=")?.to_owned()))
        {
            request.extensions_mut().insert(CurrentUser(user));
        }
        next.run(request).await
    });
    Router::new()
        .nest("/realtime", endpoint.router())
        .layer(sign_in)
}

async fn signed_in() -> Client {
    let cookie = [("cookie", "user=alice")];
    let client = connect_with_headers(&layered(), "/realtime/socket", &cookie).await;
    client.expect("alice is signed in")
}

#[tokio::test]
async fn a_connection_passes_through_the_layers_of_the_app() {
    let app = layered();
    let refused = connect_with(&app, "/realtime/socket", &[]).await;
    assert_eq!(
        refused.map(drop),
        Err(Refused::new("signed out").status(401))
    );
    let channel = signed_in().await.join("patient:1", json!({})).await;
    assert_eq!(
        channel.join_response(),
        &Payload::from(json!({"user": "alice"}))
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_of_tokio_s_clock_and_a_long_wait_does_not_end_the_connection() {
    let before = std::time::Instant::now();
    let hour = Duration::from_secs(60 * 60);
    let client = signed_in().await.within(hour * 2);
    let mut channel = client.join("patient:1", json!({})).await;
    let reply = channel.push("sleep", json!(hour.as_secs())).reply().await;
    assert_eq!(reply, Reply::ok(json!({})));
    let slow = channel.push("sleep", json!(2));
    let mut channel = channel.within(Duration::from_secs(3));
    slow.reply().await;
    channel.push("sleep", json!(2)).reply().await;
    channel.push("sleep", json!(2)).refute_reply().await;
    assert!(before.elapsed() < Duration::from_secs(60), "{before:?}");
}

#[tokio::test(start_paused = true)]
#[should_panic = "no reply within 3s, arrived: nothing"]
async fn a_limit_that_is_exceeded_is_named() {
    let client = signed_in().await.within(Duration::from_secs(3));
    let mut channel = client.join("patient:1", json!({})).await;
    channel.push("sleep", json!(4)).reply().await;
}
