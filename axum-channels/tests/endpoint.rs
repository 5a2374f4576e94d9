//! The endpoint as seen by channels and `connect`, which reach everyone on every topic.

#[macro_use]
mod support;

use axum_channels::testing::{App, Client, TestChannel, connect, connect_as, connect_with};
use axum_channels::{
    Channel, Channels, CheckOrigin, ConnectInfo, Endpoint, EndpointBuilder, Params, Payload,
    Reason, Refused, Reply, Result, Socket, SocketHandler, Topic, UnknownEvent, websocket,
};
use serde_json::json;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use support::{Nodes, Poll, Ws, eventually, serve};

/// Announces clients on `log`, and accepts only as many as there is room for.
struct UserSocket {
    id: Option<String>,
}

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
    }

    async fn connect(params: &Params, info: &ConnectInfo) -> Result<Self> {
        let id = params.get("id").map(str::to_owned);
        info.endpoint()
            .broadcast("room:log", "knock", json!({"id": id}));
        if params.get("instead").is_some() {
            info.endpoint().disconnect("user:1");
        }
        if info.endpoint().presences("room:full").len() >= 2 {
            return Err(Refused::new("full").into());
        }
        Ok(Self { id })
    }

    fn id(&self) -> Option<String> {
        self.id.clone()
    }
}

struct Room;

impl Channel for Room {
    async fn join(topic: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        socket
            .endpoint()
            .broadcast("room:log", "join", json!({"topic": topic.as_str()}));
        if let Some(name) = payload.get("name").as_ref().and_then(|name| name.as_str()) {
            socket.presence().track(name, json!({}))?;
        }
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        let endpoint = socket.endpoint();
        match event {
            "tell" => endpoint.broadcast("room:log", "told", payload),
            "who" => return Ok(Reply::ok(endpoint.presences("room:full"))),
            "disconnect" => endpoint.disconnect(&payload.parse::<String>()?),
            "next" => {
                let ((reply, later), mut events) =
                    (Reply::later(), endpoint.subscribe("room:elsewhere"));
                tokio::spawn(async move {
                    if let Ok(event) = events.recv().await {
                        later.reply(Reply::ok(json!({"heard": event.event})));
                    }
                });
                return Ok(reply);
            }
            "task" => {
                let endpoint = endpoint.clone();
                tokio::spawn(async move { endpoint.broadcast("room:log", "done", payload) });
                socket.stop();
            }
            _ => return Err(UnknownEvent::new(event).into()),
        }
        Ok(Reply::none())
    }

    fn terminate(&mut self, reason: Reason, socket: &Socket) {
        let bye = json!({"topic": socket.topic().as_str(), "reason": format!("{reason:?}")});
        socket.endpoint().broadcast("room:log", "bye", bye);
    }
}

on_one_node_and_on_two! {
    a_channel_broadcasts_to_a_topic_that_its_client_has_not_joined,
    a_channel_says_goodbye_to_another_topic_however_it_ends,
    a_channel_disconnects_whom_it_names_and_itself,
    what_a_channel_starts_listens_and_broadcasts_without_it,
    connect_tells_counts_and_disconnects,
    a_client_that_a_test_lets_in_is_among_the_same_topics,
}

fn builder() -> EndpointBuilder {
    Endpoint::builder().socket::<UserSocket>("/socket")
}

fn endpoint() -> Endpoint {
    builder().build()
}

/// A client that has joined the log.
async fn log(app: impl Into<App>) -> (Client, TestChannel) {
    let client = connect(app, "/socket").await;
    let channel = client.join("room:log", json!({})).await;
    (client, channel)
}

async fn connect_by(app: impl Into<App>, id: &str) -> Client {
    connect_with(app, "/socket", &[("id", id)])
        .await
        .expect("let in")
}

async fn a_channel_broadcasts_to_a_topic_that_its_client_has_not_joined(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_client, mut log) = log(&nodes).await;
    let alice = connect(&nodes, "/socket").await;
    let mut alice = alice.join("room:1", json!({})).await;
    log.assert_broadcast("join", json!({"topic": "room:1"}))
        .await;
    alice.push("tell", json!({"n": 1}));
    log.assert_broadcast("told", json!({"n": 1})).await;
    nodes.settled().await;
    alice.refute_broadcast("told").await;
}

