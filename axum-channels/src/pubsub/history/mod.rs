//! Histories of topics: the last broadcasts, for clients that come back.
//!
//! A topic has one from the first join that asks for positions until some time after the last such client is gone.
//!
//! Broadcasts of such a topic are delivered one after the other, so that every client receives them in the order of their
//! positions. A client is subscribed under the lock of the ring, from which it is told what it has missed: each broadcast
//! is either among those, or is delivered to the client.

mod budget;
mod gate;
mod limits;
mod positioned;
mod recover;
mod replica;
mod ring;
mod sweep;
#[cfg(test)]
mod tests;

pub use limits::History;
pub(crate) use recover::{OnLoss, Returning};
pub(super) use sweep::Histories;

use super::cluster::Cluster;
use crate::message::{Epoch, Payload, Ref, Topic};
use crate::sync::lock;
use budget::Budget;
use replica::Replica;
use ring::Ring;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Maximum number of bytes of all histories of an endpoint, unless it is set.
pub(crate) const MAX_BYTES: usize = 64 * 1024 * 1024;

/// History of one topic.
pub(super) struct TopicHistory {
    /// Held while a broadcast is delivered, and before the lock of the ring.
    order: Mutex<Replica>,
    /// Notified when a load from the engine has ended.
    loaded: Notify,
    /// Limits, if the engine keeps the history.
    engine: Option<History>,
    /// Locked before the shard of the topic's subscribers.
    ring: Mutex<Ring>,
    /// Number of subscribers that have asked for positions.
    recovering: AtomicUsize,
    budget: Arc<Budget>,
    weight: usize,
    _interest: Option<Interest>,
}

/// A broadcast to keep.
pub(super) struct New<'a> {
    pub(super) event: &'a str,
    pub(super) payload: &'a Payload,
    /// Id of the client that has sent it, if it is excluded.
    pub(super) from: Option<&'a Topic>,
}

impl TopicHistory {
    /// Takes its fixed memory from the budget. `None` if there is no room.
    fn new(
        limits: History,
        engine: Option<History>,
        topic: &Topic,
        budget: &Arc<Budget>,
        cluster: Option<&Arc<Cluster>>,
    ) -> Option<Arc<Self>> {
        let epoch = Epoch::random()?;
        let weight = size_of::<TopicHistory>() + ENTRY + topic.len();
        budget.take(weight).then(|| {
            Arc::new(TopicHistory {
                order: Mutex::new(Replica::new(engine)),
                loaded: Notify::new(),
                engine,
                ring: Mutex::new(Ring::new(limits, budget.clone(), epoch)),
                recovering: AtomicUsize::new(0),
                budget: budget.clone(),
                weight,
                _interest: cluster.map(|cluster| Interest::new(cluster, topic)),
            })
        })
    }

    /// Keeps a broadcast, and delivers it, after all earlier ones.
    ///
    /// `receivers` returns the subscribers at that moment. They are returned, to be dropped without a lock.
    pub(super) fn deliver<R, D>(
        &self,
        new: &New<'_>,
        receivers: impl FnOnce() -> R,
        send: impl FnOnce(&Ref, &R) -> D,
    ) -> (D, R) {
        let _order = lock(&self.order);
        let mut ring = lock(&self.ring);
        let kept = ring.push(new, Instant::now());
        let receivers = receivers();
        drop(ring);
        (send(&kept.position, &receivers), receivers)
    }

    /// Returns whether it is that of this node, not of the engine.
    pub(super) fn is_own(&self) -> bool {
        self.engine.is_none()
    }

    /// Returns whether a client that has asked for positions is subscribed.
    pub(super) fn is_in_use(&self) -> bool {
        self.recovering.load(Relaxed) > 0
    }
}

/// Memory of a topic with a history besides the history itself: the text of its name, and its place among the topics.
const ENTRY: usize = 128;

impl Drop for TopicHistory {
    fn drop(&mut self) {
        self.budget.give_back(self.weight);
    }
}

/// A history while a client that has asked for positions is subscribed to its topic, or joins it.
pub(crate) struct InUse(Arc<TopicHistory>);

impl InUse {
    fn new(history: &Arc<TopicHistory>) -> Self {
        history.recovering.fetch_add(1, Relaxed);
        InUse(history.clone())
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.recovering.fetch_sub(1, Relaxed);
    }
}

/// Keeps the node subscribed to a topic in the engine, so that the history has no gap while no client is subscribed.
struct Interest {
    cluster: Arc<Cluster>,
    topic: Topic,
}

impl Interest {
    fn new(cluster: &Arc<Cluster>, topic: &Topic) -> Self {
        cluster.acquire(topic);
        Interest {
            cluster: cluster.clone(),
            topic: topic.clone(),
        }
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.cluster.release(&self.topic);
    }
}
