//! Three nodes as processes; nodes and engine are killed, paused, flushed and cut off, while clients come and go.
//!
//!     CHAOS_ROUNDS=20 cargo test -p axum-channels --all-features --test engines chaos -- --ignored --nocapture
//!
//! A round has all faults, in an order that differs from round to round. `CHAOS_SEED` is the first of these orders.

use super::app::{LEASE, PREFIX};
use super::crowd::Crowd;
use super::process::Process;
use super::proxy::{Mode, Proxy};
use super::server::{Kind, Server};
use super::support::{Dice, Frame, Ws};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

on_each_engine! {
    whatever_is_killed_paused_flushed_or_cut_off_all_nodes_agree_on_who_is_there,
}

/// Duration after which a fault's effects count as a hang. They take some 4 seconds: an engine that does not answer is given up
/// after 3. A run prints the durations.
const LIMIT: Duration = Duration::from_secs(30);

/// Memory by which a node may grow in all rounds after the first: caches of the allocator, a thread's buffers.
const GROWTH: u64 = 16 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    NodeKilled,
    NodePaused,
    NodeShutDown,
    EngineFlushed,
    EngineRestarted,
    EnginePaused,
    NodeCutOff(Mode),
    EngineSlow,
}

const FAULTS: [Fault; 10] = [
    Fault::NodeKilled,
    Fault::NodePaused,
    Fault::EngineFlushed,
    Fault::EngineRestarted,
    Fault::EnginePaused,
    Fault::NodeCutOff(Mode::Cut),
    Fault::NodeCutOff(Mode::HalfClose),
    Fault::NodeCutOff(Mode::Stall),
    Fault::EngineSlow,
    Fault::NodeShutDown,
];

async fn whatever_is_killed_paused_flushed_or_cut_off_all_nodes_agree_on_who_is_there(kind: Kind) {
    let variable = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let rounds = variable("CHAOS_ROUNDS").unwrap_or(1);
    let seed = variable("CHAOS_SEED").unwrap_or(1);
    let mut world = World::start(kind).await;
    let mut memory = Vec::new();
    for round in seed..seed + rounds {
        let mut faults = FAULTS;
        Dice::new(round).shuffle(&mut faults);
        for fault in faults {
            world.step = format!("{kind:?}, round {round}, {fault:?}");
            let began = Instant::now();
            world.crowd.start(&world.nodes);
            world.suffer(fault).await;
            world.crowd.stop().await;
            world.agree().await;
            world.broadcasts_reach_all().await;
            println!("{}: {:.1?}", world.step, began.elapsed());
        }
        memory.push(world.nodes[0].memory());
    }
    println!("{kind:?}: memory of a node after each round: {memory:?}");
    assert!(memory[memory.len() - 1] < memory[0] + GROWTH, "{memory:?}");
}

