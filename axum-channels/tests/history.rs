//! Topics with a history: positions, and what a client has missed, frame by frame.

mod support;

use axum_channels::testing::{Client, TestChannel, connect};
use axum_channels::{
    Channels, ConnectInfo, Endpoint, History, Params, Payload, Result, SocketHandler, websocket,
};
use serde_json::{Value, json};
use std::time::Duration;
use support::{Frame, HistorySocket, Hub, MAX_AGE, Poll, Ws, eventually, serve};
use tokio::time::sleep;

fn endpoint() -> Endpoint {
    Endpoint::builder()
        .socket_with::<HistorySocket>("/socket", websocket().longpoll())
        .build()
}

/// Sends a join with this `recover`, and returns that of the reply.
async fn join(ws: &mut Ws, topic: &str, recover: Value) -> Value {
    let payload = json!({ "recover": recover });
    ws.send(&format!(r#"["1","1","{topic}","phx_join",{payload}]"#))
        .await;
    let payload = ws.payload().await;
    assert_eq!(payload["status"], "ok", "{payload}");
    payload["response"]["recover"].clone()
}

/// Joins for the first time, and returns the epoch.
async fn first_join(ws: &mut Ws, topic: &str) -> String {
    let recover = join(ws, topic, json!({})).await;
    let position = recover["position"].as_str().expect("a position");
    let (epoch, number) = position.split_once('.').expect("a dot");
    assert_eq!(
        (recover.as_object().map(|it| it.len()), number),
        (Some(1), "0")
    );
    epoch.to_owned()
}

fn say(endpoint: &Endpoint, topic: &str, n: u32) {
    endpoint.broadcast(topic, "said", json!({ "n": n }));
}

#[tokio::test]
async fn who_asks_receives_positions_and_nobody_else_sees_a_difference() {
    let endpoint = endpoint();
    let addr = serve(&endpoint).await;
    let mut plain = Ws::join(addr, "tiny:1").await;
    let mut ws = Ws::open(addr).await;
    ws.send(r#"["1","1","tiny:1","phx_join",{"recover":{}}]"#)
        .await;
    let Frame::Text(reply) = ws.next().await else {
        panic!("a reply")
    };
    let position = reply.split('"').nth(15).expect("a position");
    let expected =
        r#"["1","1","tiny:1","phx_reply",{"response":{"recover":{"position":"P"}},"status":"ok"}]"#;
    assert_eq!(reply, expected.replace('P', position));
    let epoch = position.strip_suffix(".0").expect("nothing was sent");
    let mut v1 = Ws::open_at(addr, "/socket/websocket?vsn=1.0.0").await;
    v1.send(r#"{"topic":"tiny:1","event":"phx_join","payload":{"recover":{}},"ref":"1"}"#)
        .await;
    v1.expect(&format!(
        r#"{{"event":"phx_reply","payload":{{"response":{{"recover":{{"position":"{position}"}}}},"status":"ok"}},"ref":"1","topic":"tiny:1"}}"#
    ))
    .await;
    for n in [1, 2] {
        say(&endpoint, "tiny:1", n);
        plain
            .expect(&format!(r#"[null,null,"tiny:1","said",{{"n":{n}}}]"#))
            .await;
        ws.expect(&format!(
            r#"[null,"{epoch}.{n}","tiny:1","said",{{"n":{n}}}]"#
        ))
        .await;
        v1.expect(&format!(
            r#"{{"event":"said","payload":{{"n":{n}}},"ref":"{epoch}.{n}","topic":"tiny:1"}}"#
        ))
        .await;
    }
}

#[tokio::test]
async fn what_was_missed_follows_the_reply_before_anything_new() {
    let endpoint = endpoint();
    let addr = serve(&endpoint).await;
    let mut ws = Ws::open(addr).await;
    let epoch = first_join(&mut ws, "tiny:1").await;
    say(&endpoint, "tiny:1", 1);
    ws.expect(&format!(r#"[null,"{epoch}.1","tiny:1","said",{{"n":1}}]"#))
        .await;
    drop(ws);
    eventually("it is gone", || endpoint.stats().connections == 0).await;
    say(&endpoint, "tiny:1", 2);
    say(&endpoint, "tiny:1", 3);

    let mut ws = Ws::open(addr).await;
    ws.send(&format!(
        r#"["1","2","tiny:1","phx_join",{{"recover":{{"position":"{epoch}.1"}}}}]"#
    ))
    .await;
    ws.expect(&format!(
        r#"["1","2","tiny:1","phx_reply",{{"response":{{"recover":{{"position":"{epoch}.1","recovered":true,"missed":2}}}},"status":"ok"}}]"#
    ))
    .await;
    for n in [2, 3] {
        ws.expect(&format!(
            r#"[null,"{epoch}.{n}","tiny:1","said",{{"n":{n}}}]"#
        ))
        .await;
    }
    say(&endpoint, "tiny:1", 4);
    ws.expect(&format!(r#"[null,"{epoch}.4","tiny:1","said",{{"n":4}}]"#))
        .await;
    ws.expect_nothing().await;

    let mut poll = Poll::open(addr).await;
    poll.query += "&x=y"; // the client is another one
    poll.send(&format!(
        r#"["1","1","tiny:1","phx_join",{{"recover":{{"position":"{epoch}.3"}}}}]"#
    ))
    .await;
    let reply = format!(
        r#"["1","1","tiny:1","phx_reply",{{"response":{{"recover":{{"position":"{epoch}.3","recovered":true,"missed":1}}}},"status":"ok"}}]"#
    );
    let missed = format!(r#"[null,"{epoch}.4","tiny:1","said",{{"n":4}}]"#);
    assert_eq!(poll.receive().await, [reply, missed]);
}

#[tokio::test]
async fn what_is_no_longer_kept_or_was_never_a_position_is_told_and_is_no_error() {
    let endpoint = endpoint();
    let addr = serve(&endpoint).await;
    let mut ws = Ws::open(addr).await;
    let epoch = first_join(&mut ws, "tiny:1").await;
    (1..=5).for_each(|n| say(&endpoint, "tiny:1", n));
    let (foreign, now) = ("AAAAAAAA.5", format!("{epoch}.5"));
    for position in [
        json!(format!("{epoch}.1")),
        json!(format!("{epoch}.6")),
        json!(foreign),
        json!("5"),
        json!(""),
        json!(5),
        json!({}),
    ] {
        let mut ws = Ws::open(addr).await;
        let recover = join(&mut ws, "tiny:1", json!({ "position": position })).await;
        assert_eq!(
            recover,
            json!({"position": now, "recovered": false}),
            "{position}"
        );
        ws.expect_nothing().await;
    }
    let mut ws = Ws::open(addr).await;
    let recover = join(&mut ws, "tiny:1", json!({"position": now})).await;
    assert_eq!(
        recover,
        json!({"position": now, "recovered": true, "missed": 0})
    );
}

#[tokio::test]
async fn the_key_means_nothing_on_other_topics_in_other_forms_and_in_refused_joins() {
    let endpoint = endpoint();
    let addr = serve(&endpoint).await;
    for (topic, payload, response) in [
        ("plain:1", r#"{"recover":{}}"#, "{}"),
        ("tiny:1", r#"{"recover":true}"#, "{}"),
        ("tiny:1", r#"{"recover":{},"respond":[1]}"#, "[1]"),
    ] {
        let mut ws = Ws::open(addr).await;
        ws.send(&format!(r#"["1","1","{topic}","phx_join",{payload}]"#))
            .await;
        ws.expect(&format!(
            r#"["1","1","{topic}","phx_reply",{{"response":{response},"status":"ok"}}]"#
        ))
        .await;
        say(&endpoint, topic, 1);
        ws.expect(&format!(r#"[null,null,"{topic}","said",{{"n":1}}]"#))
            .await;
    }
    let mut ws = Ws::open(addr).await;
    ws.send(r#"["1","1","tiny:locked","phx_join",{"recover":{}}]"#)
        .await;
    ws.expect(r#"["1","1","tiny:locked","phx_reply",{"response":{"reason":"unauthorized"},"status":"error"}]"#)
        .await;
    assert_eq!(endpoint.stats().histories, 0);
}

#[tokio::test]
async fn bytes_and_presences_are_delivered_and_not_kept() {
    let endpoint = endpoint();
    let addr = serve(&endpoint).await;
    let mut ws = Ws::open(addr).await;
    let epoch = first_join(&mut ws, "tiny:1").await;
    endpoint.broadcast("tiny:1", "image", Payload::binary(vec![1]));
    ws.expect_binary(b"\x02\x06\x05tiny:1image\x01").await;
    let mut other = Ws::open(addr).await;
    other
        .send(r#"["1","1","tiny:1","phx_join",{"user":"bob"}]"#)
        .await;
    let Frame::Text(diff) = ws.next().await else {
        panic!("a diff")
    };
    assert!(
        diff.starts_with(r#"[null,null,"tiny:1","presence_diff","#),
        "{diff}"
    );
    say(&endpoint, "tiny:1", 1);
    ws.expect(&format!(r#"[null,"{epoch}.1","tiny:1","said",{{"n":1}}]"#))
        .await;
}

#[tokio::test]
async fn intercepted_broadcasts_go_through_the_channel_again_and_keep_their_order() {
    let endpoint = endpoint();
    let addr = serve(&endpoint).await;
    let mut ws = Ws::open(addr).await;
    let epoch = first_join(&mut ws, "censored:1").await;
    let talk = || {
        endpoint.broadcast("censored:1", "said", json!({"n": 1}));
        endpoint.broadcast("censored:1", "said", json!({"secret": 2}));
        endpoint.broadcast("censored:1", "news", json!({"n": 3}));
    };
    let expected = |from: u32| {
        let (first, last) = (from, from + 2);
        [
            format!(r#"["1","{epoch}.{first}","censored:1","printed",{{"n":1}}]"#),
            format!(r#"[null,"{epoch}.{last}","censored:1","news",{{"n":3}}]"#),
        ]
    };
    talk();
    for frame in expected(1) {
        ws.expect(&frame).await;
    }
    drop(ws);
    eventually("it is gone", || endpoint.stats().connections == 0).await;
    talk();
    let mut ws = Ws::open(addr).await;
    let position = format!("{epoch}.3");
    let recover = join(&mut ws, "censored:1", json!({ "position": position })).await;
    assert_eq!(
        recover,
        json!({"position": position, "recovered": true, "missed": 3})
    );
    for frame in expected(4) {
        ws.expect(&frame).await;
    }
    ws.expect_nothing().await;
    let mut plain = Ws::join(addr, "censored:1").await;
    talk();
    plain
        .expect(r#"[null,null,"censored:1","news",{"n":3}]"#)
        .await;
    plain
        .expect(r#"["1",null,"censored:1","printed",{"n":1}]"#)
        .await;
}

#[tokio::test]
async fn more_may_be_missed_than_a_channel_has_room_for() {
    let endpoint = endpoint();
    let addr = serve(&endpoint).await;
    let epoch = first_join(&mut Ws::open(addr).await, "archive:1").await;
    eventually("it is gone", || endpoint.stats().connections == 0).await;
    (1..=500).for_each(|n| say(&endpoint, "archive:1", n));
    let mut ws = Ws::open(addr).await;
    let position = json!({"position": format!("{epoch}.0")});
    let recover = join(&mut ws, "archive:1", position).await;
    assert_eq!(recover["missed"], 500);
    for n in 1..=500 {
        ws.expect(&format!(
            r#"["1","{epoch}.{n}","archive:1","printed",{{"n":{n}}}]"#
        ))
        .await;
    }
}

#[tokio::test]
async fn a_client_does_not_recover_its_own_broadcast_if_it_has_an_id() {
    let endpoint = endpoint();
    let addr = serve(&endpoint).await;
    let mut ws = Ws::open_as(addr, "&id=alice").await;
    let epoch = first_join(&mut ws, "tiny:1").await;
    ws.send(r#"["1","2","tiny:1","typing",{}]"#).await;
    ws.expect(r#"["1","2","tiny:1","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    say(&endpoint, "tiny:1", 2);
    let position = json!({"position": format!("{epoch}.0")});
    for (params, missed) in [("&id=alice", 1), ("&id=bob", 2), ("", 2)] {
        let mut ws = Ws::open_as(addr, params).await;
        let recover = join(&mut ws, "tiny:1", position.clone()).await;
        assert_eq!(recover["missed"], missed, "{params}");
        if missed == 2 {
            ws.expect(&format!(r#"[null,"{epoch}.1","tiny:1","typing",{{}}]"#))
                .await;
        }
        ws.expect(&format!(r#"[null,"{epoch}.2","tiny:1","said",{{"n":2}}]"#))
            .await;
        ws.expect_nothing().await;
    }
}

async fn joined(client: &Client, recover: Value) -> (TestChannel, Value) {
    let channel = client.join("tiny:1", json!({ "recover": recover })).await;
    let recover = channel.join_response().get("recover");
    (channel, recover.expect("the topic has a history"))
}

#[tokio::test]
async fn a_join_again_on_the_same_connection_recovers_too() {
    let endpoint = endpoint();
    let client = connect(&endpoint, "/socket").await;
    let (mut channel, first) = joined(&client, json!({})).await;
    channel.leave().await;
    say(&endpoint, "tiny:1", 1);
    let (mut channel, second) = joined(&client, json!({"position": first["position"]})).await;
    assert_eq!(
        (&second["recovered"], &second["missed"]),
        (&json!(true), &json!(1))
    );
    channel.assert_broadcast("said", json!({"n": 1})).await;
}

#[tokio::test(start_paused = true)]
async fn a_history_and_its_memory_are_gone_after_their_time() {
    let endpoint = endpoint();
    let client = connect(&endpoint, "/socket").await;
    let (channel, first) = joined(&client, json!({})).await;
    say(&endpoint, "tiny:1", 1);
    let stats = endpoint.stats();
    assert!(stats.histories == 1 && stats.history_bytes > 0, "{stats:?}");
    drop((channel, client));
    sleep(2 * MAX_AGE).await;
    let stats = endpoint.stats();
    assert_eq!((stats.histories, stats.history_bytes), (0, 0));
    let client = connect(&endpoint, "/socket").await;
    let (_channel, again) = joined(&client, json!({"position": first["position"]})).await;
    assert_eq!(again["recovered"], false);
    assert_ne!(again["position"], first["position"], "another epoch");
}

/// An endpoint of an app with several.
fn node(hub: &Hub) -> Endpoint {
    Endpoint::builder()
        .socket::<HistorySocket>("/socket")
        .pubsub(hub.adapter())
        .build()
}

#[tokio::test]
async fn a_node_keeps_broadcasts_of_others_and_knows_only_its_own_positions() {
    let hub = Hub::new();
    let (here, there) = (node(&hub), node(&hub));
    eventually("both run", || {
        hub.node(0).is_some() && hub.node(1).is_some()
    })
    .await;
    let client = connect(&here, "/socket").await;
    let (_, first) = joined(&client, json!({})).await;
    client.disconnect().await;
    eventually("it is gone", || here.stats().connections == 0).await;
    sleep(Duration::from_millis(1100)).await; // a topic without subscribers is subscribed to for a second
    say(&there, "tiny:1", 1);

    let position = json!({"position": first["position"]});
    let client = connect(&there, "/socket").await;
    let (_, elsewhere) = joined(&client, position.clone()).await;
    assert_eq!(elsewhere["recovered"], false);
    let client = connect(&here, "/socket").await;
    eventually("it has arrived", || here.stats().cluster.received > 0).await;
    let (mut channel, again) = joined(&client, position.clone()).await;
    assert_eq!(
        (&again["recovered"], &again["missed"]),
        (&json!(true), &json!(1))
    );
    channel.assert_broadcast("said", json!({"n": 1})).await;

    hub.node(0).expect("it runs").resync().await.expect("done");
    let client = connect(&here, "/socket").await;
    let (_channel, lost) = joined(&client, position).await;
    assert_eq!(
        lost["recovered"], false,
        "the engine may have lost messages"
    );
}

#[test]
#[should_panic(expected = "a history belongs to a route: add the route first")]
fn a_history_needs_a_route() {
    struct Empty;

    impl SocketHandler for Empty {
        fn channels(routes: &mut Channels<Self>) {
            routes.history(History::last(1));
        }

        async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
            Ok(Self)
        }
    }

    let _endpoint = Endpoint::builder().socket::<Empty>("/socket").build();
}
