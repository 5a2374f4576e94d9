//! The other nodes of an endpoint, which an adapter reaches.

mod adapter;
mod bundle;
mod fields;
mod inbound;
mod interests;
mod message;
mod node;
mod node_id;
mod peer;
mod stats;
mod stored;
mod tasks;

pub(crate) use adapter::AnyAdapter;
pub use adapter::{Adapter, IntoAdapter};
#[cfg(any(feature = "nats", feature = "redis"))]
pub(crate) use bundle::pack;
#[cfg(any(test, fuzzing))]
pub(crate) use bundle::unpack;
pub(crate) use fields::{Fields, Malformed, put};
pub(crate) use inbound::{Inbound, StoredMessage};
#[cfg(feature = "redis")]
pub(crate) use message::LARGER;
#[cfg(any(feature = "nats", feature = "redis"))]
pub(crate) use message::MAX_BYTES;
pub use message::Message;
pub(crate) use message::{Body, Kept, Origin};
pub use node::Node;
pub use node_id::{InvalidNodeId, NodeId};
pub(crate) use peer::Known;
pub use peer::Peer;
pub use stats::Stats;
pub use stored::{Place, Stored, StoredBroadcast};

use crate::error::Result;
use crate::log;
use crate::message::Topic;
use crate::task::with_timeout;
use interests::Interests;
use stats::Counters;
use std::future::poll_fn;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};

/// A node among others: its id, its adapter, and its topics.
pub(crate) struct Cluster {
    id: NodeId,
    adapter: Box<dyn AnyAdapter>,
    runtime: Handle,
    interests: Interests,
    /// Subscriptions under way: see [`tasks::SUBSCRIBING`].
    subscribing: Semaphore,
    counters: Counters,
    /// Notified when the adapter is connected: failed subscriptions are tried again at once.
    connected: Notify,
    /// The endpoint. Set once it exists.
    inbound: OnceLock<Weak<dyn Inbound>>,
}

impl Cluster {
    /// Creates a node. Its tasks run on `runtime`.
    pub(crate) fn new(adapter: Box<dyn AnyAdapter>, runtime: Handle) -> Arc<Self> {
        Arc::new(Cluster {
            id: NodeId::random(),
            adapter,
            runtime,
            interests: Interests::default(),
            subscribing: Semaphore::new(tasks::SUBSCRIBING),
            counters: Counters::default(),
            connected: Notify::new(),
            inbound: OnceLock::new(),
        })
    }

    pub(crate) fn id(&self) -> NodeId {
        self.id
    }

    pub(crate) fn stats(&self) -> Stats {
        self.counters
            .stats(self.interests.subscribed(), self.adapter.lag())
    }

    /// Returns whether this node is subscribed to a topic.
    pub(crate) fn has(&self, topic: &str) -> bool {
        self.interests.has(topic)
    }

    /// Returns the endpoint, if it still exists.
    fn inbound(&self) -> Option<Arc<dyn Inbound>> {
        self.inbound.get()?.upgrade()
    }

    /// Returns whether the engine keeps the histories of topics.
    pub(super) fn has_histories(&self) -> bool {
        self.adapter.has_histories()
    }

    /// Sends a message to the other nodes, and to this one if the engine keeps it. If that fails, it is counted and logged.
    pub(crate) fn publish(&self, topic: &str, body: Body<'_>, kept: Option<Kept<'_>>) {
        let message = Message {
            node: self.id,
            topic,
            body,
            kept,
        };
        match self.try_publish(&message) {
            Ok(()) => self.counters.published(),
            Err(error) => {
                self.counters.lost(1);
                log::not_published(topic, &error);
            }
        }
    }

    fn try_publish(&self, message: &Message<'_>) -> Result<()> {
        message.check_size()?;
        self.adapter.publish(message)
    }

    /// Leaves the other nodes, in at most `limit`. If that fails, it is logged.
    pub(crate) async fn stop(&self, limit: Duration) {
        let stopped = with_timeout(limit, self.adapter.stop()).await;
        if let Err(error) = stopped.and_then(|it| it) {
            log::adapter_not_stopped(&error);
        }
    }

    /// Keeps a topic subscribed to in the engine, until [`release`](Self::release).
    pub(super) fn acquire(self: &Arc<Self>, topic: &Topic) {
        if self.interests.acquire(topic) {
            self.start_task(topic);
        }
    }

    pub(super) fn release(self: &Arc<Self>, topic: &Topic) {
        if self.interests.release(topic) {
            self.start_task(topic);
        }
    }

    /// Subscribes again to a topic whose subscription the engine has ended.
    #[cfg(feature = "redis")]
    fn unsubscribed(self: &Arc<Self>, topic: &Topic) {
        if self.interests.lose(topic) {
            self.start_task(topic);
        }
    }

    /// Waits until the engine has confirmed the subscription to an acquired topic, or has failed to.
    pub(super) async fn settled(&self, topic: &Topic) {
        poll_fn(|cx| self.interests.poll_settled(topic, cx.waker())).await;
    }
}
