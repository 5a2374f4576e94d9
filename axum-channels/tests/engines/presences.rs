//! Presences of several nodes.

use super::app::{LEASE, PREFIX, Settings, connected, node, users};
use super::server::{Kind, Server};
use super::support::{eventually, plain};
use axum_channels::Endpoint;
use axum_channels::testing::{Client, TestChannel, connect};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

on_each_engine! {
    a_newcomer_has_the_presences_of_all_nodes_and_every_client_receives_changes,
    a_thousand_changes_take_little_room_and_a_newcomer_reads_the_same,
    a_node_that_shuts_down_takes_its_presences_along_at_once,
    a_node_without_presences_gives_its_lease_back_by_its_first_connection,
    an_engine_that_lost_its_data_is_filled_again_and_nobody_seems_to_leave,
    a_node_whose_lease_was_lost_writes_its_presences_again_and_deletes_the_old_ones,
    changes_that_did_not_fit_the_queue_are_made_up_for,
}

on_a_cluster! {
    a_node_that_shuts_down_takes_its_presences_along_at_once,
    an_engine_that_lost_its_data_is_filled_again_and_nobody_seems_to_leave,
}

pub(crate) async fn join(endpoint: &Endpoint, user: impl Into<Value>) -> (Client, TestChannel) {
    let client = connect(endpoint, "/socket").await;
    let payload = json!({"user": user.into()});
    let channel = client.join("room:1", payload).await;
    (client, channel)
}

async fn a_newcomer_has_the_presences_of_all_nodes_and_every_client_receives_changes(kind: Kind) {
    let server = Server::start(kind);
    let (a, b) = (node(server.url()).await, node(server.url()).await);
    let (alice, _channel) = join(&a, "alice").await;
    let (_bob, mut bob) = join(&b, "bob").await;
    let meta = |user: &str| json!({"metas": [{"user": user}]});
    let state = plain(bob.next_push("presence_state").await.to_value());
    assert_eq!(state, json!({"alice": meta("alice"), "bob": meta("bob")}));
    let came = bob.next_broadcast("presence_diff").await; // his own
    assert_eq!(plain(came.to_value())["joins"], json!({"bob": meta("bob")}));
    alice.disconnect().await;
    let left = plain(bob.next_broadcast("presence_diff").await.to_value());
    assert_eq!(
        left,
        json!({"joins": {}, "leaves": {"alice": meta("alice")}})
    );
    eventually("both agree", || {
        [&a, &b].map(|node| users(node, "room:1")) == [["bob"], ["bob"]]
    })
    .await;
}

async fn a_thousand_changes_take_little_room_and_a_newcomer_reads_the_same(kind: Kind) {
    let server = Server::start(kind);
    let (a, b) = (node(server.url()).await, node(server.url()).await);
    let (_watcher, watched) = join(&a, Value::Null).await;
    let mut present = Vec::new();
    for n in 0..1000 {
        let tracked = a.track(
            "room:1",
            &format!("user:{n}"),
            json!({"user": n.to_string()}),
        );
        present.push(tracked.expect("an object"));
        if n % 3 > 0 {
            drop(present.swap_remove(n % present.len()));
        }
    }
    drop(watched);
    let (_client, _channel) = join(&b, Value::Null).await;
    eventually("all has arrived", || {
        users(&b, "room:1") == users(&a, "room:1")
    })
    .await;
    assert_eq!(users(&b, "room:1").len(), present.len());
    let fields = || server.fields(PREFIX, "room:1");
    eventually("most fields are deleted", || fields().len() < 200).await;
    let expiry = server.expiry(PREFIX, "room:1");
    assert!((1..=600).contains(&expiry), "{expiry}");
    drop(present);
    eventually("all have left", || users(&b, "room:1").is_empty()).await;
    eventually("nothing is left", || {
        let stored = server.stored(PREFIX, "room:1");
        fields().is_empty() && stored.journals.is_empty()
    })
    .await;
}

