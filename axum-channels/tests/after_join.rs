//! A history read after the join, and the broadcasts from then on, have no gap.

#[macro_use]
mod support;

use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, HandleInfo, Params, Payload, Reply, Result, Socket,
    SocketHandler, Topic,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Frame, Nodes, Ws};

struct Anyone;

impl SocketHandler for Anyone {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

/// All messages so far, as in a database.
#[derive(Clone, Default)]
struct History(Arc<Mutex<Vec<u64>>>);

impl History {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u64>> {
        self.0.lock().expect("no panic")
    }
}

struct Room;
struct AfterJoin;

impl Channel for Room {
    async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
        socket.sender::<Self>().send(AfterJoin)?;
        Ok(Self)
    }
}

impl HandleInfo<AfterJoin> for Room {
    async fn handle_info(&mut self, _: AfterJoin, socket: &Socket) -> Result<()> {
        let history = socket.state::<History>().lock().clone();
        tokio::task::yield_now().await; // a database would take time, too
        socket.push("history", json!({"all": history}));
        Ok(())
    }
}

on_one_node_and_on_two! {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    a_history_read_after_the_join_and_the_broadcasts_since_leave_no_gap,
}

/// Messages are stored and broadcast while clients join.
async fn a_history_read_after_the_join_and_the_broadcasts_since_leave_no_gap(count: usize) {
    let history = History::default();
    let nodes = Nodes::new(count, || {
        let builder = Endpoint::builder().socket::<Anyone>("/socket");
        builder.state(history.clone())
    });
    let addr = nodes.serve().await;
    let endpoint = nodes.last().clone();
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let publishing = tokio::spawn(async move {
        let mut n = 0;
        while stopped.try_recv().is_err() {
            history.lock().push(n);
            endpoint.broadcast("room:1", "new", json!({"n": n}));
            n += 1;
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
    });
    for _ in 0..30 {
        let mut ws = Ws::join(addr(), "room:1").await;
        let seen = seen(&mut ws).await;
        let last = *seen.last().expect("something");
        assert!(seen.into_iter().eq(0..=last), "a gap before {last}");
    }
    stop.send(()).expect("it still publishes");
    publishing.await.expect("no panic");
}

/// Returns the messages of a client once it has received the history and a few later broadcasts.
async fn seen(ws: &mut Ws) -> BTreeSet<u64> {
    let mut seen = BTreeSet::new();
    let mut after = None;
    while after.is_none_or(|count| count < 5) {
        let Frame::Text(text) = ws.next().await else {
            panic!("no message")
        };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        let payload = &message[4];
        match message[3].as_str() {
            Some("history") => {
                let all = payload["all"].as_array().expect("a list");
                seen.extend(all.iter().filter_map(Value::as_u64));
                after = Some(0);
            }
            _ => {
                seen.extend(payload["n"].as_u64());
                after = after.map(|count| count + 1);
            }
        }
    }
    seen
}

/// State of a topic, shared by its clients.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<u64>>);

struct Board;

impl Channel for Board {
    async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
        socket.sender::<Self>().send(AfterJoin)?;
        Ok(Self)
    }
}

impl HandleInfo<AfterJoin> for Board {
    async fn handle_info(&mut self, _: AfterJoin, socket: &Socket) -> Result<()> {
        let state = socket.state::<Shared>().0.lock().expect("no panic");
        socket.push("state", json!({"n": *state}));
        Ok(())
    }
}

struct Boards;

impl SocketHandler for Boards {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Board>("room:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_under_a_lock_arrives_in_the_order_of_the_lock() {
    let shared = Shared::default();
    let builder = Endpoint::builder().socket::<Boards>("/socket");
    let endpoint = builder.state(shared.clone()).build();
    let addr = support::serve(&endpoint).await;
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let publishers = [(); 3].map(|()| {
        let (shared, endpoint, stop) = (shared.clone(), endpoint.clone(), stop.clone());
        tokio::spawn(async move {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                {
                    let mut state = shared.0.lock().expect("no panic");
                    *state += 1;
                    endpoint.broadcast("room:1", "change", json!({"n": *state}));
                }
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
        })
    });
    for _ in 0..30 {
        let mut ws = Ws::join(addr, "room:1").await;
        let (mut before, mut state, mut after) = (Vec::new(), None, Vec::new());
        while after.len() < 5 {
            let Frame::Text(text) = ws.next().await else {
                panic!("no message")
            };
            let message: Value = serde_json::from_str(&text).expect("JSON");
            let n = message[4]["n"].as_u64();
            match (message[3].as_str(), state) {
                (Some("state"), _) => state = n,
                (_, None) => before.extend(n),
                (_, Some(_)) => after.extend(n),
            }
        }
        let state = state.expect("it came before");
        assert!(
            before.iter().all(|n| *n <= state),
            "{before:?}, then {state}"
        );
        assert!(
            after.iter().copied().eq(state + 1..state + 6),
            "{state}, then {after:?}"
        );
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for publisher in publishers {
        publisher.await.expect("no panic");
    }
}

/// Sends itself a message in `join`, before or after a pause.
struct Greeter;

impl Channel for Greeter {
    async fn join(topic: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
        socket.sender::<Self>().send(AfterJoin)?;
        if topic.ends_with("slow") {
            tokio::task::yield_now().await; // the client's messages are read meanwhile
        }
        socket.sender::<Self>().send(AfterJoin)?;
        Ok(Self)
    }

    async fn handle_in(&mut self, _: &str, payload: Payload, _: &Socket) -> Result<Reply> {
        Ok(Reply::ok(payload))
    }
}

impl HandleInfo<AfterJoin> for Greeter {
    async fn handle_info(&mut self, _: AfterJoin, socket: &Socket) -> Result<()> {
        socket.push("after_join", Payload::empty());
        Ok(())
    }
}

struct Greeters;

impl SocketHandler for Greeters {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Greeter>("room:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

/// In Phoenix the socket reads no message while a join runs: what `join` sends comes first in the channel's mailbox.
#[tokio::test]
async fn messages_of_a_join_are_handled_before_those_that_the_client_sent_with_it() {
    let endpoint = Endpoint::builder().socket::<Greeters>("/socket").build();
    let addr = support::serve(&endpoint).await;
    for topic in ["room:fast", "room:slow"] {
        let (mut sender, mut receiver) = Ws::open(addr).await.split();
        for (reference, event) in [(1, "phx_join"), (2, "ping"), (3, "ping")] {
            let message = json!(["1", reference, topic, event, {}]);
            sender.feed(&message.to_string()).await;
        }
        sender.flush().await;
        let mut seen = Vec::new();
        for _ in 0..5 {
            let Frame::Text(text) = receiver.next().await else {
                panic!("no message")
            };
            let message: Value = serde_json::from_str(&text).expect("JSON");
            seen.push(json!([message[1], message[3]]));
        }
        let after_join = json!([null, "after_join"]);
        let reply = |reference: u32| json!([reference, "phx_reply"]);
        let expected = [reply(1), after_join.clone(), after_join, reply(2), reply(3)];
        assert_eq!(seen, expected, "{topic}");
    }
}
