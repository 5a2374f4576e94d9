//! The long-poll transport, request by request over TCP.

#[macro_use]
mod support;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum_channels::{Endpoint, Payload, websocket};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use support::{NDJSON, Poll, Ws, ask, endpoint_with, eventually, nodes_with, serve};
use tokio::time::{Instant, sleep, timeout};

on_one_node_and_on_two! {
    what_comes_between_two_polls_is_kept_and_told_in_parts,
    a_poll_waits_for_a_broadcast_whatever_transport_it_comes_by,
    what_a_poll_that_was_given_up_did_not_hear_the_next_one_does,
    a_client_that_does_not_poll_is_gone_within_bounds,
}

async fn server() -> SocketAddr {
    serve(&endpoint_with(websocket().longpoll())).await
}

#[tokio::test]
async fn a_session_joins_pushes_and_hears_in_order() {
    let poll = Poll::join(server().await, "room:lobby").await;
    poll.send("[\"1\",\"2\",\"room:lobby\",\"ping\",{\"a\":\"\\\"é\\n\"}]\n[\"1\",\"3\",\"room:lobby\",\"push\",{}]")
        .await;
    assert_eq!(
        poll.receive().await,
        [
            r#"["1","2","room:lobby","phx_reply",{"response":{"a":"\"é\n"},"status":"ok"}]"#,
            r#"["1",null,"room:lobby","pushed",{}]"#,
        ]
    );
}

