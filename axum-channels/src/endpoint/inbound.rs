use super::{Endpoint, Shared};
use crate::message::{Payload, PresenceDiff, Topic};
use crate::pubsub::cluster::{Inbound, Known, Malformed, NodeId, Peer, Stored, StoredMessage};
use crate::pubsub::{History, Publisher, SubscriberId};
use crate::sync::lock;
use std::sync::Arc;

/// Messages of other nodes.
///
/// Changes of presences are merged and sent to clients one after the other: a client that received the leave of a
/// presence before its join would keep it.
impl Inbound for Shared {
    fn broadcast(&self, topic: &str, event: &str, payload: &Payload, from: Option<SubscriberId>) {
        let from = from.map(Publisher::from);
        let _ = self.pubsub.deliver(topic, event, payload, from); // an error is logged
    }

    fn stored(&self, message: &StoredMessage<'_>) {
        self.pubsub.deliver_stored(message);
    }

    fn history_limits(&self, topic: &str) -> Option<History> {
        self.pubsub.limits_in_engine(topic)
    }

    fn histories(&self) -> Vec<(Topic, Option<History>)> {
        self.pubsub.topic_histories()
    }

    fn forget_history(&self, topic: &str) -> Option<History> {
        self.pubsub.forget_history(topic)
    }

    fn begin_load(&self, topic: &str) {
        self.pubsub.begin_load(topic);
    }

    fn load_history(&self, topic: &str, stored: Option<Stored>) {
        self.pubsub.load_history(topic, stored);
    }

    fn merge_presences(
        self: Arc<Self>,
        node: NodeId,
        topic: &str,
        change: &[u8],
    ) -> Result<(), Malformed> {
        let _merging = lock(&self.merging);
        let is_subscribed = self.pubsub.cluster().is_some_and(|it| it.has(topic));
        if is_subscribed {
            let diff = self.tracker.merge(node, topic, change)?;
            Endpoint::without_sockets(&self).publish_if_any(&topic.into(), diff);
        }
        Ok(())
    }

    fn peers(&self) -> Vec<Peer> {
        self.tracker.peers()
    }

    fn remove_presences(self: Arc<Self>, peer: Peer) {
        let _merging = lock(&self.merging);
        for (topic, diff) in self.tracker.remove(peer) {
            Endpoint::without_sockets(&self).publish_if_any(&topic, diff);
        }
    }

    fn known_presences(&self, topic: &str) -> Vec<Known> {
        self.tracker.known(topic)
    }

    fn end_presences(self: Arc<Self>, topic: &Topic, known: &[Known]) {
        let _merging = lock(&self.merging);
        for known in known {
            let diff = self.tracker.end(topic, known);
            Endpoint::without_sockets(&self).publish_if_any(topic, diff);
        }
    }

    fn restore_presences(&self) {
        self.tracker.restore();
    }

    fn forget_presences(&self, topic: &Topic) {
        let _merging = lock(&self.merging);
        self.tracker.forget(topic);
    }

    fn has_presences(&self, topic: &str) -> bool {
        self.tracker.has(topic)
    }

    fn presences(&self, topic: &str) -> Option<Vec<u8>> {
        self.tracker.state(topic)
    }

    #[cfg(any(feature = "nats", feature = "redis"))]
    fn presence_parts(&self, topic: &str, max_bytes: usize) -> (Vec<Vec<u8>>, u64) {
        self.tracker.parts(topic, max_bytes)
    }
}

impl Endpoint {
    /// Returns an endpoint for callbacks of the app, with the topics, presences and connections of all sockets.
    fn without_sockets(shared: &Arc<Shared>) -> Self {
        Endpoint::new(shared.clone(), Vec::new())
    }

    fn publish_if_any(&self, topic: &Topic, diff: PresenceDiff) {
        if diff != PresenceDiff::default() {
            self.publish_presence(topic, diff);
        }
    }
}
