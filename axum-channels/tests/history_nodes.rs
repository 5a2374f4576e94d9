//! Histories that an engine keeps, here in memory, for nodes that miss some of its messages.

mod support;

use axum_channels::cluster::{Adapter, Message, Node, Place, Stored, StoredBroadcast};
use axum_channels::{Endpoint, Error, History, Result, Topic};
use bytes::Bytes;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use support::{HistorySocket, Ws, serve};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

/// An engine with the history of one topic.
#[derive(Clone, Default)]
struct Engine(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    epoch: u64,
    kept: Vec<Bytes>,
    /// Number of the last broadcast that is not kept any more.
    start: u64,
    nodes: Vec<UnboundedSender<(Option<Place>, Bytes)>>,
    /// Node that receives nothing, and the messages to it.
    cut_off: Option<usize>,
    late: Vec<(Option<Place>, Bytes)>,
    is_away: bool,
    /// Number of times that a node has read the history.
    loads: usize,
}

struct EngineAdapter {
    engine: Engine,
    received: tokio::sync::Mutex<UnboundedReceiver<(Option<Place>, Bytes)>>,
}

impl Engine {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a node, and the address at which it is served.
    async fn node(&self) -> (Endpoint, SocketAddr) {
        let (sender, received) = unbounded_channel();
        self.lock().nodes.push(sender);
        let adapter = EngineAdapter {
            engine: self.clone(),
            received: received.into(),
        };
        let builder = Endpoint::builder().socket::<HistorySocket>("/socket");
        let endpoint = builder.pubsub(adapter).build();
        let addr = serve(&endpoint).await;
        (endpoint, addr)
    }

    fn flush(&self) {
        let mut state = self.lock();
        state.epoch += 1;
        state.kept.clear();
        state.start = 0;
    }
}

impl State {
    fn send(&mut self, place: Option<Place>, message: &Bytes) {
        for (index, node) in self.nodes.iter().enumerate() {
            let sent = (place, message.clone());
            match self.cut_off == Some(index) {
                true => self.late.push(sent),
                false => drop(node.send(sent)), // its endpoint may be gone
            }
        }
    }

    /// Sends what a node that was cut off has not received.
    fn send_late(&mut self) {
        let node = self.cut_off.take().expect("a node is cut off");
        for late in self.late.drain(..) {
            self.nodes[node].send(late).expect("the node runs");
        }
    }
}

impl Adapter for EngineAdapter {
    async fn run(&self, node: Node) -> Result<()> {
        let mut received = self.received.lock().await;
        while let Some((place, message)) = received.recv().await {
            match place {
                Some(place) => node.receive_stored(place, &message),
                None => node.receive(&message),
            }
        }
        Ok(())
    }

    async fn subscribe(&self, _: &Topic) -> Result<()> {
        Ok(())
    }

    async fn unsubscribe(&self, _: &Topic) -> Result<()> {
        Ok(())
    }

    fn has_histories(&self) -> bool {
        true
    }

    async fn history(&self, _: &Topic, limits: History) -> Result<Stored> {
        let mut state = self.engine.lock();
        state.loads += 1;
        if state.is_away {
            return Err(Error::msg("the engine is away"));
        }
        assert_eq!(limits.messages(), 3);
        let broadcasts = state.kept.iter().zip(state.start + 1..);
        let broadcasts = broadcasts.map(|(message, number)| StoredBroadcast {
            number,
            age: Duration::ZERO,
            message: message.clone(),
        });
        Ok(Stored {
            epoch: state.epoch + 1,
            start: state.start,
            last: state.start + state.kept.len() as u64,
            broadcasts: broadcasts.collect(),
        })
    }

