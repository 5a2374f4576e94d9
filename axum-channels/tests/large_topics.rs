//! Topics with more subscribers than a publisher delivers to itself.

#[macro_use]
mod support;

use axum_channels::{Endpoint, Events};
use serde_json::json;
use support::{Nodes, Ws, endpoint, nodes, serve};

/// More than the 1,024 that are served by the publisher.
const MANY: usize = 1100;

const TOPIC: &str = "room:lobby";

on_one_node_and_on_two! {
    every_client_and_every_task_receives_all_broadcasts_in_order,
    a_client_does_not_receive_what_it_sends_to_all_others,
}

fn crowd(endpoint: &Endpoint) -> Vec<Events> {
    (0..MANY).map(|_| endpoint.subscribe(TOPIC)).collect()
}

fn crowds(nodes: &Nodes) -> Vec<Events> {
    nodes.all().iter().flat_map(crowd).collect()
}

async fn every_client_and_every_task_receives_all_broadcasts_in_order(count: usize) {
    let nodes = nodes(count);
    let addr = nodes.serve().await;
    let mut crowd = crowds(&nodes);
    let mut clients = Vec::new();
    for _ in nodes.all() {
        clients.push(Ws::join(addr(), TOPIC).await); // the tasks of its node are subscribed, too
    }
    let publisher = nodes.next();
    for n in 0..3 {
        publisher.broadcast(TOPIC, "news", json!({"n": n}));
    }
    for n in 0..3 {
        for ws in &mut clients {
            ws.expect(&format!(r#"[null,null,"{TOPIC}","news",{{"n":{n}}}]"#))
                .await;
        }
        for events in &mut crowd {
            let event = events.recv().await.expect("none is missed");
            assert_eq!(event.payload.as_json(), format!(r#"{{"n":{n}}}"#));
        }
    }
}

async fn a_client_does_not_receive_what_it_sends_to_all_others(count: usize) {
    let nodes = nodes(count);
    let addr = nodes.serve().await;
    let _crowds = crowds(&nodes);
    let (mut sender, mut other) = (Ws::join(addr(), TOPIC).await, Ws::join(addr(), TOPIC).await);
    sender.send(r#"["1","2","room:lobby","whisper",{}]"#).await;
    sender
        .expect(r#"["1","2","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    other
        .expect(r#"[null,null,"room:lobby","whisper",{}]"#)
        .await;
    nodes.settled().await;
    sender.expect_nothing().await;
}

#[tokio::test]
async fn a_shutdown_delivers_what_was_published_before() {
    let endpoint = endpoint();
    let addr = serve(&endpoint).await;
    let _crowd = crowd(&endpoint);
    let mut ws = Ws::join(addr, TOPIC).await;
    endpoint.broadcast(TOPIC, "bye", json!({}));
    endpoint.shutdown().await;
    ws.expect(r#"[null,null,"room:lobby","bye",{}]"#).await;
    ws.expect_close(1012).await;
}
