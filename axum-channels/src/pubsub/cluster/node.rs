use super::bundle;
use super::message::{LARGER, MAX_BYTES};
use super::{Body, Cluster, Kept, Malformed, Message, NodeId, Origin, Peer, Place, StoredMessage};
use crate::error::Result;
use crate::log;
use crate::message::{Payload, Topic};
use crate::pubsub::History;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;

/// Handle of an [`Adapter`](super::Adapter) to its node, to which it passes messages of other nodes.
///
/// Clones are the same node. Once the endpoint is dropped, the methods do nothing.
///
/// ```
/// use axum_channels::cluster::Node;
/// use tokio::sync::mpsc::Receiver;
///
/// async fn pass_on(node: Node, mut received: Receiver<Vec<u8>>) {
///     while let Some(message) = received.recv().await {
///         node.receive(&message);
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Node {
    cluster: Arc<Cluster>,
}

impl Node {
    pub(super) fn new(cluster: Arc<Cluster>) -> Self {
        Node { cluster }
    }

    /// Returns the id of this node.
    ///
    /// ```
    /// # use axum_channels::cluster::Node;
    /// fn lease(node: &Node) -> String {
    ///     format!("my_app:nodes:{}", node.id())
    /// }
    /// ```
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.cluster.id
    }

    /// Passes a message of another node on, [encoded](Message::encode), as the engine delivered it.
    ///
    /// The node's own messages are ignored. A message that cannot be decoded is counted and logged: nothing about it is
    /// trusted.
    ///
    /// ```
    /// # use axum_channels::cluster::Node;
    /// fn on_message(node: &Node, message: &[u8]) {
    ///     node.receive(message);
    /// }
    /// ```
    pub fn receive(&self, message: &[u8]) {
        let Some(messages) = bundle::unpack(message) else {
            return self.receive_one(message);
        };
        if message.len() > MAX_BYTES {
            return self.malformed(LARGER, message.len());
        }
        for unpacked in messages {
            match unpacked {
                Ok(one) => self.receive_one(one),
                Err(malformed) => self.malformed(malformed, message.len()),
            }
        }
    }

    fn receive_one(&self, message: &[u8]) {
        if Message::node_of(message) == Some(self.id()) && Message::place_of(message).is_none() {
            return;
        }
        let received = Message::decode(message).and_then(|message| self.pass_on(&message));
        if let Err(malformed) = received {
            self.malformed(malformed, message.len());
        }
    }

    /// Passes a broadcast that the engine keeps on, whichever node has published it: see
    /// [`Adapter::has_histories`](super::Adapter::has_histories).
    ///
    /// Those of one topic are passed in the order of their numbers.
    ///
    /// ```
    /// # use axum_channels::cluster::{Node, Place};
    /// fn on_message(node: &Node, epoch: u64, number: u64, message: &[u8]) {
    ///     node.receive_stored(Place { epoch, number, previous: number - 1 }, message);
    /// }
    /// ```
    pub fn receive_stored(&self, place: Place, message: &[u8]) {
        self.receive_stored_of(place, message, |_| true);
    }

    /// Passes it on without its place, if it is of another history of its topic than the one with this node's limits.
    pub(crate) fn receive_stored_of(
        &self,
        place: Place,
        message: &[u8],
        is_own: impl FnOnce(History) -> bool,
    ) {
        let received = Message::decode(message).and_then(|mut message| {
            let from = message.kept.map_or("", |kept| kept.from);
            let inbound = self.cluster.inbound();
            let limits = inbound.and_then(|inbound| inbound.history_limits(message.topic));
            message.kept = limits.is_none_or(is_own).then_some(Kept {
                limits: None,
                from,
                place: Some(place),
            });
            self.pass_on(&message)
        });
        if let Err(malformed) = received {
            self.malformed(malformed, message.len());
        }
    }

    /// Counts and logs a message that cannot be decoded.
    pub(crate) fn malformed(&self, Malformed(reason): Malformed, bytes: usize) {
        self.cluster.counters.malformed();
        log::malformed(reason, bytes);
    }

    /// Returns whether messages on a topic concern this node.
    #[cfg(feature = "redis")]
    pub(crate) fn has(&self, topic: &str) -> bool {
        self.cluster.has(topic)
    }

    fn pass_on(&self, message: &Message<'_>) -> Result<(), Malformed> {
        let Some(inbound) = self.cluster.inbound() else {
            return Ok(());
        };
        match &message.body {
            Body::Broadcast {
                event,
                payload,
                from,
            } => {
                let from = from.filter(|from| from.node == Some(self.id()));
                let from = from.map(|Origin { subscriber, .. }| subscriber);
                match message.kept {
                    Some(Kept {
                        place: Some(place),
                        from: id,
                        ..
                    }) => inbound.stored(&StoredMessage {
                        place,
                        topic: message.topic,
                        event,
                        payload,
                        from,
                        id: (!id.is_empty()).then_some(id),
                    }),
                    _ => inbound.broadcast(message.topic, event, payload, from),
                }
            }
            Body::Presences(change) => {
                inbound.merge_presences(message.node, message.topic, change)?;
            }
        }
        self.cluster.counters.received();
        Ok(())
    }

    /// Passes a broadcast to the subscribers on this node alone.
    ///
    /// It is for messages in a format of another system's. Other messages are passed to [`receive`](Self::receive).
    ///
    /// ```
    /// # use axum_channels::cluster::Node;
    /// fn on_order(node: &Node, order: &str) {
    ///     node.broadcast("kitchen", "order", &serde_json::json!({"dish": order}).into());
    /// }
    /// ```
    pub fn broadcast(&self, topic: &str, event: &str, payload: &Payload) {
        if let Some(inbound) = self.cluster.inbound() {
            inbound.broadcast(topic, event, payload, None);
            self.cluster.counters.received();
        }
    }

    /// Returns the topics that have subscribers on this node, for an adapter that has to subscribe again.
    ///
    /// ```
    /// # use axum_channels::cluster::{Adapter, Node};
    /// async fn subscribe_again(adapter: &impl Adapter, node: &Node) -> axum_channels::Result<()> {
    ///     for topic in node.topics() {
    ///         adapter.subscribe(&topic).await?;
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn topics(&self) -> Vec<Topic> {
        self.cluster.interests.held()
    }

    /// Counts messages that were lost after [`publish`](super::Adapter::publish) had taken them, and logs `reason`.
    ///
    /// ```
    /// # use axum_channels::cluster::Node;
    /// fn on_overflow(node: &Node, dropped: u64) {
    ///     node.lost(dropped, "the engine is slow, and the queue was full");
    /// }
    /// ```
    pub fn lost(&self, messages: u64, reason: &str) {
        self.cluster.counters.lost(messages);
        log::messages_lost(messages, reason);
    }

    /// Returns the presences of this node on a topic, as an encoded message for nodes that subscribe later: see
    /// [`Adapter::presences`](super::Adapter::presences). `None` if there are none.
    ///
    /// ```
    /// # use axum_channels::cluster::Node;
    /// fn store(node: &Node, topic: &str, engine: &mut Vec<(String, bytes::Bytes)>) {
    ///     engine.extend(node.presences(topic).map(|presences| (topic.to_owned(), presences)));
    /// }
    /// ```
    #[must_use]
    pub fn presences(&self, topic: &str) -> Option<Bytes> {
        self.has_presences(topic)
            .then(|| self.presence_list(topic))?
    }

    /// Returns whether this node has presences on a topic.
    ///
    /// ```
    /// # use axum_channels::cluster::Node;
    /// fn is_over(node: &Node, topic: &str) -> bool {
    ///     !node.has_presences(topic)
    /// }
    /// ```
    #[must_use]
    pub fn has_presences(&self, topic: &str) -> bool {
        let inbound = self.cluster.inbound();
        inbound.is_some_and(|inbound| inbound.has_presences(topic))
    }

    /// Returns the presences of this node on a topic, as [`presences`](Self::presences) does; if there are none, a message
    /// that all have ended, for nodes that may have missed the last changes.
    ///
    /// `None` once the endpoint is dropped, or if the list is larger than a message may be, which is logged.
    ///
    /// ```
    /// # use axum_channels::cluster::Node;
    /// fn send_again(node: &Node, topic: &str, engine: &mut Vec<(String, bytes::Bytes)>) {
    ///     engine.extend(node.presence_list(topic).map(|list| (topic.to_owned(), list)));
    /// }
    /// ```
    #[must_use]
    pub fn presence_list(&self, topic: &str) -> Option<Bytes> {
        let change = self.cluster.inbound()?.presences(topic)?;
        let message = Message {
            node: self.id(),
            topic,
            body: Body::Presences(&change),
            kept: None,
        };
        if let Err(error) = message.check_size() {
            log::not_published(topic, &error.into());
            return None;
        }
        Some(message.encode())
    }

    /// Returns the same as [`presence_list`](Self::presence_list) in messages of at most `max_bytes`, which are merged in any
    /// order. A presence that is larger is left out, counted as lost, and logged: it stays on this node.
    #[cfg(any(feature = "nats", feature = "redis"))]
    pub(crate) fn presence_parts(&self, topic: &str, max_bytes: usize) -> Vec<Bytes> {
        let Some(inbound) = self.cluster.inbound() else {
            return Vec::new();
        };
        let room = max_bytes.saturating_sub(Message::overhead(topic));
        let (parts, left_out) = inbound.presence_parts(topic, room);
        if left_out > 0 {
            self.lost(left_out, "a presence is larger than a message may be");
        }
        let message = |change: Vec<u8>| {
            let message = Message {
                node: self.id(),
                topic,
                body: Body::Presences(&change),
                kept: None,
            };
            message.encode()
        };
        parts.into_iter().map(message).collect()
    }

    /// Returns the other nodes that have presences on the topics of this node.
    ///
    /// ```
    /// # use axum_channels::cluster::{Node, Peer};
    /// fn without_lease(node: &Node, is_alive: impl Fn(Peer) -> bool) -> Vec<Peer> {
    ///     node.peers().into_iter().filter(|peer| !is_alive(*peer)).collect()
    /// }
    /// ```
    pub fn peers(&self) -> Vec<Peer> {
        let inbound = self.cluster.inbound();
        inbound.map_or_else(Vec::new, |inbound| inbound.peers())
    }

    /// Drops the presences of another node, which is gone: its clients leave at once.
    ///
    /// Messages that it has sent before are ignored from then on. If it was only slow, it calls
    /// [`restore`](Self::restore): what it sends after that is not ignored, even if it arrives before this call.
    ///
    /// ```
    /// # use axum_channels::cluster::{Node, Peer};
    /// fn on_expired_leases(node: &Node, expired: &[Peer]) {
    ///     for peer in expired {
    ///         node.remove(*peer);
    ///     }
    /// }
    /// ```
    pub fn remove(&self, peer: Peer) {
        if let Some(inbound) = self.cluster.inbound() {
            inbound.remove_presences(peer);
        }
    }

    /// Drops the presences of a node that leaves, whose id is the message.
    #[cfg(any(feature = "nats", feature = "redis"))]
    pub(crate) fn remove_by_id(&self, message: &[u8]) {
        let id = std::str::from_utf8(message).ok();
        let id: Option<NodeId> = id.and_then(|id| id.parse().ok());
        let mut peers = self.peers().into_iter();
        if let Some(peer) = peers.find(|peer| Some(peer.id()) == id) {
            self.remove(peer);
        }
    }

    /// Loads the presences of other nodes again, by [`Adapter::presences`](super::Adapter::presences) of each topic, after
    /// messages may have been lost, and the [histories](crate::History) by [`Adapter::history`](super::Adapter::history):
    /// broadcasts that were missed are delivered, or their clients learn that some are lost. The node's own histories, for an
    /// adapter without them, begin anew.
    ///
    /// An adapter calls it after a reconnect, once it has subscribed to its topics again.
    ///
    /// # Errors
    /// Those of [`Adapter::presences`](super::Adapter::presences). Other topics may have been loaded by then.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::cluster::Node;
    /// async fn on_reconnect(node: &Node) -> axum_channels::Result<()> {
    ///     node.set_connected(true);
    ///     node.resync().await
    /// }
    /// ```
    pub async fn resync(&self) -> Result<()> {
        self.cluster.resync().await
    }

    /// Records whether the engine can be reached, for [`Stats`](super::Stats). A connection after another one is counted
    /// as a reconnect.
    ///
    /// Subscriptions that have failed are tried again at once when it can.
    ///
    /// ```
    /// # use axum_channels::cluster::Node;
    /// fn on_lost_connection(node: &Node) {
    ///     node.set_connected(false);
    /// }
    /// ```
    pub fn set_connected(&self, is_connected: bool) {
        self.cluster.counters.set_connected(is_connected);
        if is_connected {
            self.cluster.connected.notify_waiters();
        }
    }

    /// Records that the engine has ended the subscription to a topic. It is subscribed to again, if it is still needed.
    #[cfg(feature = "redis")]
    pub(crate) fn unsubscribed(&self, topic: &str) {
        self.cluster.unsubscribed(&topic.into());
    }

    /// Records whether the engine refuses to keep something, for [`Stats`](super::Stats).
    #[cfg(any(feature = "nats", feature = "redis"))]
    pub(crate) fn set_refusing(&self, is_refusing: bool) {
        self.cluster.counters.set_refusing(is_refusing);
    }

    /// Sends all presences of this node to the others, which may have [removed](Self::remove) it.
    ///
    /// ```
    /// # use axum_channels::cluster::Node;
    /// fn on_lost_lease(node: &Node) {
    ///     node.restore();
    /// }
    /// ```
    pub fn restore(&self) {
        if let Some(inbound) = self.cluster.inbound() {
            inbound.restore_presences();
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Node").field(&self.id()).finish()
    }
}
