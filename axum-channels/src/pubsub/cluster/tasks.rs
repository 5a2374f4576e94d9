//! Tasks of a node: that of its adapter, and those of topics whose subscription changes.

use super::interests::Step;
use super::{Cluster, Inbound, Message, Node, Stored};
use crate::error::Result;
use crate::log;
use crate::message::Topic;
use crate::pubsub::History;
use crate::task::{AbortOnDrop, with_timeout};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Time for which a topic without subscribers stays subscribed to in the engine.
const LINGER: Duration = Duration::from_secs(1);

/// Maximum duration of a call of the adapter.
const LIMIT: Duration = Duration::from_secs(5);

/// Maximum number of topics that are subscribed to at the same time. Of a hundred thousand calls at once, the last would have
/// no answer in time, and an engine that is only busy would seem to be away.
pub(super) const SUBSCRIBING: usize = 256;

/// Pause after the first failed subscription. It doubles with each, up to [`MAX_RETRY`].
const RETRY: Duration = Duration::from_secs(1);
const MAX_RETRY: Duration = Duration::from_secs(32);

/// Number of topics whose presences are loaded at the same time.
const AT_ONCE: usize = 64;

/// Pause before the adapter is run again.
const PAUSE: Duration = Duration::from_secs(1);

impl Cluster {
    /// Runs the adapter for an endpoint, until the returned value is dropped.
    pub(crate) fn run(self: &Arc<Self>, endpoint: Weak<dyn Inbound>) -> AbortOnDrop {
        let _ = self.inbound.set(endpoint); // it is run once
        AbortOnDrop(self.runtime.spawn(run(self.clone())).abort_handle())
    }

    /// Starts the task of a topic.
    pub(super) fn start_task(self: &Arc<Self>, topic: &Topic) {
        self.runtime.spawn(work(self.clone(), topic.clone()));
    }

    /// Subscribes to a topic when fewer than [`SUBSCRIBING`] others are under way.
    async fn subscribe_in_turn(self: &Arc<Self>, topic: &Topic) -> Result<()> {
        let _turn = with_timeout(LIMIT, self.subscribing.acquire()).await??;
        limited(Box::pin(self.subscribe(topic))).await // on the heap, or tasks that wait for their turn have room for it
    }

    /// Subscribes to a topic, and loads the presences of other nodes.
    async fn subscribe(self: &Arc<Self>, topic: &Topic) -> Result<()> {
        self.adapter.subscribe(topic).await?;
        let inbound = self.inbound(); // earlier broadcasts did not arrive
        if let Some(limits) = inbound.and_then(|inbound| inbound.forget_history(topic)) {
            self.load_history(topic, limits).await?;
        }
        self.load_presences(topic).await
    }

    /// Starts a task that loads the history of a topic, whose broadcasts are held already.
    pub(in crate::pubsub) fn start_load(self: &Arc<Self>, topic: &Topic, limits: History) {
        let (cluster, topic) = (self.clone(), topic.clone());
        self.runtime.spawn(async move {
            let loading = Loading::new(&cluster, &topic);
            if let Err(error) = loading.run(limits).await {
                log::history_not_loaded(&topic, &error);
            }
        });
    }

    /// Brings the history of a topic up to date with that of the engine.
    async fn load_history(&self, topic: &Topic, limits: History) -> Result<()> {
        if let Some(inbound) = self.inbound() {
            inbound.begin_load(topic);
        }
        Loading::new(self, topic).run(limits).await
    }

    /// Loads the presences of other nodes on a topic. Those known before that are not among them have ended.
    async fn load_presences(self: &Arc<Self>, topic: &Topic) -> Result<()> {
        let inbound = self.inbound();
        let mut known = inbound.map_or_else(Vec::new, |inbound| inbound.known_presences(topic));
        let node = Node::new(self.clone());
        for message in self.adapter.presences(topic).await? {
            if let Some(of) = Message::node_of(&message) {
                known.retain(|known| known.node != of);
            }
            node.receive(&message);
        }
        if let Some(inbound) = self.inbound() {
            inbound.end_presences(topic, &known);
        }
        Ok(())
    }

    /// Loads the presences of other nodes on all topics, and histories, some at a time. Histories of the node itself begin
    /// anew.
    pub(super) async fn resync(self: &Arc<Self>) -> Result<()> {
        let histories = self.resync_histories().await;
        for topics in self.interests.held().chunks(AT_ONCE) {
            let mut loads = JoinSet::new();
            for topic in topics {
                let (cluster, topic) = (self.clone(), topic.clone());
                loads.spawn(async move { cluster.load_presences(&topic).await });
            }
            while let Some(loaded) = loads.join_next().await {
                loaded??;
            }
        }
        histories
    }

    async fn resync_histories(self: &Arc<Self>) -> Result<()> {
        let Some(inbound) = self.inbound() else {
            return Ok(());
        };
        for histories in inbound.histories().chunks(AT_ONCE) {
            let mut loads = JoinSet::new();
            for (topic, limits) in histories {
                let Some(limits) = *limits else {
                    inbound.forget_history(topic);
                    continue;
                };
                let (cluster, topic) = (self.clone(), topic.clone());
                loads.spawn(async move { cluster.load_history(&topic, limits).await });
            }
            while let Some(loaded) = loads.join_next().await {
                loaded??;
            }
        }
        Ok(())
    }