#[tokio::test]
async fn all_that_an_older_client_sends_at_once_is_taken() {
    let poll = Poll::join(server().await, "room:lobby").await;
    let push = |n| format!(r#"["1","{n}","room:lobby","ping",{{}}]"#);
    let pushes: Vec<String> = (2..252).map(push).collect();
    poll.send(&pushes.join("\n")).await;
    assert_eq!(poll.receive().await.len(), 250);
}

#[tokio::test]
async fn who_asks_for_more_than_may_wait_is_made_to_wait_and_not_dropped() {
    let poll = Poll::join(server().await, "room:lobby").await;
    let pad = "x".repeat(30_000);
    let push = |n| format!(r#"["1","{n}","room:lobby","ping",{{"pad":"{pad}"}}]"#);
    let pushes: Vec<String> = (0..100).map(push).collect();
    let asking = async {
        sleep(Duration::from_millis(50)).await; // the poll comes first, as with phoenix.js
        poll.send(&pushes.join("\n")).await;
    };
    let hearing = async {
        let mut received = 0;
        while received < 100 {
            received += poll.receive().await.len();
            sleep(Duration::from_millis(20)).await; // the network has some latency
        }
        received
    };
    assert_eq!(tokio::join!(asking, hearing).1, 100);
}

async fn what_comes_between_two_polls_is_kept_and_told_in_parts(count: usize) {
    let nodes = nodes_with(count, websocket().longpoll());
    let poll = Poll::join(serve(nodes.next()).await, "room:lobby").await;
    let text = "x".repeat(100_000);
    for n in 0..60 {
        nodes
            .last()
            .broadcast("room:lobby", "news", json!({"n": n, "text": text}));
    }
    nodes.settled().await;
    let (mut received, mut parts) = (Vec::new(), 0);
    while received.len() < 60 {
        let part = poll.receive().await;
        assert!(part.iter().map(String::len).sum::<usize>() < 1024 * 1024);
        received.extend(part);
        parts += 1;
    }
    let news = |n| format!(r#"[null,null,"room:lobby","news",{{"n":{n},"text":"{text}"}}]"#);
    assert!(received.into_iter().eq((0..60).map(news)));
    assert_eq!(parts, 6);
}

#[tokio::test]
async fn however_much_is_said_at_once_a_slow_channel_handles_all_of_it_in_the_end() {
    let endpoint = endpoint_with(websocket().longpoll().max_queued_messages(4));
    let poll = Poll::join(serve(&endpoint).await, "room:lobby").await;
    let pushes = vec![r#"["1","2","room:lobby","slow",{}]"#; 100].join("\n");
    let hearing = async {
        let mut received = Vec::new();
        while received.len() < 100 {
            received.extend(poll.receive().await);
        }
        received
    };
    let (_, received) = tokio::join!(poll.send(&pushes), hearing);
    let reply = r#"["1","2","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#;
    assert_eq!(received, [reply; 100]);
}

async fn a_poll_waits_for_a_broadcast_whatever_transport_it_comes_by(count: usize) {
    let nodes = nodes_with(count, websocket().longpoll());
    let addr = nodes.serve().await;
    let poll = Poll::join(addr(), "room:lobby").await;
    let mut ws = Ws::join(addr(), "room:lobby").await;
    let waiting = tokio::spawn(async move { (poll.receive().await, poll) });
    ws.send(r#"["1","2","room:lobby","shout",{"from":"ws"}]"#)
        .await;
    let (received, poll) = waiting.await.expect("it received");
    assert_eq!(
        received,
        [r#"[null,null,"room:lobby","shout",{"from":"ws"}]"#]
    );
    ws.expect(&received[0]).await;
    poll.send(r#"["1","4","room:lobby","shout",{"from":"poll"}]"#)
        .await;
    ws.expect(r#"[null,null,"room:lobby","shout",{"from":"poll"}]"#)
        .await;
}

#[tokio::test]
async fn bytes_are_taken_as_base64_and_never_given() {
    let endpoint = endpoint_with(websocket().longpoll());
    let poll = Poll::join(serve(&endpoint).await, "room:lobby").await;
    let (push, ping) = (
        "AAEBCgQxMnJvb206bG9iYnlwaW5n/w==",
        r#"["1","3","room:lobby","ping",{}]"#,
    );
    endpoint.broadcast("room:lobby", "image", Payload::binary(vec![1]));
    poll.send(&format!("{push}\n{ping}")).await;
    assert_eq!(
        poll.receive().await,
        [r#"["1","3","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#]
    );
}

#[tokio::test]
async fn v1_is_spoken_too_and_a_body_may_be_one_message() {
    let addr = server().await;
    let token = ask(addr, "GET", "", "", "").await.2["token"]
        .as_str()
        .map(str::to_owned);
    let query = format!("token={}", token.expect("a token"));
    let heartbeat = r#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}"#;
    assert_eq!(
        ask(addr, "POST", &query, "", heartbeat).await.2,
        json!({"status": 200})
    );
    let answer = ask(addr, "GET", &query, "", "").await.2;
    let reply = r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"1","topic":"phoenix"}"#;
    assert_eq!(answer["messages"], json!([reply]));
}

#[tokio::test]
async fn the_token_may_be_in_a_header() {
    let addr = server().await;
    let poll = Poll::open(addr).await;
    let token = poll.query.split_once("token=").expect("a token").1;
    let header = format!("x-phoenix-longpoll-token: {token}\r\n{NDJSON}");
    let heartbeat = r#"[null,"1","phoenix","heartbeat",{}]"#;
    let (_, _, answer) = ask(addr, "POST", "vsn=2.0.0", &header, heartbeat).await;
    assert_eq!(answer, json!({"status": 200}));
    assert_eq!(poll.receive().await.len(), 1);
}

#[tokio::test]
async fn who_may_not_connect_is_told_so() {
    let addr = server().await;
    for (query, headers, answer) in [
        ("vsn=3.0.0", "", json!({"status": 403, "response": null})),
        (
            "vsn=2.0.0&refuse=1",
            "",
            json!({"status": 403, "response": {"reason": "unauthorized"}}),
        ),
        (
            "vsn=2.0.0&refuse=teapot",
            "",
            json!({"status": 403, "response": {"reason": "short and stout"}}),
        ),
        (
            "vsn=2.0.0&refuse=panic",
            "",
            json!({"status": 500, "response": null}),
        ),
        (
            "vsn=2.0.0",
            "origin: http://example.com\r\n",
            json!({"status": 403}),
        ),
    ] {
        let (got, _, body) = ask(addr, "GET", query, headers, "").await;
        assert_eq!((got, body), (200, answer), "{query}");
    }
    assert_eq!(ask(addr, "PUT", "vsn=2.0.0", "", "").await.0, 400);
    let (status, head, _) = ask(
        addr,
        "OPTIONS",
        "",
        "access-control-request-headers: x-a\r\n",
        "",
    )
    .await;
    assert_eq!(status, 200);
    assert!(
        head.contains("access-control-allow-headers: x-a\r\n"),
        "{head}"
    );
}

#[tokio::test]
async fn a_session_that_is_not_known_is_gone_and_a_new_one_is_begun() {
    let addr = server().await;
    let stale = Poll {
        addr,
        query: "vsn=2.0.0&token=00".to_owned(),
    };
    assert_eq!(stale.say_for("[]").await, 410);
    let answer = stale.poll().await;
    assert_eq!(answer["status"], 410);
    assert_ne!(answer["token"], "00");
}

#[tokio::test]
async fn what_is_no_message_ends_its_session_and_no_other() {
    let endpoint = endpoint_with(websocket().longpoll());
    let addr = serve(&endpoint).await;
    let other = Poll::join(addr, "room:lobby").await;
    for nonsense in ["[]", "{}", "not base64", "AAAA", "[\"1\"]\n[]"] {
        let poll = Poll::join(addr, "room:lobby").await;
        assert_eq!(poll.say_for(nonsense).await, 400, "{nonsense}");
        poll.say_for("[]").await; // invalid base64 is refused earlier
        eventually("it is gone", || endpoint.stats().connections == 1).await;
    }
    other.send(r#"["1","2","room:lobby","ping",{}]"#).await;
    assert_eq!(other.receive().await.len(), 1);
}

#[tokio::test]
async fn of_two_polls_at_once_the_later_one_waits_and_the_other_is_answered() {
    let endpoint = endpoint_with(websocket().longpoll());
    let addr = serve(&endpoint).await;
    let query = Poll::join(addr, "room:lobby").await.query;
    let polls = [query.clone(), query].map(|query| {
        tokio::spawn(async move { ask(addr, "GET", &query, "", "").await.2["status"].as_u64() })
    });
    eventually("one is answered", || {
        polls.iter().any(|poll| poll.is_finished())
    })
    .await;
    endpoint.broadcast("room:lobby", "news", Payload::empty());
    let mut answers = Vec::new();
    for poll in polls {
        answers.push(poll.await.expect("it is answered"));
    }
    answers.sort();
    assert_eq!(answers, [Some(200), Some(204)]);
}

async fn what_a_poll_that_was_given_up_did_not_hear_the_next_one_does(count: usize) {
    let nodes = nodes_with(count, websocket().longpoll());
    let poll = Poll::join(serve(nodes.next()).await, "room:lobby").await;
    let given_up = timeout(Duration::from_millis(50), poll.poll()).await;
    assert!(given_up.is_err());
    sleep(Duration::from_millis(50)).await; // hyper detects the end
    nodes
        .last()
        .broadcast("room:lobby", "news", Payload::empty());
    assert_eq!(
        poll.receive().await,
        [r#"[null,null,"room:lobby","news",{}]"#]
    );
}

async fn a_client_that_does_not_poll_is_gone_within_bounds(count: usize) {
    let nodes = nodes_with(count, websocket().longpoll().max_queued_bytes(10_000));
    let poll = Poll::join(serve(nodes.next()).await, "room:lobby").await;
    for _ in 0..1000 {
        nodes
            .last()
            .broadcast("room:lobby", "news", json!({"text": "x".repeat(100)}));
    }
    eventually("it is gone", || nodes.connections() == 0).await;
    assert_eq!(poll.say_for("[]").await, 410);
    assert_eq!(nodes.subscriptions(), 0);
}

#[tokio::test]
async fn disconnecting_and_shutting_down_end_sessions() {
    let endpoint = endpoint_with(websocket().longpoll());
    let addr = serve(&endpoint).await;
    let token = ask(addr, "GET", "vsn=2.0.0&id=user:1", "", "").await.2["token"].clone();
    let query = format!("vsn=2.0.0&token={}", token.as_str().expect("a token"));
    let polling = tokio::spawn(async move { ask(addr, "GET", &query, "", "").await.2 });
    let _other = Poll::open(addr).await;
    endpoint.disconnect("user:1");
    assert_eq!(polling.await.expect("answered"), json!({"status": 500}));
    endpoint.shutdown().await;
    assert_eq!(endpoint.stats().connections, 0);
    let (_, _, answer) = ask(addr, "GET", "vsn=2.0.0", "", "").await;
    assert_eq!(answer, json!({"status": 500}));
}

/// Sends requests without a network, so that paused time advances only when awaited.
async fn get(endpoint: &Endpoint, query: &str) -> Value {
    let router = TowerToHyperService::new(endpoint.router::<()>());
    let request = Request::get(format!("/socket/longpoll?{query}")).body(Body::empty());
    let response = router.call(request.expect("a request")).await;
    let body = to_bytes(response.expect("a response").into_body(), 1_000_000).await;
    serde_json::from_slice(&body.expect("a body")).expect("JSON")
}

/// Independent of the timeout, which is for silence on a WebSocket.
#[tokio::test(start_paused = true)]
async fn a_poll_waits_ten_seconds_and_who_does_not_poll_again_is_gone_after_fifteen() {
    let endpoint = endpoint_with(websocket().longpoll().timeout(Duration::from_secs(2)));
    let token = get(&endpoint, "vsn=2.0.0").await["token"].clone();
    let query = format!("vsn=2.0.0&token={}", token.as_str().expect("a token"));
    for _ in 0..3 {
        let begun = Instant::now();
        assert_eq!(get(&endpoint, &query).await["status"], 204);
        assert_eq!(begun.elapsed().as_secs(), 10);
    }
    sleep(Duration::from_secs(14)).await; // an answer may take long to arrive
    assert_eq!(endpoint.stats().connections, 1);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(endpoint.stats().connections, 0);
}
