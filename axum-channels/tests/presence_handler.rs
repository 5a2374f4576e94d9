//! Presences with data that the app adds, their changes, and presences of tasks.

#[macro_use]
mod support;

use axum_channels::testing::{Client, TestChannel, connect};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, EndpointBuilder, Params, Payload, PresenceDiff,
    PresenceError, PresenceHandler, Presences, Reply, Result, Socket, SocketHandler, Topic,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Log, Nodes, plain};
use tokio::time::{Instant, sleep, timeout};
use tracing::Level;

/// Tracks its user, and changes the presence on request.
struct Room {
    user: String,
}

impl Channel for Room {
    async fn join(_: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        let user = payload
            .get("user")
            .and_then(|it| it.as_str().map(str::to_owned));
        let user = user.unwrap_or_default();
        socket.presence().track(&user, json!({"n": 1}))?;
        socket.presence().push_state()?;
        Ok(Self { user })
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        let presence = socket.presence();
        match event {
            "add" => presence.update_with(&self.user, move |meta| {
                let n = meta["n"].as_u64().unwrap_or_default();
                meta.insert("n".to_owned(), json!(n + 1));
            })?,
            "panic" => presence.update_with(&self.user, |_| panic!("on request"))?,
            "unknown" => {
                let result = presence.update_with("nobody", |_| {});
                let expected = PresenceError::NotTracked {
                    topic: socket.topic().clone(),
                    key: "nobody".to_owned(),
                };
                assert_eq!(result, Err(expected));
            }
            "get" => {
                let user = payload.get("user").unwrap_or_default();
                let metas = presence.metas_by_key(user.as_str().unwrap_or_default());
                return Ok(Reply::ok(
                    json!({"n": metas.iter().map(|it| &it["n"]).collect::<Vec<_>>()}),
                ));
            }
            _ => {}
        }
        Ok(Reply::ok(json!({})))
    }
}

struct Anyone;

impl SocketHandler for Anyone {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

/// Adds names, slowly for the first and never for some, and keeps the changes.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<String>>>);

impl PresenceHandler for Names {
    async fn fetch(&self, topic: &Topic, mut presences: Presences) -> Presences {
        let keys: Vec<String> = presences.iter().map(|(key, _)| key.to_owned()).collect();
        for key in keys {
            match key.as_str() {
                "panic" => panic!("no such name"),
                "stuck" => std::future::pending().await,
                "slow" => sleep(Duration::from_secs(3)).await,
                _ => {}
            }
            presences.set(&key, "name", json!(format!("{key} of {topic}")));
        }
        presences
    }