/// Everything that a fault may concern. The first two nodes are connected to the engine, the third by the proxy.
struct World {
    engine: Server,
    proxy: Proxy,
    nodes: [Process; 3],
    /// A client of each node, by its name.
    clients: [Option<(&'static str, Ws)>; 3],
    watcher: Watcher,
    crowd: Crowd,
    step: String,
}

const NAMES: [&str; 3] = ["alice", "bob", "carol"];

impl World {
    async fn start(kind: Kind) -> World {
        let engine = Server::start(kind);
        let proxy = Proxy::start(&engine).await;
        let urls = [engine.url(), engine.url(), proxy.url()];
        let nodes = urls.map(Process::start);
        let watcher = Watcher {
            client: nodes[0].join(Value::Null).await,
            list: Vec::new(),
        };
        let mut world = World {
            engine,
            proxy,
            nodes,
            clients: [const { None }; 3],
            watcher,
            crowd: Crowd::default(),
            step: "the start".to_owned(),
        };
        for node in 0..3 {
            world.join(node).await;
        }
        world.agree().await;
        world
    }

    async fn join(&mut self, node: usize) {
        let client = self.nodes[node].join(NAMES[node]).await;
        self.clients[node] = Some((NAMES[node], client));
    }

    fn users(&self) -> Vec<&'static str> {
        let clients = self.clients.iter().flatten();
        clients.map(|(name, _)| *name).collect()
    }

    async fn suffer(&mut self, fault: Fault) {
        match fault {
            Fault::NodeKilled => self.kill_a_node().await,
            Fault::NodePaused => {
                self.nodes[1].signal("-STOP");
                let others = [&self.nodes[0], &self.nodes[2]];
                eventually_gone(&others, "bob", &self.step).await;
                self.nodes[1].signal("-CONT");
            }
            Fault::NodeShutDown => self.shut_a_node_down().await,
            Fault::EngineFlushed => {
                self.engine.flush(PREFIX);
                sleep(LEASE / 2).await; // the crowd goes on
            }
            Fault::EngineRestarted => {
                self.engine.kill();
                self.clients[2] = None;
                sleep(Duration::from_millis(500)).await;
                self.engine.restart();
                self.join(2).await;
            }
            Fault::EnginePaused => {
                self.engine.signal("-STOP");
                self.clients[1] = None;
                sleep(LEASE).await;
                self.engine.signal("-CONT");
                self.join(1).await;
            }
            Fault::NodeCutOff(mode) => {
                self.proxy.set(mode);
                self.clients[2] = None;
                sleep(LEASE).await;
                self.proxy.set(Mode::Pass);
                self.join(2).await;
            }
            Fault::EngineSlow => {
                self.proxy.set(Mode::Slow);
                sleep(LEASE).await;
                self.proxy.set(Mode::Pass);
            }
        }
    }

    async fn kill_a_node(&mut self) {
        self.nodes[1].kill();
        self.clients[1] = None;
        let others = [&self.nodes[0], &self.nodes[2]];
        eventually_gone(&others, "bob", &self.step).await;
        self.start_again().await;
    }

    /// Its client reads the close frame, as clients do: the node waits for that.
    async fn shut_a_node_down(&mut self) {
        let (_, mut client) = self.clients[1].take().expect("it is connected");
        tokio::spawn(async move { while client.next().await != Frame::End {} });
        self.crowd.stop().await;
        self.nodes[1].signal("-TERM");
        assert_eq!(self.nodes[1].wait().await, Some(0), "{}", self.step);
        let others = [&self.nodes[0], &self.nodes[2]];
        eventually_gone(&others, "bob", &self.step).await;
        self.start_again().await;
    }

    async fn start_again(&mut self) {
        self.nodes[1] = Process::start(self.engine.url());
        self.join(1).await;
    }

    /// Waits until each node's list is that of the users who are connected, and nothing else is left: in the nodes, and in the
    /// engine.
    async fn agree(&mut self) {
        let users = self.users();
        let began = Instant::now();
        loop {
            let mut states = Vec::new();
            for node in &self.nodes {
                states.push(node.state().await);
            }
            let states: Vec<Value> = states.iter().map(without_counts).collect();
            let in_engine = (
                self.engine.topics(PREFIX),
                self.engine.subscribers(PREFIX, "room:1"),
                self.engine.stored(PREFIX, "room:1"),
            );
            let (topics, subscribers, stored) = &in_engine;
            let expected = (0..3).map(|node| {
                let clients = 1 + usize::from(node == 0); // and the watcher
                json!({"users": users, "connections": clients, "subscriptions": clients, "topics": 1})
            });
            let is_done = states.iter().cloned().eq(expected)
                && (&topics[..], *subscribers) == (&["room:1".to_owned()], 3)
                && (stored.leases.len(), stored.journals.len()) == (3, 3);
            if is_done {
                break;
            }
            let state = format!("{}: {states:#?}, {in_engine:?}", self.step);
            assert!(began.elapsed() < LIMIT, "{state}");
            sleep(Duration::from_millis(20)).await;
        }
        self.watcher.follow(&users, &self.step).await;
        for node in &self.nodes {
            let counts = &node.state().await["counts"];
            assert_eq!(counts[3], 0, "{}: none is malformed", self.step);
        }
    }

    /// Publishes on each node, and waits for the message on all others.
    async fn broadcasts_reach_all(&mut self) {
        for from in 0..3 {
            let text = format!("{} {from}", self.step);
            let message = json!([null, "9", "room:1", "shout", {"text": text}]);
            let sender = self.clients[from].as_mut().expect("it is connected");
            sender.1.send(&message.to_string()).await;
            for (_, client) in self.clients.iter_mut().flatten() {
                let receiving = async {
                    while !matches!(client.next().await, Frame::Text(received) if received.contains(&text))
                    {
                    }
                };
                let received = timeout(LIMIT, receiving).await;
                assert!(received.is_ok(), "{text}: not received");
            }
        }
    }
}

/// Returns the part of a node's state that does not grow.
fn without_counts(state: &Value) -> Value {
    let mut state = state.clone();
    if let Some(state) = state.as_object_mut() {
        state.remove("counts");
    }
    state
}

async fn eventually_gone(nodes: &[&Process], user: &str, step: &str) {
    let began = Instant::now();
    let deadline = began + LIMIT;
    for node in nodes {
        loop {
            let state = node.state().await;
            let users = state["users"].as_array().expect("a list");
            if !users.contains(&json!(user)) {
                break;
            }
            assert!(Instant::now() < deadline, "{step}: {user} is still there");
            sleep(Duration::from_millis(20)).await;
        }
    }
    println!("{step}: {user} is gone after {:.2?}", began.elapsed());
}

/// A client that keeps a list of the users by what it receives.
struct Watcher {
    client: Ws,
    list: Vec<String>,
}

impl Watcher {
    /// Applies changes until the list is `users`.
    async fn follow(&mut self, users: &[&str], step: &str) {
        let heartbeat = r#"[null,"1","phoenix","heartbeat",{}]"#;
        self.client.send(heartbeat).await; // or it is disconnected in the third round
        let following = async {
            while self.list != users {
                let Frame::Text(text) = self.client.next().await else {
                    panic!("{step}: another frame")
                };
                self.apply(&serde_json::from_str(&text).expect("JSON"), step);
            }
        };
        let followed = timeout(LIMIT, following).await;
        let list = &self.list;
        assert!(followed.is_ok(), "{step}: the client has {list:?}");
    }

    fn apply(&mut self, message: &Value, step: &str) {
        if message[3] == "presence_state" {
            self.list = keys(&message[4]);
        }
        if message[3] == "presence_diff" {
            for key in keys(&message[4]["joins"]) {
                assert!(!self.list.contains(&key), "{step}: {key} joined twice");
                self.list.push(key);
            }
            for key in keys(&message[4]["leaves"]) {
                assert!(self.list.contains(&key), "{step}: {key} left twice");
                self.list.retain(|known| *known != key);
            }
            self.list.sort_unstable();
        }
    }
}

fn keys(presences: &Value) -> Vec<String> {
    let presences = presences.as_object().expect("an object");
    presences.keys().cloned().collect()
}