    fn publish(&self, message: &Message<'_>) -> Result<()> {
        let mut state = self.engine.lock();
        let encoded = message.encode();
        let Some(limits) = message.history() else {
            state.send(None, &encoded);
            return Ok(());
        };
        let previous = state.start + state.kept.len() as u64;
        state.kept.push(encoded.clone());
        let beyond = state.kept.len().saturating_sub(limits.messages());
        state.kept.drain(..beyond);
        state.start += beyond as u64;
        let place = Place {
            epoch: state.epoch + 1,
            number: previous + 1,
            previous,
        };
        state.send(Some(place), &encoded);
        Ok(())
    }
}

/// Joins with a position, and returns the key of the reply.
async fn join(addr: SocketAddr, position: &Value) -> (Ws, Value) {
    let mut ws = Ws::open(addr).await;
    let payload = json!({"recover": {"position": position}});
    ws.send(&format!(r#"["1","1","tiny:1","phx_join",{payload}]"#))
        .await;
    let recover = ws.payload().await["response"]["recover"].clone();
    (ws, recover)
}

/// Joins for the first time, and returns the epoch.
async fn first(addr: SocketAddr) -> (Ws, String) {
    let (ws, recover) = join(addr, &Value::Null).await;
    let position = recover["position"].as_str().expect("a position");
    let (epoch, _) = position.split_once('.').expect("a dot");
    (ws, epoch.to_owned())
}

fn say(endpoint: &Endpoint, n: u64) {
    endpoint.broadcast("tiny:1", "said", json!({ "n": n }));
}

async fn hear(ws: &mut Ws, epoch: &str, numbers: impl IntoIterator<Item = u64>) {
    for n in numbers {
        ws.expect(&format!(
            r#"[null,"{epoch}.{n}","tiny:1","said",{{"n":{n}}}]"#
        ))
        .await;
    }
}

#[tokio::test]
async fn all_nodes_have_the_positions_of_the_engine_which_each_reads_once() {
    let engine = Engine::default();
    let (a, at_a) = engine.node().await;
    let (b, at_b) = engine.node().await;
    let (mut ws, epoch) = first(at_a).await;
    say(&b, 1);
    say(&a, 2);
    hear(&mut ws, &epoch, [1, 2]).await;
    let position = json!(format!("{epoch}.1"));
    for addr in [at_a, at_b, at_a, at_b] {
        let (mut ws, recover) = join(addr, &position).await;
        let expected = json!({"position": position, "recovered": true, "missed": 1});
        assert_eq!(recover, expected);
        hear(&mut ws, &epoch, [2]).await;
        ws.expect_nothing().await;
    }
    assert_eq!(engine.lock().loads, 2);
}

#[tokio::test]
async fn a_topic_without_a_history_does_not_wait_for_the_engine_and_is_not_kept() {
    let engine = Engine::default();
    let (a, addr) = engine.node().await;
    let mut ws = Ws::join(addr, "plain:1").await;
    engine.lock().cut_off = Some(0);
    a.broadcast("plain:1", "said", json!({}));
    ws.expect(r#"[null,null,"plain:1","said",{}]"#).await;
    assert!(engine.lock().kept.is_empty());
    assert_eq!(engine.lock().loads, 0);
}

#[tokio::test]
async fn what_a_node_has_missed_is_loaded_and_delivered_before_what_follows() {
    let engine = Engine::default();
    let (a, addr) = engine.node().await;
    let (mut ws, epoch) = first(addr).await;
    let mut plain = Ws::join(addr, "tiny:1").await;
    say(&a, 1);
    engine.lock().cut_off = Some(0);
    say(&a, 2);
    say(&a, 3);
    engine.lock().cut_off = None;
    say(&a, 4);
    hear(&mut ws, &epoch, 1..=4).await;
    for n in 1..=4 {
        plain
            .expect(&format!(r#"[null,null,"tiny:1","said",{{"n":{n}}}]"#))
            .await;
    }
    ws.expect_nothing().await;
    plain.expect_nothing().await;
}

#[tokio::test]
async fn a_client_that_is_ahead_of_its_node_receives_nothing_twice() {
    let engine = Engine::default();
    let (a, at_a) = engine.node().await;
    let (_b, at_b) = engine.node().await;
    let (mut ahead, epoch) = first(at_a).await;
    let (mut behind, _) = first(at_b).await;
    engine.lock().cut_off = Some(1);
    say(&a, 1);
    hear(&mut ahead, &epoch, [1]).await;
    let position = json!(format!("{epoch}.1"));
    let (mut ws, recover) = join(at_b, &position).await;
    assert_eq!(recover["missed"], 0, "{recover}");
    hear(&mut behind, &epoch, [1]).await;
    engine.lock().cut_off = None;
    say(&a, 2);
    hear(&mut ws, &epoch, [2]).await;
}

#[tokio::test]
async fn what_arrives_after_a_client_has_recovered_it_is_for_the_others() {
    let engine = Engine::default();
    let (a, at_a) = engine.node().await;
    let (_b, at_b) = engine.node().await;
    let (_ws, epoch) = first(at_a).await;
    let mut plain = Ws::join(at_b, "tiny:1").await;
    engine.lock().cut_off = Some(1);
    say(&a, 1);
    let (mut ws, recover) = join(at_b, &json!(format!("{epoch}.0"))).await;
    assert_eq!(recover["missed"], 1, "{recover}");
    engine.lock().send_late();
    say(&a, 2);
    hear(&mut ws, &epoch, [1, 2]).await;
    assert_eq!([plain.event().await, plain.event().await], ["said"; 2]);
    plain.expect_nothing().await;
}

/// A client knows the epoch, and may send any number.
#[tokio::test(start_paused = true)]
async fn positions_that_no_broadcast_has_load_the_history_four_times_a_second_at_most() {
    let engine = Engine::default();
    let (_a, addr) = engine.node().await;
    let (_ws, epoch) = first(addr).await;
    let position = json!(format!("{epoch}.{}", u64::MAX));
    let began = Instant::now();
    for _ in 0..20 {
        let (_, recover) = join(addr, &position).await;
        assert_eq!(recover["recovered"], false, "{recover}");
    }
    let most = 2 + began.elapsed().as_millis() / 250;
    let loads = engine.lock().loads;
    assert!(loads as u128 <= most, "{loads} loads, not {most}");
}

#[tokio::test]
async fn clients_with_positions_join_again_if_what_a_node_has_missed_is_lost() {
    let engine = Engine::default();
    let (a, addr) = engine.node().await;
    for is_flushed in [false, true] {
        let (mut ws, epoch) = first(addr).await;
        let mut plain = Ws::join(addr, "tiny:1").await;
        say(&a, 1);
        assert_eq!(ws.event().await, "said");
        engine.lock().cut_off = Some(0);
        (2..=6).for_each(|n| say(&a, n));
        if is_flushed {
            engine.flush();
        }
        engine.lock().cut_off = None;
        say(&a, 7);
        assert_eq!(ws.event().await, "phx_error");
        assert_eq!([plain.event().await, plain.event().await], ["said"; 2]);
        plain.expect_nothing().await;
        let (mut ws, recover) = join(addr, &json!(format!("{epoch}.1"))).await;
        assert_eq!(recover["recovered"], false, "{recover}");
        say(&a, 8);
        assert_eq!(ws.event().await, "said");
    }
}

#[tokio::test]
async fn without_the_engine_a_client_joins_without_a_position_and_receives_one_later() {
    let engine = Engine::default();
    let (a, addr) = engine.node().await;
    engine.lock().is_away = true;
    let (mut ws, recover) = join(addr, &json!("AAAAAAAA.1")).await;
    assert_eq!(recover, json!({"recovered": false}));
    engine.lock().is_away = false;
    say(&a, 1);
    assert_eq!(ws.event().await, "said");
    let (_, recover) = join(addr, &Value::Null).await;
    let position = recover["position"].as_str().expect("a position");
    assert!(position.ends_with(".1"), "{position}");
}
