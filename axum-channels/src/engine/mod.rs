//! The part of an adapter that is the same for each engine with presences: queue, reconnects, subscriptions, leases.
//!
//! - [`Engine`] and [`Connection`]: what differs between engines.
//! - [`Core`]: the calls of the node.
//! - `session`: one connection, from its start to its failure.
//! - `link`: the current connection, and the topics that it is subscribed to.
//! - `outbox`: messages that wait for it. `bundles`: those of a topic as one. `window`: those that it has not confirmed.
//! - `refused`: answers that concern a call, and not the connection.
//! - `journal`: this node's presences in the engine. `missing`: nodes that may be gone.

mod backoff;
mod bundles;
mod core;
mod in_flight;
mod journal;
mod link;
mod missing;
mod outbox;
mod refused;
mod session;
mod window;

pub(crate) use self::core::Core;
pub(crate) use journal::Field;
pub(crate) use refused::{Part, Refusals, Refused};
pub(crate) use session::Ended;

use crate::error::{Error, Result};
use crate::message::Topic;
use crate::pubsub::History;
use crate::pubsub::cluster::{Message, Node, NodeId, Stored};
use bytes::Bytes;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::time::Duration;

/// Maximum duration of a connection attempt, and of an answer.
pub(crate) const LIMIT: Duration = Duration::from_secs(3);

/// An engine that carries messages between nodes, and keeps their presences.
pub(crate) trait Engine: Send + Sync + 'static {
    type Connection: Connection;

    /// Name, for errors.
    const NAME: &'static str;

    /// Returns the address without a password, for the log.
    fn addr(&self) -> String;

    /// Connects, and passes what arrives to the node from then on. No topic is subscribed to yet.
    fn connect(
        &self,
        node: &Node,
        lease: Duration,
        ended: Ended,
    ) -> impl Future<Output = Result<Self::Connection>> + Send;

    /// Returns a message as it is sent. `None` if the format has no message of its kind.
    fn encode(&self, message: &Message<'_>) -> Option<Bytes>;

    /// Returns the function that packs several messages of a topic, if the format has bundles.
    fn pack(&self) -> Option<Pack>;

    /// Returns the maximum number of bytes of an encoded message.
    fn max_bytes(&self) -> usize;

    /// Returns whether the format has presences, with leases for them, and histories.
    fn has_presences(&self) -> bool;
}

/// Packs encoded messages of one topic, in their order, as one that a node [receives](Node::receive) as all of them.
pub(crate) type Pack = fn(&[Bytes]) -> Bytes;

/// A connection to an engine. Each method returns once the engine has confirmed it, and fails if it does not.
pub(crate) trait Connection: Clone + Send + Sync + 'static {
    fn subscribe(&self, topics: &[Topic]) -> impl Future<Output = Result<()>> + Send;

    fn unsubscribe(&self, topic: &Topic) -> impl Future<Output = Result<()>> + Send;

    /// Carries out writes. A message is in the journal before it is published, and fields are deleted last.
    ///
    /// Writes that the engine refuses are no error.
    fn write(&self, writes: Vec<Write>) -> impl Future<Output = Result<Refusals>> + Send;

    /// Returns the history of a topic, which begins if there is none. Without histories it is an error.
    fn history(
        &self,
        topic: &Topic,
        limits: History,
    ) -> impl Future<Output = Result<Stored>> + Send;

    /// Returns the messages of a topic's presences, those of nodes that are alive.
    fn presences(&self, topic: &Topic) -> impl Future<Output = Result<Vec<Bytes>>> + Send;

    /// Starts a lease of this node, for a generation of its presences.
    fn start_lease(&self, lease: Lease) -> impl Future<Output = Result<()>> + Send;

    /// Renews the lease of this node. Returns `false` if there was none any more.
    fn renew_lease(&self, lease: Lease) -> impl Future<Output = Result<bool>> + Send;

    /// Deletes the lease of this node, and notifies the others that it leaves.
    fn end_lease(&self, lease: Lease) -> impl Future<Output = Result<()>> + Send;

    /// Returns the generations of nodes that are alive, of those asked for.
    fn generations(
        &self,
        nodes: BTreeSet<NodeId>,
    ) -> impl Future<Output = Result<HashMap<NodeId, u64>>> + Send;

    /// Checks that the engine answers.
    fn ping(&self) -> impl Future<Output = Result<()>> + Send;

    /// Returns the refusal that an error of this connection is. `None` if the connection may have failed.
    fn refusal(error: &Error) -> Option<Refused>;
}

/// A change in the engine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Write {
    /// Sends a message to the nodes that are subscribed to its topic.
    Publish {
        topic: Topic,
        message: Bytes,
        /// Number of messages that it is packed of.
        count: u64,
    },
    /// Keeps a message in the history of its topic, and sends it, in one step. One that was stored before is ignored.
    Store {
        topic: Topic,
        message: Bytes,
        limits: History,
        /// Number among the stored messages of this node.
        number: u64,
    },
    /// Writes a field of this node's journal.
    Put {
        topic: Topic,
        generation: u64,
        number: u64,
        message: Bytes,
    },
    /// Sets the fields that this node's journal of a topic has, after they were put. None: it is over.
    Keep {
        topic: Topic,
        generation: u64,
        numbers: Range<u64>,
    },
    /// Deletes fields that it does not have any more.
    Delete {
        topic: Topic,
        generation: u64,
        numbers: Range<u64>,
    },
}

impl Write {
    /// Returns the topic that it concerns.
    #[cfg(feature = "redis")]
    pub(crate) fn topic(&self) -> &Topic {
        match self {
            Write::Publish { topic, .. }
            | Write::Store { topic, .. }
            | Write::Put { topic, .. }
            | Write::Keep { topic, .. }
            | Write::Delete { topic, .. } => topic,
        }
    }
}

/// Lease of a node: it exists while the node is alive, and holds the generation of its presences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) generation: u64,
    /// Time after which it expires unless it is renewed.
    pub(crate) expiry: Duration,
}

/// Returns the time after which a lease expires unless it is renewed, for the setting, within which a killed node is gone.
///
/// Others take it as gone at the second look that finds no lease, and look each fifth of the setting: that leaves a fifth for an
/// engine that is slow.
pub(crate) fn expiry(lease: Duration) -> Duration {
    lease * 2 / 5
}

/// Time after which the engine deletes fields that are not written again, such as those of nodes that were killed.
pub(crate) const KEPT: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests;
