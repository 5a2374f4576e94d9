//! Three nodes as processes; nodes and engine are killed, paused, flushed and cut off, while clients come and go.

use super::app::{LEASE, PREFIX};
use super::process::Process;
use super::proxy::{Mode, Proxy};
use super::server::{Kind, Server};
use super::support::{Frame, Ws};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::sleep;

on_each_engine! {
    whatever_is_killed_paused_flushed_or_cut_off_all_nodes_agree_on_who_is_there,
}

/// Maximum duration of a step's effects: connections are tried again every 2 seconds, and an engine that does not answer is
/// given up after 3.
const LIMIT: Duration = Duration::from_secs(12);

/// Returns the time until each node's list is that of the users who are connected, and the engine has what it should.
async fn agree(nodes: &[&Process], engine: &Server, users: &[&str], step: &str) -> Duration {
    let began = Instant::now();
    loop {
        let mut lists = Vec::new();
        for node in nodes {
            lists.push(node.state().await["users"].take());
        }
        let subscribers = engine.subscribers(PREFIX, "room:1");
        if lists.iter().all(|list| *list == json!(users)) && subscribers == nodes.len() as u64 {
            assert_eq!(engine.topics(PREFIX), ["room:1"], "{step}");
            return began.elapsed();
        }
        let state = format!("{step}: {lists:?} with {subscribers} subscribers, not {users:?}");
        assert!(began.elapsed() < LIMIT, "{state}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Applies the changes that a client receives to its list, until it is `users`.
async fn follow(client: &mut Ws, list: &mut Vec<String>, users: &[&str], step: &str) {
    let following = async {
        while list != users {
            let Frame::Text(text) = client.next().await else {
                panic!("{step}: another frame")
            };
            let message: Value = serde_json::from_str(&text).expect("JSON");
            if message[3] == "presence_state" {
                *list = keys(&message[4]);
            }
            if message[3] == "presence_diff" {
                for key in keys(&message[4]["joins"]) {
                    assert!(!list.contains(&key), "{step}: {key} joined twice");
                    list.push(key);
                }
                for key in keys(&message[4]["leaves"]) {
                    assert!(list.contains(&key), "{step}: {key} left twice");
                    list.retain(|known| *known != key);
                }
                list.sort_unstable();
            }
        }
    };
    let followed = tokio::time::timeout(LIMIT, following).await;
    assert!(followed.is_ok(), "{step}: the client has {list:?}");
}

fn keys(presences: &Value) -> Vec<String> {
    let presences = presences.as_object().expect("an object");
    presences.keys().cloned().collect()
}

async fn whatever_is_killed_paused_flushed_or_cut_off_all_nodes_agree_on_who_is_there(kind: Kind) {
    let mut engine = Server::start(kind);
    let proxy = Proxy::start(&engine).await;
    let a = Process::start(engine.url());
    let mut b = Process::start(engine.url());
    let c = Process::start(proxy.url());
    let mut list = Vec::new();
    let mut watcher = a.join(Value::Null).await;
    let _alice = a.join("alice").await;
    let bob = b.join("bob").await;
    let carol = c.join("carol").await;
    let all = ["alice", "bob", "carol"];
    agree(&[&a, &b, &c], &engine, &all, "the start").await;
    follow(&mut watcher, &mut list, &all, "the start").await;

    let step = "a node is killed";
    b.kill();
    let took = agree(&[&a, &c], &engine, &["alice", "carol"], step).await;
    assert!(took < LEASE + Duration::from_millis(500), "{took:?}");
    drop(bob);

    let step = "it is started again";
    let mut b = Process::start(engine.url());
    let bob = b.join("bob").await;
    agree(&[&a, &b, &c], &engine, &all, step).await;
    follow(&mut watcher, &mut list, &all, step).await;

    let step = "a node is paused";
    b.signal("-STOP");
    let deadline = Instant::now() + 2 * LEASE;
    while a.state().await["users"] != json!(["alice", "carol"]) {
        assert!(Instant::now() < deadline, "{step}");
        sleep(Duration::from_millis(20)).await;
    }
    follow(&mut watcher, &mut list, &["alice", "carol"], step).await;
    b.signal("-CONT");
    agree(&[&a, &b, &c], &engine, &all, step).await;
    follow(&mut watcher, &mut list, &all, step).await;

    let step = "the engine is flushed";
    let stored = engine.stored(PREFIX, "room:1");
    engine.flush(PREFIX);
    while engine.stored(PREFIX, "room:1") != stored {
        sleep(Duration::from_millis(20)).await;
    }
    agree(&[&a, &b, &c], &engine, &all, step).await;

    let step = "the engine is killed";
    engine.kill();
    let dave = a.join("dave").await;
    drop(carol);
    sleep(Duration::from_millis(500)).await;
    engine.restart();
    agree(&[&a, &b], &engine, &["alice", "bob", "dave"], step).await;
    let carol = c.join("carol").await;
    let all = ["alice", "bob", "carol", "dave"];
    agree(&[&a, &b, &c], &engine, &all, step).await;
    follow(&mut watcher, &mut list, &all, step).await;

    let step = "the engine is paused";
    engine.signal("-STOP");
    drop(dave);
    sleep(LEASE).await;
    engine.signal("-CONT");
    let all = ["alice", "bob", "carol"];
    agree(&[&a, &b, &c], &engine, &all, step).await;

    for mode in [Mode::Cut, Mode::HalfClose, Mode::Stall] {
        let step = format!("a node is cut off: {mode:?}");
        proxy.set(mode);
        let erin = a.join("erin").await;
        drop(b.join("frank").await);
        sleep(LEASE).await;
        proxy.set(Mode::Pass);
        let all = ["alice", "bob", "carol", "erin"];
        agree(&[&a, &b, &c], &engine, &all, &step).await;
        drop(erin);
        let all = ["alice", "bob", "carol"];
        agree(&[&a, &b, &c], &engine, &all, &step).await;
    }
    follow(
        &mut watcher,
        &mut list,
        &["alice", "bob", "carol"],
        "the cuts",
    )
    .await;

    let step = "a node shuts down";
    b.signal("-TERM");
    assert_eq!(b.wait(), Some(0));
    let took = agree(&[&a, &c], &engine, &["alice", "carol"], step).await;
    assert!(took < LEASE / 5, "{took:?}");
    follow(&mut watcher, &mut list, &["alice", "carol"], step).await;
    drop((bob, carol));
    for node in [&a, &c] {
        assert_eq!(node.state().await["counts"][3], 0, "none is malformed");
    }
}
