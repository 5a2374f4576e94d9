//! Engines that answer, and refuse to keep something: the connection goes on, and so does everything else.

use super::app::{node, users};
use super::presences;
use super::server::{Kind, Server};
use super::support::{Log, Ws, eventually};
use super::users::{Node, User};
use axum_channels::cluster::Stats;
use serde_json::{Value, json};
use tracing::Level;

/// Asserts that topics without a history work between nodes, and that a client that comes back is told.
async fn the_rest_goes_on([a, b]: &[Node; 2], position: &Value) {
    let mut plain = [
        Ws::join(a.addr, "plain:1").await,
        Ws::join(b.addr, "plain:1").await,
    ];
    a.say("plain:1", 7);
    for ws in &mut plain {
        ws.expect(r#"[null,null,"plain:1","said",{"n":7}]"#).await;
    }
    User::come_back(b.addr, "room:1", position)
        .await
        .recovered(0);
    let mut first = User::join(b.addr, "room:new").await;
    first.ws.expect_nothing().await;
}

fn cluster(node: &Node) -> Stats {
    node.endpoint.stats().cluster
}

/// Extent of a refusal.
#[derive(PartialEq)]
enum Extent {
    Histories,
    /// Presences, too, once their lease is renewed: on a slow machine before the test is over.
    Writes,
}

/// Sends broadcasts that are refused, checks what else works, and has them arrive once the cause is gone.
async fn refused_until(
    server: &Server,
    extent: Extent,
    words: &str,
    refuse: impl Fn(),
    allow: impl Fn(),
) {
    let (log, _guard) = Log::collect(Level::INFO);
    let nodes = Node::two(server).await;
    let [a, b] = &nodes;
    let mut users = [
        User::join(a.addr, "room:1").await,
        User::join(b.addr, "room:1").await,
    ];
    a.say("room:1", 1);
    for user in &mut users {
        user.hear("said", [1]).await;
    }
    refuse();
    (2..=4).for_each(|n| a.say("room:1", n));
    eventually("it is refused", || cluster(a).refusing).await;
    assert!(!cluster(b).refusing || extent == Extent::Writes);
    the_rest_goes_on(&nodes, &users[0].position).await;
    for user in &mut users {
        user.ws.expect_nothing().await;
    }
    allow();
    for user in &mut users {
        user.hear("said", 2..=4).await;
    }
    eventually("it is accepted", || !cluster(a).refusing).await;
    for node in &nodes {
        let Stats {
            connected,
            reconnects,
            lost,
            ..
        } = cluster(node);
        assert_eq!((connected, reconnects, lost), (true, 0, 0));
    }
    let text = log.text();
    let about = |line: &str| line.contains(" keep") && line.contains(" broadcasts ");
    let lines = text.lines().filter(|line| about(line));
    assert_eq!(lines.count(), 2, "{text}");
    assert!(text.contains(words), "{text}");
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_redis_without_memory_refuses_and_everything_is_there_when_it_has_some() {
    let server = Server::start(Kind::Redis);
    let words = "[ERROR] Redis refuses to keep broadcasts of topics with a history, which wait: OOM command not allowed when used memory > 'maxmemory'";
    refused_until(
        &server,
        Extent::Histories,
        words,
        || server.redis("CONFIG SET maxmemory 1"),
        || server.redis("CONFIG SET maxmemory 0"),
    )
    .await;
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_user_of_redis_without_rights_is_refused_until_it_has_them() {
    let server = Server::start(Kind::Redis);
    refused_until(
        &server,
        Extent::Histories,
        "NOPERM",
        || server.redis("ACL SETUSER default -evalsha"),
        || server.redis("ACL SETUSER default +evalsha"),
    )
    .await;
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn a_redis_that_may_only_be_read_refuses_until_it_is_a_primary_again() {
    let server = Server::start(Kind::Redis);
    refused_until(
        &server,
        Extent::Writes,
        "READONLY",
        || server.redis("REPLICAOF 127.0.0.1 1"),
        || server.redis("REPLICAOF NO ONE"),
    )
    .await;
}

/// Settings of NATS with an account whose JetStream has this much memory, and whose user has these permissions.
fn account(memory: &str, permissions: &str) -> String {
    format!(
        "accounts {{ A {{ jetstream: {{ max_mem: {memory} }}, users: [{{ user: app, password: secret{permissions} }}] }} }}\n\
         no_auth_user: app"
    )
}

#[tokio::test]
#[ignore = "needs nats-server"]
async fn a_jet_stream_without_room_refuses_and_everything_is_there_when_it_has_some() {
    let (log, _guard) = Log::collect(Level::INFO);
    let server = Server::start_with(Kind::Nats, &account("16M", "")); // a stream reserves 64 MiB
    let nodes = Node::two(&server).await;
    let [a, b] = &nodes;
    let mut user = User::join(b.addr, "room:1").await;
    assert_eq!(user.recover, json!({}), "it has no position yet");
    let mut plain = Ws::join(b.addr, "plain:1").await;
    (1..=3).for_each(|n| a.say("room:1", n));
    eventually("it is refused", || cluster(a).refusing).await;
    a.say("plain:1", 7);
    plain
        .expect(r#"[null,null,"plain:1","said",{"n":7}]"#)
        .await;
    user.ws.expect_nothing().await;
    server.reload(&account("128M", ""));
    user.hear("said", 1..=3).await;
    eventually("it is accepted", || !cluster(a).refusing).await;
    assert_eq!((cluster(a).reconnects, cluster(a).lost), (0, 0));
    let words = "[ERROR] NATS refuses to keep broadcasts of topics with a history, which wait: \
                 JetStream: insufficient memory resources available: raise the limits of the account";
    assert!(log.text().contains(words), "{}", log.text());
}

#[tokio::test]
#[ignore = "needs nats-server"]
async fn a_user_of_nats_without_rights_is_refused_until_it_has_them() {
    let denied = r#", permissions: { publish: { deny: "my_app.history.>" } }"#;
    let server = Server::start_with(Kind::Nats, &account("128M", ""));
    refused_until(
        &server,
        Extent::Histories,
        "Permissions Violation for Publish to",
        || server.reload(&account("128M", denied)),
        || server.reload(&account("128M", "")),
    )
    .await;
}

#[tokio::test]
#[ignore = "needs redis-server"]
async fn nodes_share_presences_again_when_redis_has_memory_for_them() {
    let server = Server::start(Kind::Redis);
    let (a, b) = (node(server.url()).await, node(server.url()).await);
    let (_bob, mut channel) = presences::join(&b, "bob").await;
    server.redis("CONFIG SET maxmemory 1");
    let (_alice, _channel) = presences::join(&a, "alice").await;
    eventually("it is refused", || a.stats().cluster.refusing).await;
    a.broadcast("room:1", "to", json!({}));
    channel.assert_broadcast("to", json!({})).await;
    let c = node(server.url()).await;
    let (_carol, _channel) = presences::join(&c, "carol").await;
    server.redis("CONFIG SET maxmemory 0");
    let all = ["alice", "bob", "carol"];
    eventually("all nodes have all", || {
        [&a, &b, &c].iter().all(|node| users(node, "room:1") == all)
    })
    .await;
    eventually("nothing is refused", || {
        [&a, &c].iter().all(|node| !node.stats().cluster.refusing)
    })
    .await;
    let reconnects = [&a, &b, &c].map(|node| node.stats().cluster.reconnects);
    assert_eq!(reconnects, [0; 3]);
}
