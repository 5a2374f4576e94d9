//! The engine away, slow, or cut off.

use super::app::{PREFIX, Settings, connected, node, starting, users};
use super::presences::join;
use super::proxy::{Mode, Proxy};
use super::server::{Kind, Server};
use super::support::{Log, eventually};
use axum_channels::Endpoint;
use axum_channels::testing::TestChannel;
use serde_json::{Value, json};
use std::time::Duration;
use tracing::Level;

on_each_engine! {
    without_the_engine_a_node_goes_on_alone_and_all_agree_afterwards,
    a_node_that_was_cut_off_agrees_with_the_others_afterwards,
    a_broadcast_of_a_node_that_is_cut_off_waits_for_its_connection,
    a_slow_engine_holds_nobody_up_and_loses_nothing,
    an_engine_that_comes_later_is_found,
    the_last_presence_of_a_topic_that_leaves_while_its_node_is_cut_off_is_gone_afterwards,
}

on_a_cluster! {
    without_the_engine_a_node_goes_on_alone_and_all_agree_afterwards,
    a_node_that_was_cut_off_agrees_with_the_others_afterwards,
}

async fn without_the_engine_a_node_goes_on_alone_and_all_agree_afterwards(kind: Kind) {
    let (log, _guard) = Log::collect(Level::INFO);
    let mut server = Server::start(kind);
    let (a, b) = (patient(server.url()).await, patient(server.url()).await);
    let (alice, mut here) = join(&a, "alice").await;
    let (_bob, mut there) = join(&b, "bob").await;
    eventually("both are known", || users(&a, "room:1").len() == 2).await;
    server.kill();
    connected(&a, false).await;
    connected(&b, false).await;
    a.broadcast("room:1", "to", json!({"n": 1}));
    here.assert_broadcast("to", json!({"n": 1})).await;
    let (_carol, _channel) = join(&b, "carol").await; // or the client gives up
    alice.disconnect().await;
    assert_eq!(users(&b, "room:1"), ["alice", "bob", "carol"]);

    server.restart();
    let all = ["bob", "carol"];
    let (_dave, _channel) = join(&a, Value::Null).await;
    eventually("both agree", || {
        [&a, &b].iter().all(|node| users(node, "room:1") == all)
    })
    .await;
    assert_linked(&a, &mut there).await;
    let stats = [&a, &b].map(|node| node.stats().cluster);
    let counts = stats.map(|it| (it.connected, it.reconnects, it.lost));
    assert_eq!(counts, [(true, 1, 0); 2]);
    for line in [
        "[INFO] Connected to the other nodes by ",
        "[ERROR] No connection to the other nodes, this one goes on alone and connects again: ",
        "[INFO] Connected to the other nodes again, after ",
    ] {
        assert!(log.text().contains(line), "{}", log.text());
    }
}

/// Returns a node with a lease that lasts while an engine starts on a slow machine: its messages wait as long.
async fn patient(url: String) -> Endpoint {
    let lease = Duration::from_secs(60);
    let settings = Settings::new(url);
    let node = Settings { lease, ..settings }.node();
    connected(&node, true).await;
    node
}

/// Asserts that broadcasts of each reach the other.
async fn assert_linked(a: &Endpoint, b: &mut TestChannel) {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    a.broadcast("room:1", "linked", json!({"n": n}));
    while b.next_broadcast("linked").await.to_value() != json!({"n": n}) {}
}

async fn a_node_that_was_cut_off_agrees_with_the_others_afterwards(kind: Kind) {
    let server = Server::start(kind);
    let proxy = Proxy::start(&server).await;
    let (a, b) = (node(server.url()).await, node(proxy.url()).await);
    let (_alice, mut here) = join(&a, "alice").await;
    let (_bob, mut there) = join(&b, "bob").await;
    for (n, mode) in [Mode::Cut, Mode::HalfClose, Mode::Stall]
        .into_iter()
        .enumerate()
    {
        eventually("both are known", || users(&a, "room:1") == ["alice", "bob"]).await;
        let (guest, other) = (format!("guest {n}"), format!("other {n}"));
        let (leaving, _channel) = join(&a, guest.as_str()).await;
        let (left_there, _channel) = join(&b, other.as_str()).await;
        let all = ["alice", "bob", guest.as_str(), other.as_str()];
        eventually("the guests are known", || {
            [&a, &b].iter().all(|node| users(node, "room:1") == all)
        })
        .await;
        proxy.set(mode);
        leaving.disconnect().await;
        left_there.disconnect().await;
        if mode != Mode::HalfClose {
            // whose connection ends at once, and a new one works
            eventually("he is gone", || users(&a, "room:1") == ["alice"]).await;
            assert_eq!(users(&b, "room:1"), ["alice", "bob", guest.as_str()]);
        }
        if mode == Mode::Cut {
            connected(&b, false).await;
        }
        proxy.set(Mode::Pass);
        eventually("both agree", || {
            [&a, &b]
                .iter()
                .all(|node| users(node, "room:1") == ["alice", "bob"])
        })
        .await;
        connected(&b, true).await;
        assert_linked(&a, &mut there).await;
        assert_linked(&b, &mut here).await;
        assert_eq!(server.subscribers(PREFIX, "room:1"), 2);
    }
}

