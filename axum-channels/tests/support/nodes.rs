use super::{Hub, TIMEOUT, serve};
use axum_channels::cluster::{Nats, Redis};
use axum_channels::testing::App;
use axum_channels::{Endpoint, EndpointBuilder};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::timeout;

/// Makes two tests of each function that takes a number of nodes: with one, and with two whose clients reach each other by
/// an adapter.
macro_rules! on_one_node_and_on_two {
    ($($name:ident,)+) => {
        on_one_node_and_on_two! { #[tokio::test] $($name,)+ }
    };
    (#[$test:meta] $($name:ident,)+) => {
        mod one_node {
            on_one_node_and_on_two! { @1 #[$test] $($name,)+ }
        }

        mod two_nodes {
            on_one_node_and_on_two! { @2 #[$test] $($name,)+ }
        }
    };
    (@$count:literal #[$test:meta] $name:ident, $($names:ident,)*) => {
        #[$test]
        async fn $name() {
            super::$name($count).await;
        }

        on_one_node_and_on_two! { @$count #[$test] $($names,)* }
    };
    (@$count:literal #[$test:meta]) => {};
}

/// The nodes of an app: clients, tasks and publishers are on them in turn.
pub(crate) struct Nodes {
    endpoints: Vec<Endpoint>,
    turns: AtomicUsize,
}

/// URL of an engine that several nodes use in place of the one in memory.
const ENGINE: &str = "AXUM_CHANNELS_TEST_ENGINE";

/// Number of things that have a name of their own, in the engine or as a topic.
static NAMES: AtomicUsize = AtomicUsize::new(0);

fn name() -> String {
    let number = NAMES.fetch_add(1, Relaxed);
    format!("test-{}-{number}", std::process::id())
}

impl Nodes {
    pub(crate) fn new(count: usize, builder: impl Fn() -> EndpointBuilder) -> Nodes {
        let (hub, name) = (Hub::new(), name());
        let node = |_| match std::env::var(ENGINE) {
            _ if count == 1 => builder().build(),
            Ok(url) if url.starts_with("redis") => {
                let redis = Redis::new(url).expect("a URL");
                builder().pubsub(redis.prefix(&name)).build()
            }
            Ok(url) => {
                let nats = Nats::new(url).expect("a URL");
                builder().pubsub(nats.prefix(&name)).build()
            }
            Err(_) => builder().pubsub(hub.adapter()).build(),
        };
        Nodes {
            endpoints: (0..count).map(node).collect(),
            turns: AtomicUsize::new(0),
        }
    }

    /// Returns the node whose turn it is.
    pub(crate) fn next(&self) -> &Endpoint {
        let turn = self.turns.fetch_add(1, Relaxed);
        &self.endpoints[turn % self.endpoints.len()]
    }

    /// Returns the node that had the first turn.
    pub(crate) fn first(&self) -> &Endpoint {
        &self.endpoints[0]
    }

    /// Returns the node that has its turn after all others: another one than the first, if there is one.
    pub(crate) fn last(&self) -> &Endpoint {
        &self.endpoints[self.endpoints.len() - 1]
    }

    pub(crate) fn all(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Serves all nodes. Returns a function for the address of the one whose turn it is.
    pub(crate) async fn serve(&self) -> impl Fn() -> SocketAddr {
        let mut addrs = Vec::new();
        for endpoint in &self.endpoints {
            addrs.push(serve(endpoint).await);
        }
        let turns = AtomicUsize::new(0);
        move || addrs[turns.fetch_add(1, Relaxed) % addrs.len()]
    }

    pub(crate) fn connections(&self) -> usize {
        let endpoints = self.endpoints.iter();
        endpoints.map(|it| it.stats().connections).sum()
    }

    pub(crate) fn subscriptions(&self) -> usize {
        let endpoints = self.endpoints.iter();
        endpoints.map(|it| it.stats().subscriptions).sum()
    }

    /// Returns whether nobody is connected or subscribed.
    pub(crate) fn are_idle(&self) -> bool {
        self.endpoints.iter().all(|endpoint| {
            let mut stats = endpoint.stats();
            stats.cluster = Default::default();
            stats == Default::default()
        })
    }

    /// Waits until everything that was published before has arrived on all nodes, and what they subscribed to before is
    /// confirmed: a connection to an engine carries both in order.
    pub(crate) async fn settled(&self) {
        for from in &self.endpoints {
            for to in &self.endpoints {
                let settling = self.settled_between(from, to);
                timeout(TIMEOUT, settling).await.expect("it arrives");
            }
        }
    }

    async fn settled_between(&self, from: &Endpoint, to: &Endpoint) {
        let topic = name();
        let mut events = to.subscribe(&topic);
        loop {
            from.broadcast(&topic, "settled", json!({})); // again, until the engine has the subscription
            if timeout(Duration::from_millis(10), events.recv())
                .await
                .is_ok()
            {
                return;
            }
        }
    }
}

/// The node whose turn it is.
impl From<&Nodes> for App {
    fn from(nodes: &Nodes) -> App {
        nodes.next().into()
    }
}
