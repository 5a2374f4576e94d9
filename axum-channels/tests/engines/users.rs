//! Nodes and clients of topics with a history.

use super::app::{LEASE, PREFIX, connected};
use super::server::Server;
use super::support::{Frame, HistorySocket, Ws, eventually, serve};
use axum_channels::cluster::{Nats, Redis};
use axum_channels::{Endpoint, SocketHandler};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A node and its address.
pub(crate) struct Node {
    pub(crate) endpoint: Endpoint,
    pub(crate) addr: SocketAddr,
}

/// Returns the endpoint of a node that is not connected yet.
pub(crate) fn endpoint<S: SocketHandler>(url: String) -> Endpoint {
    let builder = Endpoint::builder().socket::<S>("/socket");
    if url.starts_with("nats:") {
        let nats = Nats::new(url).expect("a URL").prefix(PREFIX).lease(LEASE);
        builder.pubsub(nats).build()
    } else {
        let redis = Redis::new(url).expect("a URL").prefix(PREFIX).lease(LEASE);
        builder.pubsub(redis).build()
    }
}

impl Node {
    pub(crate) async fn start(url: String) -> Node {
        Node::start_as::<HistorySocket>(url).await
    }

    pub(crate) async fn start_as<S: SocketHandler>(url: String) -> Node {
        let endpoint = endpoint::<S>(url);
        connected(&endpoint, true).await;
        let addr = serve(&endpoint).await;
        Node { endpoint, addr }
    }

    pub(crate) async fn two(server: &Server) -> [Node; 2] {
        [
            Node::start(server.url()).await,
            Node::start(server.url()).await,
        ]
    }

    pub(crate) fn say(&self, topic: &str, n: u64) {
        self.endpoint.broadcast(topic, "said", json!({ "n": n }));
    }

    /// Waits until the node has no clients.
    pub(crate) async fn deserted(&self) {
        eventually("it is gone", || self.endpoint.stats().connections == 0).await;
    }
}

/// A client of a topic, with the position that it has.
pub(crate) struct User {
    pub(crate) ws: Ws,
    topic: String,
    pub(crate) position: Value,
    /// The key of the reply to its join.
    pub(crate) recover: Value,
}

impl User {
    pub(crate) async fn join(addr: SocketAddr, topic: &str) -> User {
        User::come_back_as(addr, "", topic, Value::Null).await
    }

    pub(crate) async fn come_back(addr: SocketAddr, topic: &str, position: &Value) -> User {
        User::come_back_as(addr, "", topic, position.clone()).await
    }

    pub(crate) async fn come_back_as(
        addr: SocketAddr,
        params: &str,
        topic: &str,
        position: Value,
    ) -> User {
        let mut ws = Ws::open_as(addr, params).await;
        let payload = json!({"recover": {"position": position}});
        ws.send(&format!(r#"["1","1","{topic}","phx_join",{payload}]"#))
            .await;
        let reply = ws.payload().await;
        assert_eq!(reply["status"], "ok", "{reply}");
        let recover = reply["response"]["recover"].clone();
        assert!(recover.is_object(), "{reply}");
        User {
            ws,
            topic: topic.to_owned(),
            position: recover["position"].clone(),
            recover,
        }
    }

    /// Asserts the outcome of its join.
    pub(crate) fn recovered(&self, missed: u64) {
        let Value::Object(mut recover) = self.recover.clone() else {
            panic!("an object")
        };
        recover.remove("position");
        let expected = json!({"recovered": true, "missed": missed});
        assert_eq!(Value::Object(recover), expected);
    }

    pub(crate) fn lost(&self) {
        assert_eq!(self.recover["recovered"], false, "{}", self.recover);
    }

    /// Returns the next message.
    pub(crate) async fn next(&mut self) -> Value {
        let Frame::Text(text) = self.ws.next().await else {
            panic!("a message")
        };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(message[2], *self.topic);
        if message[3] != "phx_error" {
            assert!(message[1].is_string(), "it has a position: {message}");
            self.position = message[1].clone();
        }
        message
    }

    /// Asserts the next messages, which have rising positions.
    pub(crate) async fn hear(&mut self, event: &str, numbers: impl IntoIterator<Item = u64>) {
        for n in numbers {
            let before = number(&self.position);
            let message = self.next().await;
            assert_eq!(
                (&message[3], &message[4]),
                (&json!(event), &json!({ "n": n }))
            );
            assert!(number(&self.position) > before, "{message}");
        }
    }
}

/// Returns the number of a position, 0 for none.
fn number(position: &Value) -> u64 {
    let number = position.as_str().and_then(|it| it.split('.').nth(1));
    number.map_or(0, |number| number.parse().expect("a number"))
}
