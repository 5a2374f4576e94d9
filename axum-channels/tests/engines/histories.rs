//! Histories that the engine keeps: clients come back to another node.

use super::app::{PREFIX, connected};
use super::proxy::{Mode, Proxy};
use super::server::{Kind, Server};
use super::support::{Room, SHORT, Ws, eventually};
use super::users::{Node, User};
use axum_channels::{Channels, ConnectInfo, History, Params, Payload, Result, SocketHandler};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;

on_each_engine! {
    a_client_that_comes_back_to_another_node_receives_what_it_has_missed,
    clients_without_positions_receive_the_same_frames_as_without_a_history,
    under_load_each_client_receives_each_broadcast_once_and_in_order_wherever_it_comes_back,
    the_sender_is_excluded_on_every_node_and_intercepted_broadcasts_go_through_the_channel,
    the_engine_holds_the_limits_of_messages_and_bytes,
    the_engine_drops_what_is_too_old,
    on_a_quiet_topic_nothing_is_missed,
    an_engine_that_was_flushed_has_lost_the_histories,
    an_engine_that_was_restarted_has_lost_the_histories_and_connected_clients_learn_it,
    broadcasts_wait_for_an_engine_that_is_away_and_are_stored_once,
    without_the_engine_a_client_joins_and_is_told,
    nodes_with_other_limits_for_a_topic_deliver_everything_once_and_tell_who_may_have_missed_something,
}

on_a_cluster! {
    under_load_each_client_receives_each_broadcast_once_and_in_order_wherever_it_comes_back,
    an_engine_that_was_restarted_has_lost_the_histories_and_connected_clients_learn_it,
}

async fn a_client_that_comes_back_to_another_node_receives_what_it_has_missed(kind: Kind) {
    let server = Server::start(kind);
    let [a, b] = Node::two(&server).await;
    let mut user = User::join(a.addr, "room:1").await;
    assert_eq!(user.recover.as_object().map(|it| it.len()), Some(1));
    b.say("room:1", 1);
    user.hear("said", [1]).await;
    let position = user.position.clone();
    drop(user);
    a.deserted().await;
    let mut witness = User::join(b.addr, "room:1").await;
    for n in 2..=5 {
        [&a, &b][n as usize % 2].say("room:1", n);
        witness.hear("said", [n]).await; // in this order
    }
    let mut user = User::come_back(b.addr, "room:1", &position).await;
    user.recovered(4);
    user.hear("said", 2..=5).await;
    a.say("room:1", 6);
    user.hear("said", [6]).await;
    let third = Node::start(server.url()).await;
    let mut again = User::come_back(third.addr, "room:1", &position).await;
    again.recovered(5);
    again.hear("said", 2..=6).await;
    third.say("room:1", 7);
    for user in [&mut user, &mut again] {
        user.hear("said", [7]).await;
        user.ws.expect_nothing().await;
    }
    assert_eq!(user.position, again.position);
    let other = User::come_back(a.addr, "room:2", &position).await;
    other.lost();
}