    /// Waits for another connection than the last of so many, or until a retry is due. It may have come already.
    async fn next_connection(&self, connections: u64, retry: Duration) {
        let connected = self.connected.notified(); // before the look, or one in between would be missed
        if self.counters.connections() == connections {
            let _ = timeout(retry, connected).await; // whichever is first
        }
    }

    /// Unsubscribes from a topic. Changes of its presences on other nodes do not arrive any more.
    async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        let unsubscribed = self.adapter.unsubscribe(topic).await;
        if let Some(inbound) = self.inbound() {
            inbound.forget_presences(topic);
        }
        unsubscribed
    }
}

/// A load of a topic's history, which ends when this is dropped: without a result, it has failed.
struct Loading<'a> {
    cluster: &'a Cluster,
    topic: &'a Topic,
    stored: Option<Stored>,
}

impl<'a> Loading<'a> {
    fn new(cluster: &'a Cluster, topic: &'a Topic) -> Self {
        Loading {
            cluster,
            topic,
            stored: None,
        }
    }

    async fn run(mut self, limits: History) -> Result<()> {
        let history = self.cluster.adapter.history(self.topic, limits);
        self.stored = Some(with_timeout(LIMIT, history).await??);
        Ok(())
    }
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        if let Some(inbound) = self.cluster.inbound() {
            inbound.load_history(self.topic, self.stored.take());
        }
    }
}

async fn run(cluster: Arc<Cluster>) {
    loop {
        let ended = cluster.adapter.run(Node::new(cluster.clone())).await;
        log::adapter_stopped(ended.err().as_ref());
        sleep(PAUSE).await;
    }
}

/// The task of a topic.
async fn work(cluster: Arc<Cluster>, topic: Topic) {
    let mut failures = 0_u32;
    loop {
        match cluster.interests.next(&topic) {
            Step::End => return,
            Step::Subscribe { losses } => {
                let connections = cluster.counters.connections();
                let subscribed = cluster.subscribe_in_turn(&topic).await;
                cluster.interests.settle(&topic, losses, subscribed.is_ok());
                if let Err(error) = subscribed {
                    log::not_subscribed(&topic, &error);
                    let retry = MAX_RETRY.min(RETRY * 2_u32.saturating_pow(failures));
                    cluster.next_connection(connections, retry).await;
                    failures = failures.saturating_add(1);
                }
            }
            Step::Unsubscribe { departures } => {
                sleep(LINGER).await;
                if cluster.interests.abandon(&topic, departures)
                    && let Err(error) = limited(Box::pin(cluster.unsubscribe(&topic))).await
                {
                    log::not_unsubscribed(&topic, &error);
                }
            }
        }
    }
}

async fn limited(call: impl Future<Output = Result<()>>) -> Result<()> {
    with_timeout(LIMIT, call).await?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::pubsub::cluster::Adapter;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use tokio::runtime::Handle;

    struct NoEngine;

    impl Adapter for NoEngine {
        async fn run(&self, _: Node) -> Result<()> {
            Ok(())
        }

        async fn subscribe(&self, _: &Topic) -> Result<()> {
            Ok(())
        }

        async fn unsubscribe(&self, _: &Topic) -> Result<()> {
            Ok(())
        }

        fn publish(&self, _: &Message<'_>) -> Result<()> {
            Ok(())
        }
    }

    /// A node that connects again has one for each of its topics at the same time.
    #[tokio::test]
    async fn the_task_of_a_topic_that_waits_for_its_turn_takes_half_a_kilobyte() {
        let cluster = Cluster::new(Box::new(NoEngine), Handle::current());
        let bytes = size_of_val(&work(cluster, "room:1".into()));
        assert!(bytes <= 512, "{bytes}");
    }

    /// An engine that comes back while the first subscription fails.
    struct Returning(Arc<OnceLock<Node>>, AtomicBool);

    impl Adapter for Returning {
        async fn run(&self, _: Node) -> Result<()> {
            Ok(())
        }

        async fn subscribe(&self, _: &Topic) -> Result<()> {
            match self.0.get() {
                Some(node) if !self.1.swap(true, Relaxed) => {
                    node.set_connected(true);
                    Err(Error::msg("the connection was closed"))
                }
                _ => Ok(()),
            }
        }

        async fn unsubscribe(&self, _: &Topic) -> Result<()> {
            Ok(())
        }

        fn publish(&self, _: &Message<'_>) -> Result<()> {
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_subscription_that_fails_while_the_engine_comes_back_is_tried_again_at_once() {
        let node = Arc::new(OnceLock::new());
        let cluster = Cluster::new(
            Box::new(Returning(node.clone(), AtomicBool::new(false))),
            Handle::current(),
        );
        let _ = node.set(Node::new(cluster.clone()));
        cluster.acquire(&"room:1".into());
        sleep(Duration::from_millis(1)).await;
        assert_eq!(cluster.stats().topics, 1);
    }
}