async fn a_node_that_shuts_down_takes_its_presences_along_at_once(kind: Kind) {
    let server = Server::start(kind);
    let long = Duration::from_secs(60);
    let [a, b] = [(); 2].map(|()| {
        let lease = long;
        let settings = Settings::new(server.url());
        Settings { lease, ..settings }.node()
    });
    connected(&a, true).await;
    connected(&b, true).await;
    let (_watcher, mut watcher) = join(&b, Value::Null).await;
    let (_alice, _channel) = join(&a, "alice").await;
    let _task = a.track("room:1", "task", json!({"user": "task"}));
    eventually("both are there", || users(&b, "room:1").len() == 2).await;
    let before = Instant::now();
    a.shutdown().await;
    eventually("they have left", || users(&b, "room:1").is_empty()).await;
    assert!(before.elapsed() < long, "or the leases have ended");
    let mut left = Vec::new();
    while left.len() < 2 {
        let diff = watcher.next_broadcast("presence_diff").await.to_value();
        let leaves = diff["leaves"].as_object().expect("an object");
        left.extend(leaves.keys().cloned());
    }
    left.sort_unstable();
    assert_eq!(left, ["alice", "task"]);
    let stored = server.stored(PREFIX, "room:1");
    assert_eq!((stored.leases.len(), stored.journals.len()), (1, 0));
}

async fn a_node_without_presences_gives_its_lease_back_by_its_first_connection(kind: Kind) {
    let server = Server::start(kind);
    let a = node(server.url()).await;
    a.shutdown().await;
    let cluster = a.stats().cluster;
    assert_eq!((cluster.connected, cluster.reconnects), (true, 0));
    assert!(server.stored(PREFIX, "room:1").leases.is_empty());
}

async fn an_engine_that_lost_its_data_is_filled_again_and_nobody_seems_to_leave(kind: Kind) {
    let server = Server::start(kind);
    let (a, b) = (node(server.url()).await, node(server.url()).await);
    let (_alice, _channel) = join(&a, "alice").await;
    let (_bob, mut bob) = join(&b, "bob").await;
    eventually("both are known", || users(&a, "room:1").len() == 2).await;
    let _own = bob.next_broadcast("presence_diff").await;
    let stored = server.stored(PREFIX, "room:1");
    assert_eq!((stored.leases.len(), stored.journals.len()), (2, 2));
    for _ in 0..2 {
        server.flush(PREFIX);
        eventually("it is filled again", || {
            server.stored(PREFIX, "room:1") == stored
        })
        .await;
        tokio::time::sleep(LEASE).await;
    }
    bob.refute_broadcast("presence_diff").await;
    assert_eq!(server.stored(PREFIX, "room:1"), stored);
    let c = node(server.url()).await;
    let (_carol, _channel) = join(&c, "carol").await;
    assert_eq!(users(&c, "room:1"), ["alice", "bob", "carol"]);
}

async fn a_node_whose_lease_was_lost_writes_its_presences_again_and_deletes_the_old_ones(
    kind: Kind,
) {
    let server = Server::start(kind);
    let a = node(server.url()).await;
    let task = a.track("room:1", "task", json!({"user": "task"}));
    let fields = || server.fields(PREFIX, "room:1");
    eventually("they are stored", || !fields().is_empty()).await;
    let before = fields();
    server.end_leases(PREFIX);
    eventually("they are stored anew", || {
        let fields = fields();
        !fields.is_empty() && !fields.iter().any(|field| before.contains(field))
    })
    .await;
    server.end_leases(PREFIX);
    drop(task);
    eventually("nothing is left", || {
        let journals = server.stored(PREFIX, "room:1").journals;
        fields().is_empty() && journals.is_empty()
    })
    .await;
}

async fn changes_that_did_not_fit_the_queue_are_made_up_for(kind: Kind) {
    let server = Server::start(kind);
    let a = Settings {
        max_queued_bytes: 2000,
        ..Settings::new(server.url())
    };
    let a = a.node();
    connected(&a, true).await;
    let b = node(server.url()).await;
    let (_watcher, _channel) = join(&b, Value::Null).await;
    let user = |n: usize| {
        a.track(
            "room:1",
            &format!("user:{n}"),
            json!({"user": n.to_string()}),
        )
    };
    let mut present: Vec<_> = (0..50).map(user).collect();
    eventually("all are there", || users(&b, "room:1").len() == 50).await;
    server.signal("-STOP");
    present.drain(..);
    server.signal("-CONT");
    eventually("all have left", || users(&b, "room:1").is_empty()).await;
    assert_eq!(a.stats().cluster.lost, 0);
}