async fn clients_without_positions_receive_the_same_frames_as_without_a_history(kind: Kind) {
    let server = Server::start(kind);
    let [a, b] = Node::two(&server).await;
    let mut plain = [
        Ws::join(a.addr, "room:1").await,
        Ws::join(b.addr, "room:1").await,
    ];
    let expect = async |plain: &mut [Ws], n: u64| {
        for ws in plain {
            ws.expect(&format!(r#"[null,null,"room:1","said",{{"n":{n}}}]"#))
                .await;
        }
    };
    a.say("room:1", 1);
    expect(&mut plain, 1).await;
    let mut user = User::join(a.addr, "room:1").await;
    b.say("room:1", 2);
    user.hear("said", [2]).await;
    expect(&mut plain, 2).await;
    a.endpoint
        .broadcast("room:1", "image", Payload::binary(vec![1]));
    for ws in &mut plain {
        ws.expect_binary(b"\x02\x06\x05room:1image\x01").await;
        ws.expect_nothing().await;
    }
    assert_eq!(a.endpoint.stats().cluster.malformed, 0);
}

/// Comes back again and again, to one node after the other, until everything was received.
///
/// `heard` is what the clients that stay on each node have heard: it waits for three that it has missed itself, and
/// that both nodes know.
async fn wander(
    addrs: [SocketAddr; 2],
    start: Value,
    total: u64,
    seed: u64,
    mut heard: watch::Receiver<[u64; 2]>,
) {
    let (mut position, mut next, mut visits) = (start, 1, 0);
    while next <= total {
        let enough = total.min(next + 2);
        let both = heard.wait_for(|both| both.iter().all(|it| *it >= enough));
        let node = ((visits + seed) % 2) as usize;
        let kept = both.await.expect("they stay")[node];
        let addr = addrs[node];
        let mut user = User::come_back(addr, "busy:1", &position).await;
        assert_eq!(user.recover["recovered"], true, "{}", user.recover);
        let missed = user.recover["missed"].as_u64().expect("a number");
        assert!((kept + 1 - next..=total).contains(&missed), "{missed}");
        for _ in 0..(visits * 7 + seed * 13) % 40 {
            if next <= total {
                user.hear("said", [next]).await;
                next += 1;
            }
        }
        position = user.position.clone();
        visits += 1;
    }
}

async fn under_load_each_client_receives_each_broadcast_once_and_in_order_wherever_it_comes_back(
    kind: Kind,
) {
    const TOTAL: u64 = 1500;
    let server = Server::start(kind);
    let [a, b] = Node::two(&server).await;
    let addrs = [a.addr, b.addr];
    let start = User::join(a.addr, "busy:1").await.position;
    let mut stay = [
        User::come_back(a.addr, "busy:1", &start).await,
        User::come_back(b.addr, "busy:1", &start).await,
    ];
    let (heard, _) = watch::channel([0, 0]);
    let users: Vec<_> = (0..4)
        .map(|seed| {
            let heard = heard.subscribe();
            tokio::spawn(wander(addrs, start.clone(), TOTAL, seed, heard))
        })
        .collect();
    let publishing = async {
        for n in 1..=TOTAL {
            a.say("busy:1", n);
            sleep(Duration::from_millis(1)).await;
        }
    };
    let staying = async |user: &mut User, node: usize| {
        for n in 1..=TOTAL {
            user.hear("said", [n]).await;
            heard.send_modify(|both| both[node] = n);
        }
    };
    let [on_a, on_b] = &mut stay;
    tokio::join!(publishing, staying(on_a, 0), staying(on_b, 1));
    for user in users {
        user.await.expect("no panic");
    }
    let lost = [&a, &b].map(|node| node.endpoint.stats().cluster.lost);
    assert_eq!(lost, [0, 0]);
}

async fn the_sender_is_excluded_on_every_node_and_intercepted_broadcasts_go_through_the_channel(
    kind: Kind,
) {
    let server = Server::start(kind);
    let [a, b] = Node::two(&server).await;
    let mut alice = User::come_back_as(a.addr, "&id=alice", "room:1", Value::Null).await;
    let mut bob = User::join(b.addr, "room:1").await;
    let start = bob.position.clone();
    alice
        .ws
        .send(r#"["1","2","room:1","typing",{"n":1}]"#)
        .await;
    assert_eq!(alice.ws.event().await, "phx_reply");
    bob.hear("typing", [1]).await;
    b.say("room:1", 2);
    alice.hear("said", [2]).await;
    for (id, missed) in [("&id=alice", 1), ("&id=bob", 2), ("", 2)] {
        let mut user = User::come_back_as(b.addr, id, "room:1", start.clone()).await;
        user.recovered(missed);
        if missed == 2 {
            user.hear("typing", [1]).await;
        }
        user.hear("said", [2]).await;
        user.ws.expect_nothing().await;
    }

    let start = User::join(a.addr, "censored:1").await.position;
    a.say("censored:1", 1);
    let mut user = User::come_back(b.addr, "censored:1", &start).await;
    user.hear("printed", [1]).await;
    a.say("censored:1", 2);
    user.hear("printed", [2]).await;
}

async fn the_engine_holds_the_limits_of_messages_and_bytes(kind: Kind) {
    let server = Server::start(kind);
    let [a, b] = Node::two(&server).await;
    let mut user = User::join(a.addr, "room:1").await;
    let start = user.position.clone();
    (1..=110).for_each(|n| a.say("room:1", n));
    user.hear("said", 1..=10).await;
    let kept = user.position.clone();
    user.hear("said", 11..=110).await;
    let c = Node::start(server.url()).await;
    for node in [&b, &c] {
        User::come_back(node.addr, "room:1", &start).await.lost();
        let mut user = User::come_back(node.addr, "room:1", &kept).await;
        user.recovered(100);
        user.hear("said", 11..=110).await;
    }

    let mut user = User::join(a.addr, "small:1").await;
    (1..=20).for_each(|n| a.say("small:1", n));
    user.hear("said", 1..=1).await;
    let early = user.position.clone();
    user.hear("said", 2..=18).await;
    let late = user.position.clone();
    user.hear("said", 19..=20).await;
    User::come_back(c.addr, "small:1", &early).await.lost();
    let mut user = User::come_back(c.addr, "small:1", &late).await;
    user.recovered(2);
    user.hear("said", 19..=20).await;
    if kind != Kind::Nats {
        assert!(server.kept(PREFIX, "small:1") < 12); // of 150 bytes and more
    }
}

async fn the_engine_drops_what_is_too_old(kind: Kind) {
    let server = Server::start(kind);
    let [a, b] = Node::two(&server).await;
    let mut user = User::join(a.addr, "short:1").await;
    let start = user.position.clone();
    a.say("short:1", 1);
    user.hear("said", [1]).await; // it was stored before
    sleep(SHORT + Duration::from_millis(300)).await;
    eventually("it is dropped", || server.kept(PREFIX, "short:1") == 0).await;
    for node in [&a, &b] {
        User::come_back(node.addr, "short:1", &start).await.lost();
    }
}

async fn on_a_quiet_topic_nothing_is_missed(kind: Kind) {
    let server = Server::start(kind);
    let [a, b] = Node::two(&server).await;
    let mut user = User::join(a.addr, "short:1").await;
    a.say("short:1", 1);
    user.hear("said", [1]).await;
    sleep(SHORT + Duration::from_millis(300)).await;
    for node in [&a, &b] {
        User::come_back(node.addr, "short:1", &user.position)
            .await
            .recovered(0);
    }
}

async fn an_engine_that_was_flushed_has_lost_the_histories(kind: Kind) {
    let server = Server::start(kind);
    let [a, b] = Node::two(&server).await;
    let mut user = User::join(a.addr, "room:1").await;
    a.say("room:1", 1);
    user.hear("said", [1]).await;
    let position = user.position.clone();
    server.flush_histories(PREFIX);
    User::come_back(b.addr, "room:1", &position).await.lost();
    b.say("room:1", 2);
    let error = user.next().await;
    assert_eq!(error[3], "phx_error", "{error}");
    let mut user = User::come_back(a.addr, "room:1", &position).await;
    user.lost();
    b.say("room:1", 3);
    user.hear("said", [3]).await;
}

async fn an_engine_that_was_restarted_has_lost_the_histories_and_connected_clients_learn_it(
    kind: Kind,
) {
    let mut server = Server::start(kind);
    let [a, b] = Node::two(&server).await;
    let mut user = User::join(a.addr, "room:1").await;
    let mut plain = Ws::join(b.addr, "room:1").await;
    a.say("room:1", 1);
    user.hear("said", [1]).await;
    plain.event().await;
    let position = user.position.clone();
    eventually("it is confirmed", || {
        a.endpoint.stats().cluster.lag.is_zero()
    })
    .await; // or it is sent again
    server.kill();
    for node in [&a, &b] {
        connected(&node.endpoint, false).await;
    }
    server.restart();
    for node in [&a, &b] {
        connected(&node.endpoint, true).await;
    }
    let error = user.next().await;
    assert_eq!(error[3], "phx_error", "{error}");
    for node in [&a, &b] {
        User::come_back(node.addr, "room:1", &position).await.lost();
    }
    a.say("room:1", 2);
    plain.expect(r#"[null,null,"room:1","said",{"n":2}]"#).await;
    plain.expect_nothing().await;
}

async fn broadcasts_wait_for_an_engine_that_is_away_and_are_stored_once(kind: Kind) {
    let server = Server::start(kind);
    let proxy = Proxy::start(&server).await;
    let (a, b) = (
        Node::start(proxy.url()).await,
        Node::start(server.url()).await,
    );
    let mut user = User::join(a.addr, "busy:1").await;
    let mut other = User::join(b.addr, "busy:1").await;
    for n in 1..=400 {
        match n {
            100 => proxy.set(Mode::Mute), // what is sent is stored, and its answers are lost
            200 => proxy.set(Mode::Cut),
            300 => proxy.set(Mode::Pass),
            _ => {}
        }
        a.say("busy:1", n);
        sleep(Duration::from_millis(2)).await;
    }
    for user in [&mut user, &mut other] {
        user.hear("said", 1..=400).await;
        user.ws.expect_nothing().await;
    }
    assert_eq!(a.endpoint.stats().cluster.reconnects, 1);
    assert_eq!(a.endpoint.stats().cluster.lost, 0);
}

async fn without_the_engine_a_client_joins_and_is_told(kind: Kind) {
    let mut server = Server::start(kind);
    let [a, b] = Node::two(&server).await;
    let position = User::join(a.addr, "room:1").await.position;
    server.kill();
    for node in [&a, &b] {
        connected(&node.endpoint, false).await;
    }
    let mut user = User::come_back(b.addr, "room:1", &position).await;
    assert_eq!(user.recover, json!({"recovered": false}));
    let first = User::join(b.addr, "room:2").await;
    assert_eq!(first.recover, json!({}));
    b.say("room:1", 1);
    user.ws.expect_nothing().await;
    server.restart();
    user.hear("said", [1]).await;
}

/// The socket of a release with other limits.
struct Changed;

impl SocketHandler for Changed {
    fn channels(routes: &mut Channels<Self>) {
        let history = History::last(3).for_minutes(1);
        routes.channel::<Room>("room:*").history(history);
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

async fn nodes_with_other_limits_for_a_topic_deliver_everything_once_and_tell_who_may_have_missed_something(
    kind: Kind,
) {
    let server = Server::start(kind);
    let [old, new] = [
        Node::start(server.url()).await,
        Node::start_as::<Changed>(server.url()).await,
    ];
    let [mut at_old, mut at_new] = [
        User::join(old.addr, "room:1").await,
        User::join(new.addr, "room:1").await,
    ];
    let mut plain = [
        Ws::join(old.addr, "room:1").await,
        Ws::join(new.addr, "room:1").await,
    ];
    let early = at_old.position.clone();
    for n in 1..=10 {
        [&old, &new][n as usize % 2].say("room:1", n);
        for ws in [&mut at_old.ws, &mut at_new.ws]
            .into_iter()
            .chain(&mut plain)
        {
            assert_eq!(ws.payload().await, json!({ "n": n }));
        }
    }
    for ws in [&mut at_old.ws, &mut at_new.ws]
        .into_iter()
        .chain(&mut plain)
    {
        ws.expect_nothing().await;
    }
    User::come_back(new.addr, "room:1", &early).await.lost();
    let third = Node::start(server.url()).await;
    let mut user = User::come_back(third.addr, "room:1", &early).await;
    match kind {
        Kind::Redis | Kind::RedisCluster => user.lost(), // the lower limits count in the engine
        Kind::Nats => {
            user.recovered(5); // those of nodes with the same limits
            user.hear("said", [2, 4, 6, 8, 10]).await;
        }
    }
}
