use super::{Known, Malformed, NodeId, Peer, Place, Stored};
use crate::message::{Payload, Topic};
use crate::pubsub::{History, SubscriberId};
use std::sync::Arc;

/// The endpoint of a node, as messages of other nodes reach it.
pub(crate) trait Inbound: Send + Sync {
    /// Passes a broadcast to the subscribers on this node, except to `from`.
    fn broadcast(&self, topic: &str, event: &str, payload: &Payload, from: Option<SubscriberId>);

    /// Passes a broadcast that the engine keeps to the subscribers on this node.
    fn stored(&self, message: &StoredMessage<'_>);

    /// Returns the limits of a topic's history in the engine.
    fn history_limits(&self, topic: &str) -> Option<History>;

    /// Returns the topics that have a history on this node. It has limits if it is that of the engine.
    fn histories(&self) -> Vec<(Topic, Option<History>)>;

    /// Drops the history of a topic, of which broadcasts may have been lost. That of an engine is loaded instead: returns its
    /// limits.
    fn forget_history(&self, topic: &str) -> Option<History>;

    /// Holds a topic's broadcasts back until [`load_history`](Self::load_history).
    fn begin_load(&self, topic: &str);

    /// Brings the history of a topic up to date with that of the engine, if it was reached.
    fn load_history(&self, topic: &str, stored: Option<Stored>);

    /// Merges a change of another node's presences, if this node is subscribed to the topic.
    fn merge_presences(
        self: Arc<Self>,
        node: NodeId,
        topic: &str,
        change: &[u8],
    ) -> Result<(), Malformed>;

    /// Returns the other nodes whose presences are known.
    fn peers(&self) -> Vec<Peer>;

    /// Drops the presences of another node, which is gone.
    fn remove_presences(self: Arc<Self>, peer: Peer);

    /// Returns the known presences of other nodes on a topic.
    fn known_presences(&self, topic: &str) -> Vec<Known>;

    /// Ends presences of other nodes on a topic, which a list did not contain.
    fn end_presences(self: Arc<Self>, topic: &Topic, known: &[Known]);

    /// Sends the presences of this node again, after other nodes may have dropped them.
    fn restore_presences(&self);

    /// Drops the presences of other nodes on a topic, whose changes do not arrive any more.
    fn forget_presences(&self, topic: &Topic);

    /// Returns whether this node has presences on a topic.
    fn has_presences(&self, topic: &str) -> bool;

    /// Returns the presences of this node on a topic. There may be none.
    fn presences(&self, topic: &str) -> Option<Vec<u8>>;

    /// Returns the same in parts of at most `max_bytes`, and the number of presences that are larger and left out.
    #[cfg(any(feature = "nats", feature = "redis"))]
    fn presence_parts(&self, topic: &str, max_bytes: usize) -> (Vec<Vec<u8>>, u64);
}

/// A broadcast that the engine keeps.
#[derive(Clone, Copy)]
pub(crate) struct StoredMessage<'a> {
    pub(crate) place: Place,
    pub(crate) topic: &'a str,
    pub(crate) event: &'a str,
    pub(crate) payload: &'a Payload,
    /// Subscriber of this node that does not receive it.
    pub(crate) from: Option<SubscriberId>,
    /// Id of the client that has sent it, if it is excluded.
    pub(crate) id: Option<&'a str>,
}