async fn a_broadcast_of_a_node_that_is_cut_off_waits_for_its_connection(kind: Kind) {
    let server = Server::start(kind);
    let proxy = Proxy::start(&server).await;
    let (a, b) = (patient(server.url()).await, patient(proxy.url()).await);
    let (_alice, mut here) = join(&a, "alice").await;
    let (_bob, _channel) = join(&b, "bob").await;
    proxy.set(Mode::Cut);
    connected(&b, false).await;
    b.broadcast("room:1", "queued", json!({"n": 1}));
    proxy.set(Mode::Pass);
    connected(&b, true).await;
    here.assert_broadcast("queued", json!({"n": 1})).await;
    assert_eq!(b.stats().cluster.lost, 0);
}

async fn a_slow_engine_holds_nobody_up_and_loses_nothing(kind: Kind) {
    let server = Server::start(kind);
    let proxy = Proxy::start(&server).await;
    let (a, b) = (node(proxy.url()).await, node(server.url()).await);
    let (_alice, _channel) = join(&a, "alice").await;
    let (_bob, mut there) = join(&b, "bob").await;
    proxy.set(Mode::Slow);
    for n in 0..2000 {
        a.broadcast("room:1", "to", json!({"n": n}));
    }
    let slow = Duration::from_millis(10);
    eventually("the engine lags", || a.stats().cluster.lag > slow).await;
    for n in 0..2000 {
        there.assert_broadcast("to", json!({"n": n})).await;
    }
    assert_eq!(a.stats().cluster.lost, 0);
    eventually("it has all", || a.stats().cluster.lag.is_zero()).await;
}

async fn an_engine_that_comes_later_is_found(kind: Kind) {
    let (log, _guard) = Log::collect(Level::INFO);
    let mut server = Server::start(kind);
    server.kill();
    let (a, b) = (starting(server.url()), starting(server.url()));
    let (_alice, _channel) = join(&a, "alice").await;
    let (_bob, mut bob) = join(&b, "bob").await;
    assert_eq!(users(&b, "room:1"), ["bob"]);
    let away =
        "[ERROR] No connection to the other nodes, this one goes on alone and connects again: ";
    let engine = if kind == Kind::Nats { "NATS" } else { "Redis" };
    let named = format!("{away}{engine} at 127.0.0.1:");
    eventually("it is named", || log.text().contains(&named)).await;
    server.restart();
    eventually("they find each other", || {
        [&a, &b]
            .iter()
            .all(|node| users(node, "room:1") == ["alice", "bob"])
    })
    .await;
    assert_linked(&a, &mut bob).await;
}

async fn the_last_presence_of_a_topic_that_leaves_while_its_node_is_cut_off_is_gone_afterwards(
    kind: Kind,
) {
    let server = Server::start(kind);
    let proxy = Proxy::start(&server).await;
    let (a, b) = (node(server.url()).await, node(proxy.url()).await);
    let (_watcher, _channel) = join(&a, Value::Null).await;
    for mode in [Mode::Cut, Mode::Stall] {
        let job = b.track("room:1", "job", json!({"user": "job"}));
        eventually("it is known", || users(&a, "room:1") == ["job"]).await;
        proxy.set(mode);
        if mode == Mode::Cut {
            connected(&b, false).await;
        }
        drop(job);
        proxy.set(Mode::Pass);
        eventually("it is gone", || users(&a, "room:1").is_empty()).await;
        connected(&b, true).await;
    }
}