async fn a_channel_says_goodbye_to_another_topic_however_it_ends(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_client, mut log) = log(&nodes).await;
    for (how, reason) in [
        ("leave", "Left"),
        ("error", "Crashed"),
        ("disconnect", "Disconnected"),
    ] {
        let client = connect_by(&nodes, "user:1").await;
        let mut alice = client.join("room:1", json!({})).await;
        match how {
            "leave" => alice.leave().await,
            "error" => drop(alice.push("unknown", json!({}))),
            _ => drop(alice.push("disconnect", json!("user:1"))),
        }
        let bye = json!({"topic": "room:1", "reason": reason});
        log.assert_broadcast("bye", bye).await;
    }
}

#[tokio::test]
async fn a_channel_sees_who_is_on_another_topic() {
    let endpoint = endpoint();
    let client = connect(&endpoint, "/socket").await;
    let _bob = client.join("room:full", json!({"name": "bob"})).await;
    let mut alice = client.join("room:1", json!({})).await;
    let who = alice.push("who", json!({})).reply().await;
    let who = who.payload().expect("a reply").to_value();
    assert_eq!(who["bob"]["metas"].as_array().map(Vec::len), Some(1));
}

async fn a_channel_disconnects_whom_it_names_and_itself(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (alice, bob) = (
        connect_by(&nodes, "user:1").await,
        connect_by(&nodes, "user:2").await,
    );
    let mut alice = alice.join("room:1", json!({})).await;
    let _bob = bob.join("room:1", json!({})).await;
    alice.push("disconnect", json!("user:2"));
    eventually("bob is gone", || nodes.connections() == 1).await;
    alice.push("disconnect", json!("user:1"));
    eventually("alice is gone", || nodes.are_idle()).await;
}

async fn what_a_channel_starts_listens_and_broadcasts_without_it(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_client, mut log) = log(&nodes).await;
    let alice = connect(&nodes, "/socket").await;
    let mut alice = alice.join("room:1", json!({})).await;
    let next = alice.push("next", json!({}));
    eventually("it listens", || nodes.subscriptions() == 3).await;
    nodes.settled().await;
    nodes.next().broadcast("room:elsewhere", "news", json!({}));
    assert_eq!(next.reply().await, Reply::ok(json!({"heard": "news"})));
    alice.push("task", json!({"n": 1}));
    alice.assert_closed().await;
    log.assert_broadcast("done", json!({"n": 1})).await;
}

async fn connect_tells_counts_and_disconnects(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_client, mut log) = log(&nodes).await;
    let _alice = connect_by(&nodes, "user:1").await;
    log.assert_broadcast("knock", json!({"id": "user:1"})).await;
    eventually("alice is there", || nodes.connections() == 2).await;
    let instead = [("id", "user:1"), ("instead", "1")];
    let client = connect_with(&nodes, "/socket", &instead)
        .await
        .expect("let in");
    eventually("the first is gone", || nodes.connections() == 2).await;
    let _a = client.join("room:full", json!({"name": "a"})).await;
    let another = connect_by(&nodes, "user:2").await;
    let _b = another.join("room:full", json!({"name": "b"})).await;
    nodes.settled().await;
    let refused = connect_with(&nodes, "/socket", &[]).await;
    assert_eq!(refused.expect_err("too many"), Refused::new("full"));
}

async fn a_client_that_a_test_lets_in_is_among_the_same_topics(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_client, mut log) = log(&nodes).await;
    let alice = connect_as(nodes.next(), UserSocket { id: None }).await;
    let mut alice = alice.join("room:1", json!({})).await;
    alice.push("tell", json!({"n": 1}));
    log.assert_broadcast("told", json!({"n": 1})).await;
}

/// Programs may read them often, such as for metrics.
#[tokio::test]
async fn stats_take_no_longer_with_many_topics_than_with_none() {
    let endpoint = endpoint();
    let fastest = || {
        let times = (0..50).map(|_| {
            let began = Instant::now();
            let subscriptions = endpoint.stats().subscriptions;
            (began.elapsed(), subscriptions)
        });
        times.min().expect("some")
    };
    let (before, _) = fastest();
    let many: Vec<_> = (0..50_000)
        .map(|n| endpoint.subscribe(&format!("room:{n}")))
        .collect();
    let (after, subscriptions) = fastest();
    assert_eq!(subscriptions, many.len());
    let limit = 20 * before.max(Duration::from_micros(1));
    assert!(after < limit, "{after:?} instead of {before:?}");
}

