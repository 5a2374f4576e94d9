//! A Redis Cluster whose slots move, and whose servers fail.

use super::app::{LEASE, PREFIX, connected, node, starting, users};
use super::presences::join;
use super::redis_cluster::{self, begin_move, end_move, move_keys, move_slot, slot};
use super::server::{Kind, Server};
use super::support::{Ws, eventually};
use super::users::{Node, User};
use axum_channels::Endpoint;
use axum_channels::cluster::{Redis, RedisError};
use axum_channels::testing::{TestChannel, connect};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// Returns the slot of a topic, its server, and another server.
fn place(server: &Server, topic: &str) -> (u16, [SocketAddr; 2]) {
    let (addrs, name) = (server.addrs(), redis_cluster::topic(PREFIX, topic));
    let owner = redis_cluster::owner(&addrs, &name);
    let other = addrs.iter().find(|addr| **addr != owner);
    (
        slot(owner, &name),
        [owner, *other.expect("there are three")],
    )
}

/// Publishes numbers, and returns those that a client receives, until one has arrived that was published after `is_done`.
async fn numbers(
    from: &Endpoint,
    to: &mut TestChannel,
    mut next: u64,
    is_done: impl Fn() -> bool,
) -> Vec<u64> {
    let mut received = Vec::new();
    loop {
        let is_last = is_done();
        from.broadcast("room:1", "to", json!({"n": next}));
        if is_last {
            while received.last() != Some(&next) {
                let broadcast = to.next_broadcast("to").await.to_value();
                received.extend(broadcast["n"].as_u64());
            }
            return received;
        }
        next += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_slot_that_moves_takes_its_topics_along_and_order_holds() {
    let server = Server::start(Kind::RedisCluster);
    let (a, b) = (node(server.url()).await, node(server.url()).await);
    let (_alice, _channel) = join(&a, "alice").await;
    let (_bob, mut there) = join(&b, "bob").await;
    let (slot, [from, to]) = place(&server, "room:1");
    let mut next = 0;
    for way in [[from, to], [to, from], [from, to]] {
        let addrs = server.addrs();
        let moving = tokio::task::spawn_blocking(move || move_slot(&addrs, slot, way));
        let is_moved = || moving.is_finished() && server.subscribers(PREFIX, "room:1") == 2;
        let received = numbers(&a, &mut there, next, is_moved).await;
        assert!(
            received.is_sorted_by(|one, next| one < next),
            "{received:?}"
        );
        next = received.last().map_or(next, |last| last + 1);
        moving.await.expect("it has moved");
    }
    let (_carol, _channel) = join(&a, "carol").await;
    eventually("both agree", || {
        [&a, &b]
            .iter()
            .all(|node| users(node, "room:1") == ["alice", "bob", "carol"])
    })
    .await;
    for node in [a, b] {
        let cluster = node.stats().cluster;
        let counts = (
            cluster.reconnects,
            cluster.lost,
            cluster.malformed,
            cluster.topics,
        );
        assert_eq!(counts, (0, 0, 0, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_server_that_gives_away_many_slots_at_once_keeps_its_connections() {
    let server = Server::start(Kind::RedisCluster);
    let (a, b) = (node(server.url()).await, node(server.url()).await);
    let client = connect(&b, "/socket").await;
    let addrs = server.addrs();
    let topics = (0..120).map(|number| format!("room:{number}"));
    let topics = topics.filter(|topic| place(&server, topic).1[0] == addrs[0]);
    let topics: Vec<String> = topics.collect();
    let mut channels = Vec::new();
    for topic in &topics {
        let channel = client.join(topic, json!({})).await;
        channels.push(channel.within(Duration::from_secs(10)));
    }
    let slots: Vec<u16> = topics.iter().map(|it| place(&server, it).0).collect();
    let moving = tokio::task::spawn_blocking(move || {
        for slot in slots {
            move_slot(&addrs, slot, [addrs[0], addrs[1]]);
        }
    });
    moving.await.expect("they have moved");
    for (topic, channel) in topics.iter().zip(&mut channels) {
        eventually("the node is subscribed", || {
            server.subscribers(PREFIX, topic) == 1
        })
        .await;
        a.broadcast(topic, "to", json!({}));
        channel.assert_broadcast("to", json!({})).await;
    }
    let counts = [&a, &b].map(|node| node.stats().cluster);
    assert!(
        counts.iter().all(|it| (it.reconnects, it.lost) == (0, 0)),
        "{counts:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn presences_and_histories_are_written_while_their_slots_move() {
    let mut server = Server::start(Kind::RedisCluster);
    let [a, b] = Node::two(&server).await;
    let mut user = User::join(b.addr, "room:1").await;
    let _client = Ws::join(b.addr, "plain:1").await;
    a.say("room:1", 1);
    user.hear("said", [1]).await;
    let position = user.position.clone();
    let task = |name: &str| a.endpoint.track("plain:1", name, json!({"user": name}));
    let present = |expected: &[&str]| users(&b.endpoint, "plain:1") == expected;
    let _first = task("first");
    eventually("it has arrived", || present(&["first"])).await;

    let new = server.add_empty();
    let (of_room, of_plain) = (place(&server, "room:1"), place(&server, "plain:1"));
    let moves = [of_room, (of_plain.0, [of_plain.1[0], new])];
    for (slot, way) in moves {
        begin_move(slot, way);
        move_keys(slot, way);
    }
    a.say("room:1", 2);
    let second = task("second");
    eventually("they are stored by the new servers", || {
        server.kept(PREFIX, "room:1") == 1 && server.fields(PREFIX, "plain:1").len() == 2
    })
    .await;
    for (slot, way) in moves {
        end_move(&server.addrs(), slot, way);
    }
    eventually("it has arrived", || present(&["first", "second"])).await;
    drop(second);
    eventually("it is gone", || present(&["first"])).await;

    a.say("room:1", 3);
    let error = user.next().await;
    assert_eq!(error[3], "phx_error", "the history has begun anew: {error}");
    let mut user = User::come_back(b.addr, "room:1", &position).await;
    user.lost();
    a.say("room:1", 4);
    while user.next().await[4] != json!({"n": 4}) {}
    let counts = [&a, &b].map(|node| node.endpoint.stats().cluster);
    assert!(
        counts.iter().all(|it| (it.reconnects, it.lost) == (0, 0)),
        "{counts:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server"]
async fn a_replica_takes_the_place_of_a_server_that_was_killed() {
    let mut server = Server::start(Kind::RedisCluster);
    server.add_replicas();
    let (a, b) = (node(server.url()).await, node(server.url()).await);
    let (alice, _channel) = join(&a, "alice").await;
    let (_bob, mut there) = join(&b, "bob").await;
    eventually("both are known", || users(&a, "room:1").len() == 2).await;
    let (_, [owner, _]) = place(&server, "room:1");
    let addrs = server.addrs();
    let index = addrs.iter().position(|addr| *addr == owner);
    server.kill_member(index.expect("it is there"));
    connected(&a, false).await;
    alice.disconnect().await;
    let (_carol, _channel) = join(&a, "carol").await;
    for node in [&a, &b] {
        connected(node, true).await;
    }
    eventually("both agree", || {
        [&a, &b]
            .iter()
            .all(|node| users(node, "room:1") == ["bob", "carol"])
    })
    .await;
    a.broadcast("room:1", "to", json!({}));
    there.assert_broadcast("to", json!({})).await;
    let alive = addrs.iter().find(|addr| **addr != owner);
    let alive = alive.expect("there are more");
    let c = node(format!("redis-cluster://{owner},{alive}")).await;
    let (_dave, _channel) = join(&c, Value::Null).await;
    assert_eq!(users(&c, "room:1"), ["bob", "carol"]);
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn the_url_says_whether_it_is_a_cluster_and_a_wrong_one_is_an_error() {
    let acl = "user app on >secret ~* &* +@all\nuser default on nopass +@all ~* &*";
    let cluster = Server::start_with(Kind::RedisCluster, acl);
    let server = Server::start(Kind::Redis);
    let (member, alone) = (cluster.addr(), server.addr());
    for (url, reason) in [
        (
            format!("redis://{member}"),
            "the server is part of a cluster, whose URL starts with `redis-cluster:`",
        ),
        (
            format!("redis-cluster://{alone}"),
            "cluster support disabled",
        ),
        (format!("redis-cluster://app:wrong@{member}"), "WRONGPASS"),
    ] {
        let redis = Redis::new(url).expect("a URL").prefix(PREFIX).lease(LEASE);
        let error = redis.check().await.expect_err("it is refused");
        assert!(matches!(&error, RedisError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    let nobody = "127.0.0.1:1";
    let url = format!("redis-cluster://app:secret@{nobody},{member}");
    let check = Redis::new(&url).expect("a URL");
    check.check().await.expect("the second answers");
    let (a, b) = (starting(url.clone()), starting(url));
    connected(&a, true).await;
    connected(&b, true).await;
    let (_client, mut channel) = join(&a, "alice").await;
    b.broadcast("room:1", "to", json!({}));
    channel.assert_broadcast("to", json!({})).await;
}
