//! Broadcasts and disconnects between nodes.

use super::app::{PREFIX, Settings, connected, node, starting};
use super::server::{Kind, Server};
use super::support::eventually;
use axum_channels::testing::{Client, TestChannel, connect, connect_with};
use axum_channels::{Endpoint, Payload, Reply};
use serde_json::json;

on_each_engine! {
    broadcasts_reach_the_clients_of_every_node_once_and_in_order,
    the_sender_is_excluded_and_a_disconnect_closes_the_connections_of_every_node,
    topics_are_any_text_and_the_engine_has_those_that_are_joined,
    apps_with_different_prefixes_share_an_engine,
    joins_right_after_the_start_wait_for_the_first_connection,
    an_endpoint_that_is_dropped_leaves_the_engine,
    a_message_that_no_node_has_sent_is_counted_and_changes_nothing,
    what_waits_is_bounded,
    a_burst_on_a_few_topics_is_received_whole_and_in_order,
}

on_a_cluster! {
    a_burst_on_a_few_topics_is_received_whole_and_in_order,
    topics_are_any_text_and_the_engine_has_those_that_are_joined,
}

pub(crate) async fn join(endpoint: &Endpoint, topic: &str) -> (Client, TestChannel) {
    let client = connect(endpoint, "/socket").await;
    let channel = client.join(topic, json!({})).await;
    (client, channel)
}

async fn broadcasts_reach_the_clients_of_every_node_once_and_in_order(kind: Kind) {
    let server = Server::start(kind);
    let nodes = [
        node(server.url()).await,
        node(server.url()).await,
        node(server.url()).await,
    ];
    let mut clients = Vec::new();
    for node in &nodes {
        clients.push(join(node, "room:1").await);
    }
    for n in 0..500 {
        clients[0].1.push("shout", json!({"n": n}));
    }
    for (_, channel) in &mut clients {
        for n in 0..500 {
            channel.assert_broadcast("shout", json!({"n": n})).await;
        }
        channel.refute_broadcast("shout").await;
    }
    let bytes = Payload::binary(vec![0, 255, b'{']);
    nodes[2].broadcast("room:1", "image", bytes.clone());
    for (_, channel) in &mut clients {
        assert_eq!(channel.next_broadcast("image").await, bytes);
    }
    let stats = nodes.each_ref().map(|node| node.stats().cluster);
    let counts = stats.map(|it| (it.published, it.received, it.lost, it.malformed));
    assert_eq!(counts, [(500, 1, 0, 0), (0, 501, 0, 0), (1, 500, 0, 0)]);
    assert!(stats.iter().all(|it| it.connected && it.reconnects == 0));
}

async fn the_sender_is_excluded_and_a_disconnect_closes_the_connections_of_every_node(kind: Kind) {
    let server = Server::start(kind);
    let (a, b) = (node(server.url()).await, node(server.url()).await);
    let (_here, mut here) = join(&a, "room:1").await;
    let (_there, mut there) = join(&b, "room:1").await;
    let reply = here.push("whisper", json!({"n": 1})).reply().await;
    assert_eq!(reply, Reply::ok(json!({})));
    there.assert_broadcast("whisper", json!({"n": 1})).await;
    here.refute_broadcast("whisper").await;

    let mut clients = Vec::new();
    for (node, id) in [(&a, "user:1"), (&b, "user:1"), (&b, "user:2")] {
        let client = connect_with(node, "/socket", &[("id", id)]).await;
        clients.push(client.expect("it is accepted"));
    }
    a.disconnect("user:1");
    for client in &clients[..2] {
        assert_eq!(client.assert_closed().await, 1001);
    }
    clients[2].join("room:2", json!({})).await;
}

/// Names that would mean something to an engine with patterns, lines or limits.
const TOPICS: [&str; 7] = [
    "*",
    "room:[ab]?*\\",
    "two words\r\nPUBLISH x y",
    "é𝄞\0",
    "my_app:topic:room",
    ":leaving",
    "a b.c>d",
];

async fn topics_are_any_text_and_the_engine_has_those_that_are_joined(kind: Kind) {
    let server = Server::start(kind);
    let (a, b) = (node(server.url()).await, node(server.url()).await);
    let long = "x".repeat(250);
    let topics: Vec<&str> = TOPICS.into_iter().chain([&*long]).collect();
    let client = connect(&b, "/socket").await;
    let mut channels = Vec::new();
    for topic in &topics {
        channels.push(client.join(topic, json!({})).await);
    }
    let mut sorted = topics.clone();
    sorted.sort_unstable();
    assert_eq!(server.topics(PREFIX), sorted);
    for topic in &topics {
        a.broadcast(topic, "to", json!({"topic": topic}));
    }
    for (channel, topic) in channels.iter_mut().zip(&topics) {
        channel
            .assert_broadcast("to", json!({"topic": topic}))
            .await;
        channel.refute_broadcast("to").await;
    }
    let (second, _channel) = join(&b, "*").await;
    client.disconnect().await;
    eventually("one is left", || server.topics(PREFIX) == ["*"]).await;
    assert_eq!(server.subscribers(PREFIX, "*"), 1);
    second.disconnect().await;
    eventually("none is left", || server.topics(PREFIX).is_empty()).await;
}