    async fn handle_metas(
        &self,
        topic: &Topic,
        diff: PresenceDiff,
        presences: Presences,
        endpoint: &Endpoint,
    ) {
        let list = |presences: &Presences| {
            let keys = presences.iter().map(|(key, metas)| {
                let name = presences.field(key, "name").and_then(Value::as_str);
                format!("{key} {} {}", metas[0]["n"], name.unwrap_or("-"))
            });
            keys.collect::<Vec<_>>().join(", ")
        };
        let (joins, leaves) = (list(&diff.joins), list(&diff.leaves));
        let line = format!("{topic}: +[{joins}] -[{leaves}] =[{}]", list(&presences));
        self.0.lock().expect("not poisoned").push(line);
        endpoint.broadcast(topic, "handled", json!({"here": presences.len()}));
    }
}

on_one_node_and_on_two! {
    lists_and_changes_carry_what_fetch_adds,
    a_function_updates_what_is_known_and_one_that_panics_changes_nothing,
    a_task_has_a_presence_as_long_as_it_keeps_it,
    the_presences_of_one_key_are_listed_alone,
}

fn builder() -> EndpointBuilder {
    Endpoint::builder().socket::<Anyone>("/socket")
}

fn with_names() -> (Endpoint, Names) {
    let names = Names::default();
    (builder().presence(names.clone()).build(), names)
}

async fn join(nodes: &Nodes, user: &str) -> (Client, TestChannel) {
    let client = connect(nodes, "/socket").await;
    let channel = client.join("room:1", json!({"user": user})).await;
    (client, channel)
}

async fn state(channel: &mut TestChannel) -> Value {
    plain(channel.next_push("presence_state").await.to_value())
}

async fn diff(channel: &mut TestChannel) -> Value {
    plain(channel.next_broadcast("presence_diff").await.to_value())
}

/// A user as clients receive it, with a name.
fn named(user: &str, n: u32) -> Value {
    json!({user: {"metas": [{"n": n}], "name": format!("{user} of room:1")}})
}

fn unnamed(user: &str, n: u32) -> Value {
    json!({user: {"metas": [{"n": n}]}})
}

async fn lists_and_changes_carry_what_fetch_adds(count: usize) {
    let nodes = Nodes::new(count, || builder().presence(Names::default()));
    let (_alice, mut alice) = join(&nodes, "alice").await;
    assert_eq!(state(&mut alice).await, named("alice", 1));
    assert_eq!(
        diff(&mut alice).await,
        json!({"joins": named("alice", 1), "leaves": {}})
    );
    let (bob, mut channel) = join(&nodes, "bob").await;
    let both = json!({"alice": named("alice", 1)["alice"], "bob": named("bob", 1)["bob"]});
    assert_eq!(state(&mut channel).await, both);
    assert_eq!(
        diff(&mut alice).await,
        json!({"joins": named("bob", 1), "leaves": {}})
    );
    for endpoint in nodes.all() {
        let fetched = endpoint.fetch_presences("room:1").await;
        assert_eq!(plain(fetched.into()), both);
        assert_eq!(endpoint.presences("room:1").field("bob", "name"), None);
    }
    bob.disconnect().await;
    assert_eq!(
        diff(&mut alice).await,
        json!({"joins": {}, "leaves": named("bob", 1)})
    );
}

#[tokio::test(start_paused = true)]
async fn changes_of_a_topic_stay_in_order_and_other_topics_do_not_wait() {
    let (endpoint, names) = with_names();
    let slow = endpoint
        .track("room:1", "slow", json!({"n": 1}))
        .expect("an object");
    let _quick = endpoint
        .track("room:1", "quick", json!({"n": 2}))
        .expect("an object");
    drop(slow);
    let _other = endpoint
        .track("room:2", "other", json!({"n": 3}))
        .expect("an object");
    sleep(Duration::from_secs(1)).await;
    let other = "room:2: +[other 3 other of room:2] -[] =[other 3 -]".to_owned();
    assert_eq!(names.0.lock().expect("not poisoned").join("\n"), other);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(
        *names.0.lock().expect("not poisoned"),
        [
            other,
            "room:1: +[slow 1 slow of room:1] -[] =[quick 2 -]".to_owned(),
            "room:1: +[quick 2 quick of room:1] -[] =[quick 2 -]".to_owned(),
            "room:1: +[] -[slow 1 slow of room:1] =[quick 2 -]".to_owned(),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_panics_or_takes_too_long_adds_nothing() {
    let (log, _guard) = Log::collect(Level::ERROR);
    let (endpoint, _) = with_names();
    let mut events = endpoint.subscribe("room:1");
    for user in ["panic", "stuck"] {
        let _present = endpoint
            .track("room:1", user, json!({"n": 1}))
            .expect("an object");
        let event = events.recv().await.expect("none was missed");
        assert_eq!(
            plain(event.payload.to_value()),
            json!({"joins": unnamed(user, 1), "leaves": {}})
        );
        let handled = events.recv().await.expect("none was missed");
        assert_eq!(handled.event, "handled");
        drop(_present);
        let left = events.recv().await.expect("none was missed");
        assert_eq!(
            plain(left.payload.to_value()),
            json!({"joins": {}, "leaves": unnamed(user, 1)})
        );
        events.recv().await.expect("none was missed");
    }
    let crashed = |error| format!("[ERROR] fetch of the presences of room:1 crashed: {error}\n");
    let (panicked, late) = (
        crashed("panicked: no such name"),
        crashed("took longer than 5s"),
    );
    assert_eq!(log.text(), format!("{panicked}{panicked}{late}{late}"));
}

/// Handles changes, except those of some keys.
struct Failing;

impl PresenceHandler for Failing {
    async fn handle_metas(
        &self,
        topic: &Topic,
        diff: PresenceDiff,
        _: Presences,
        endpoint: &Endpoint,
    ) {
        match diff.joins.iter().next() {
            Some(("panic", _)) => panic!("not handled"),
            Some(("stuck", _)) => std::future::pending().await,
            _ => endpoint.broadcast(topic, "handled", json!({})),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_handling_panics_or_takes_too_long_delays_the_next_and_is_logged() {
    let (log, _guard) = Log::collect(Level::ERROR);
    let endpoint = Endpoint::builder().presence(Failing).build();
    let mut events = endpoint.subscribe("room:1");
    let begun = Instant::now();
    let _tracked = ["panic", "stuck", "bob"].map(|user| {
        let tracked = endpoint.track("room:1", user, json!({}));
        tracked.expect("an object")
    });
    for expected in ["presence_diff", "presence_diff", "presence_diff", "handled"] {
        let event = events.recv().await.map(|it| it.event);
        assert_eq!(event, Ok(expected.to_owned()));
    }
    assert_eq!(begun.elapsed().as_secs(), 5);
    let crashed =
        |error| format!("[ERROR] handle_metas of the presences of room:1 crashed: {error}\n");
    let (panicked, late) = (
        crashed("panicked: not handled"),
        crashed("took longer than 5s"),
    );
    assert_eq!(log.text(), format!("{panicked}{late}"));
}

async fn a_function_updates_what_is_known_and_one_that_panics_changes_nothing(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_client, mut channel) = join(&nodes, "alice").await;
    assert_eq!(
        diff(&mut channel).await,
        json!({"joins": unnamed("alice", 1), "leaves": {}})
    );
    for n in 1..=2 {
        channel.push("add", json!({})).reply().await;
        let expected = json!({"joins": unnamed("alice", n + 1), "leaves": unnamed("alice", n)});
        assert_eq!(diff(&mut channel).await, expected);
    }
    let (log, _guard) = Log::collect(Level::ERROR);
    channel.push("panic", json!({})).reply().await;
    channel.push("unknown", json!({})).reply().await;
    channel.push("add", json!({})).reply().await;
    let expected = json!({"joins": unnamed("alice", 4), "leaves": unnamed("alice", 3)});
    assert_eq!(diff(&mut channel).await, expected);
    let line = "[ERROR] update of the presences of room:1 crashed: panicked: on request\n";
    assert_eq!(log.text(), line);
}

async fn a_task_has_a_presence_as_long_as_it_keeps_it(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_client, mut channel) = join(&nodes, "alice").await;
    diff(&mut channel).await;
    let publisher = nodes.next();
    let mut job = publisher
        .track("room:1", "job", json!({"n": 1}))
        .expect("an object");
    assert_eq!(
        diff(&mut channel).await,
        json!({"joins": unnamed("job", 1), "leaves": {}})
    );
    job.update(json!({"n": 2})).expect("an object");
    let expected = json!({"joins": unnamed("job", 2), "leaves": unnamed("job", 1)});
    assert_eq!(diff(&mut channel).await, expected);
    job.update_with(|meta| drop(meta.insert("n".to_owned(), json!(3))));
    let expected = json!({"joins": unnamed("job", 3), "leaves": unnamed("job", 2)});
    assert_eq!(diff(&mut channel).await, expected);
    drop(job);
    assert_eq!(
        diff(&mut channel).await,
        json!({"joins": {}, "leaves": unnamed("job", 3)})
    );
    let refused = publisher.track("room:1", "job", json!([1])).map(drop);
    assert_eq!(refused, Err(PresenceError::NotAnObject));
}

async fn the_presences_of_one_key_are_listed_alone(count: usize) {
    let nodes = Nodes::new(count, builder);
    let (_client, mut channel) = join(&nodes, "alice").await;
    let _phone = nodes
        .next()
        .track("room:1", "alice", json!({"n": 2}))
        .expect("an object");
    let elsewhere = nodes.next();
    let _other = elsewhere
        .track("room:2", "alice", json!({"n": 3}))
        .expect("an object");
    nodes.settled().await;
    let get = |user| json!({"user": user});
    let reply = channel.push("get", get("alice")).reply().await;
    assert_eq!(reply, Reply::ok(json!({"n": [1, 2]})));
    let reply = channel.push("get", get("bob")).reply().await;
    assert_eq!(reply, Reply::ok(json!({"n": []})));
    assert_eq!(
        plain(json!(elsewhere.metas_by_key("room:2", "alice"))),
        json!([{"n": 3}])
    );
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_until_the_leaves_of_its_clients_are_handled() {
    let (endpoint, names) = with_names();
    let client = connect(&endpoint, "/socket").await;
    let _channel = client.join("room:1", json!({"user": "slow"})).await;
    endpoint.shutdown().await;
    let lines = names.0.lock().expect("not poisoned").clone();
    let expected = [
        "room:1: +[slow 1 slow of room:1] -[] =[]",
        "room:1: +[] -[slow 1 slow of room:1] =[]",
    ];
    assert_eq!(lines, expected);
}

/// Does not return from the first change.
struct Stuck;

impl PresenceHandler for Stuck {
    async fn handle_metas(&self, _: &Topic, diff: PresenceDiff, _: Presences, _: &Endpoint) {
        if diff.joins.iter().any(|(key, _)| key == "first") {
            std::future::pending().await
        }
    }
}

#[test]
fn changes_reach_clients_after_the_runtime_that_handled_one_has_ended() {
    let runtime = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime")
    };
    let endpoint = Endpoint::builder().presence(Stuck).build();
    let mut events = endpoint.subscribe("room:1");
    let track = |key| endpoint.track("room:1", key, json!({})).expect("an object");
    let (first, second) = (runtime(), runtime());
    let _first = first.block_on(async {
        let first = track("first");
        events.recv().await.expect("nothing is dropped");
        let waiting = track("waiting");
        (first, waiting)
    });
    drop(first);
    second.block_on(async {
        let _second = track("second");
        for key in ["waiting", "second"] {
            let event = timeout(Duration::from_secs(5), events.recv()).await;
            let event = event.expect("in time").expect("nothing is dropped");
            let joins = event.payload.get("joins").unwrap_or_default();
            assert!(joins.get(key).is_some(), "{key}: {joins}");
        }
    });
}