/// An endpoint, and a weak reference to a value that its state and its socket hold.
fn watched() -> (Endpoint, Weak<()>) {
    let part = Arc::new(());
    let (weak, of_socket) = (Arc::downgrade(&part), part.clone());
    let check = CheckOrigin::predicate(move |_| Arc::strong_count(&of_socket) > 0);
    let socket = websocket().check_origin(check);
    let builder = Endpoint::builder().socket_with::<UserSocket>("/socket", socket);
    (builder.state(part).build(), weak)
}

#[tokio::test]
async fn an_endpoint_that_is_dropped_lives_on_in_its_clients_and_dies_with_the_last() {
    let (endpoint, left) = watched();
    let (client, mut log) = log(&endpoint).await;
    let alice_is = connect_by(&endpoint, "user:1").await;
    let mut alice = alice_is.join("room:1", json!({"name": "alice"})).await;
    drop(endpoint);
    alice.push("tell", json!({"n": 1}));
    log.assert_broadcast("told", json!({"n": 1})).await;
    drop((alice, alice_is));
    let bye = json!({"topic": "room:1", "reason": "Disconnected"});
    log.assert_broadcast("bye", bye).await;
    assert!(left.upgrade().is_some(), "somebody is still connected");
    drop((log, client));
    eventually("nothing is left", || left.upgrade().is_none()).await;
}

#[tokio::test]
async fn a_router_lets_clients_in_though_its_endpoint_was_dropped() {
    let (endpoint, left) = watched();
    let addr = serve(&endpoint).await;
    drop(endpoint);
    let mut log = Ws::join(addr, "room:log").await;
    let mut alice = Ws::join(addr, "room:1").await;
    log.expect(r#"[null,null,"room:log","knock",{"id":null}]"#)
        .await;
    log.expect(r#"[null,null,"room:log","join",{"topic":"room:1"}]"#)
        .await;
    alice.send(r#"["1","2","room:1","tell",{"n":1}]"#).await;
    log.expect(r#"[null,null,"room:log","told",{"n":1}]"#).await;
    assert!(left.upgrade().is_some());
}

#[tokio::test]
async fn nothing_is_left_of_an_endpoint_whose_routers_are_dropped_with_it() {
    let (endpoint, left) = watched();
    let router: axum::Router = endpoint.router();
    drop(endpoint.clone());
    drop(endpoint);
    assert!(left.upgrade().is_some(), "the router can still be served");
    drop(router);
    assert!(left.upgrade().is_none());
}

/// Announces the end of its connection on `log`, and then panics if it is asked to.
struct Announced {
    endpoint: Endpoint,
    panics: bool,
}

impl SocketHandler for Announced {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
    }

    async fn connect(params: &Params, info: &ConnectInfo) -> Result<Self> {
        Ok(Self {
            endpoint: info.endpoint().clone(),
            panics: params.get("panics").is_some(),
        })
    }

    fn id(&self) -> Option<String> {
        Some("announced".into())
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        self.endpoint.broadcast("room:log", "end", json!({}));
        assert!(!self.panics, "on request");
    }
}

#[tokio::test]
async fn a_handler_is_dropped_at_the_end_of_its_connection_after_its_channels() {
    let builder = Endpoint::builder().socket::<UserSocket>("/log");
    let endpoint = builder
        .socket_with::<Announced>("/socket", websocket().longpoll())
        .build();
    let addr = serve(&endpoint).await;
    let mut log = Ws::open_at(addr, "/log/websocket?vsn=2.0.0").await;
    log.send(r#"["1","1","room:log","phx_join",{}]"#).await;
    assert_eq!(log.event().await, "phx_reply");
    let mut events = async |count| {
        let mut events = Vec::new();
        for _ in 0..count {
            events.push(log.event().await);
        }
        events
    };
    let join = r#"["1","1","room:1","phx_join",{}]"#;

    for query in ["", "&panics=1"] {
        let mut ws = Ws::open_at(addr, &format!("/socket/websocket?vsn=2.0.0{query}")).await;
        ws.send(join).await;
        assert_eq!(events(1).await, ["join"]);
        drop(ws);
        assert_eq!(events(2).await, ["bye", "end"]);
    }
    let poll = Poll::join(addr, "room:1").await;
    assert_eq!(events(1).await, ["join"]);
    endpoint.disconnect("announced");
    assert_eq!(events(2).await, ["bye", "end"]);
    drop(poll);
    eventually("only the log is connected", || {
        endpoint.stats().connections == 1
    })
    .await;
}