async fn apps_with_different_prefixes_share_an_engine(kind: Kind) {
    let server = Server::start(kind);
    let a = node(server.url()).await;
    let b = Settings {
        prefix: "other",
        ..Settings::new(server.url())
    };
    let b = b.node();
    let (_here, mut here) = join(&a, "room:1").await;
    let (_there, mut there) = join(&b, "room:1").await;
    a.broadcast("room:1", "to", json!({"app": "a"}));
    b.broadcast("room:1", "to", json!({"app": "b"}));
    here.assert_broadcast("to", json!({"app": "a"})).await;
    there.assert_broadcast("to", json!({"app": "b"})).await;
    here.refute_broadcast("to").await;
    there.refute_broadcast("to").await;
    assert_eq!(server.topics("other"), ["room:1"]);
}

async fn joins_right_after_the_start_wait_for_the_first_connection(kind: Kind) {
    let server = Server::start(kind);
    let a = node(server.url()).await;
    for n in 0..20 {
        let b = starting(server.url()); // which is not connected yet
        let (_client, mut channel) = join(&b, "room:1").await;
        a.broadcast("room:1", "to", json!({"n": n}));
        channel.assert_broadcast("to", json!({"n": n})).await;
    }
}

async fn an_endpoint_that_is_dropped_leaves_the_engine(kind: Kind) {
    let server = Server::start(kind);
    let endpoint = node(server.url()).await;
    let (client, channel) = join(&endpoint, "room:1").await;
    assert_eq!((server.clients(), server.topics(PREFIX).len()), (1, 1));
    drop((client, channel, endpoint));
    eventually("its connection is closed", || server.clients() == 0).await;
}

async fn a_message_that_no_node_has_sent_is_counted_and_changes_nothing(kind: Kind) {
    let server = Server::start(kind);
    let a = node(server.url()).await;
    let (_client, mut channel) = join(&a, "room:1").await;
    let (topic, leaving) = (server.topic(PREFIX, "room:1"), server.leaving(PREFIX));
    server.publish(&topic, b"hello");
    server.publish(&topic, &[1; 100]);
    server.publish(&leaving, b"nobody");
    server.publish(&leaving, &[255; 100]);
    a.broadcast("room:1", "after", json!({}));
    channel.assert_broadcast("after", json!({})).await;
    eventually("both are counted", || a.stats().cluster.malformed == 2).await;
}

async fn what_waits_is_bounded(kind: Kind) {
    let server = Server::start(kind);
    let a = Settings {
        max_queued_bytes: 10_000,
        ..Settings::new(server.url())
    };
    let a = a.node();
    connected(&a, true).await;
    let b = node(server.url()).await;
    let (_there, mut there) = join(&b, "room:1").await;
    server.signal("-STOP");
    for n in 0..100 {
        a.broadcast("room:1", "to", json!({"n": n, "text": "x".repeat(1000)}));
    }
    let stats = a.stats().cluster;
    assert_eq!(stats.published + stats.lost, 100);
    assert!((1..20).contains(&stats.published), "{stats:?}");
    server.signal("-CONT");
    for _ in 0..stats.published {
        there.next_broadcast("to").await;
    }
    a.broadcast("room:1", "to", json!({}));
    assert_eq!(a.stats().cluster.lost, stats.lost);
    there.assert_broadcast("to", json!({})).await;
}

/// Broadcasts that wait together are sent as one for each topic.
async fn a_burst_on_a_few_topics_is_received_whole_and_in_order(kind: Kind) {
    let server = Server::start(kind);
    let (a, b) = (node(server.url()).await, node(server.url()).await);
    let topics = ["room:1", "room:2", "room:3"];
    let mut events = topics.map(|topic| b.subscribe(topic));
    eventually("they are subscribed", || b.stats().cluster.topics == 3).await;
    let large = Payload::binary(vec![1; 100_000]);
    for n in 0..900 {
        for topic in topics {
            a.broadcast(topic, "burst", json!({"n": n}));
        }
        if n % 300 == 100 {
            a.broadcast("room:2", "large", large.clone());
        }
    }
    for (events, topic) in events.iter_mut().zip(topics) {
        for n in 0..900 {
            let event = events.recv().await.expect("none is dropped");
            assert_eq!(event.payload.get("n"), Some(json!(n)), "{topic}");
            if topic == "room:2" && n % 300 == 100 {
                let event = events.recv().await.expect("none is dropped");
                assert_eq!(event.payload, large);
            }
        }
    }
    let stats = [&a, &b].map(|node| node.stats().cluster);
    let counts = stats.map(|it| (it.published, it.received, it.lost, it.malformed));
    assert_eq!(counts, [(2703, 0, 0, 0), (0, 2703, 0, 0)]);
}
