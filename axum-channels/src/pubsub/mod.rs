//! Subscriptions to topics: within this process, and by an adapter on other nodes.
//!
//! Topics are spread over shards, each with its own lock. A publisher clones the reference to a topic's list of subscribers
//! and delivers without a lock; subscribers that come or go meanwhile change a copy. To more than a thousand subscribers,
//! the workers of the runtime deliver.

pub(crate) mod cluster;
mod lane;
mod lane_queue;
mod load;
mod slot_list;
mod subscribers;
#[cfg(test)]
mod tests;

pub(crate) use load::{Gauge, Pressure, deliveries, pressure, reset_pressure};
pub(crate) use slot_list::{SlotId, SlotList};

use crate::client_id::ClientId;
use crate::message::{Broadcast, EncodeError, Encodings, Payload, Topic};
use crate::metrics::{self, record};
use crate::session::Key;
use crate::sync::lock;
use cluster::{Body, Cluster, Origin};
use lane::Lanes;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use subscribers::Subscribers;

/// Number of shards: a power of two, and far more than there are threads to contend.
const SHARDS: usize = 64;

/// A receiver of broadcasts.
pub(crate) trait Subscriber: Send + Sync {
    /// Takes a broadcast without waiting.
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure;

    /// Identity by which a publisher is excluded from its own broadcasts.
    fn id(&self) -> Option<SubscriberId> {
        None
    }
}

/// Identity of a subscriber that publishes, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SubscriberId {
    pub(crate) client: ClientId,
    /// Channel of that client, for a channel's subscription to another topic.
    pub(crate) channel: Option<Key>,
}

/// Subscribers in order of their subscription. Shared with the publishers that use it.
type List = SlotList<Arc<dyn Subscriber>>;

/// Topics of a shard.
type Topics = HashMap<Topic, Subscribers>;

/// Topics of an endpoint and their subscribers.
pub(crate) struct PubSub {
    shards: Box<[Mutex<Topics>]>,
    lanes: Lanes,
    hasher: RandomState,
    /// The other nodes, if there is an adapter.
    cluster: Option<Arc<Cluster>>,
}

impl PubSub {
    pub(crate) fn new(cluster: Option<Arc<Cluster>>) -> Self {
        PubSub {
            cluster,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            lanes: Lanes::new(),
            hasher: RandomState::new(),
        }
    }

    /// Subscribes until the returned subscription is dropped.
    pub(crate) fn subscribe(
        self: &Arc<Self>,
        topic: Topic,
        subscriber: Arc<dyn Subscriber>,
    ) -> Subscription {
        if let Some(cluster) = &self.cluster {
            cluster.acquire(&topic);
        }
        let mut shard = lock(self.shard(&topic));
        let subscribers = shard.entry(topic.clone()).or_insert_with(Subscribers::new);
        let id = subscribers.insert(subscriber, self.lanes.len());
        drop(shard);
        Subscription {
            pubsub: self.clone(),
            topic,
            id,
        }
    }

    /// Reserves a topic for a later subscription, and waits until broadcasts of other nodes arrive, or cannot.
    ///
    /// `None` without an adapter: nothing needs to be awaited.
    pub(crate) async fn reserve(self: &Arc<Self>, topic: &Topic) -> Option<Subscription> {
        let cluster = self.cluster.as_ref()?;
        cluster.acquire(topic);
        let reservation = Subscription {
            pubsub: self.clone(),
            topic: topic.clone(),
            id: SlotId::NONE,
        };
        cluster.settled(topic).await;
        Some(reservation)
    }

    /// Delivers to every subscriber of this node except `from`, and sends to the other nodes.
    ///
    /// # Errors
    /// See [`deliver`](Self::deliver). What cannot be sent to the other nodes is counted and logged.
    pub(crate) fn publish(
        &self,
        topic: &str,
        event: &str,
        payload: &Payload,
        from: Option<Origin>,
    ) -> Result<(), EncodeError> {
        let outcome = self.deliver(topic, event, payload, from.map(|from| from.subscriber));
        if let Some(cluster) = &self.cluster {
            let payload = payload.clone();
            let body = Body::Broadcast {
                event,
                payload,
                from,
            };
            cluster.publish(topic, body);
        }
        outcome
    }

    /// Delivers to every subscriber of this node except `from`.
    ///
    /// To many subscribers, it is delivered after the return, in order. A publisher that is far ahead of that helps.
    ///
    /// # Errors
    /// If a subscriber's format cannot encode the message. The others receive it. With many subscribers, the payload alone is
    /// checked, as the V2 protocol requires it.
    pub(crate) fn deliver(
        &self,
        topic: &str,
        event: &str,
        payload: &Payload,
        from: Option<SubscriberId>,
    ) -> Result<(), EncodeError> {
        let since = metrics::started();
        let shard = lock(self.shard(topic));
        let (number, pressure, outcome) = match shard.get(topic) {
            None => return Ok(()),
            Some(Subscribers::Few(list)) => {
                let list = list.clone();
                drop(shard);
                let encodings = Encodings::default();
                let broadcast = Broadcast::new(topic, event, payload, &encodings);
                let pressures = list.iter().map(|one| deliver_to(one, &broadcast, from));
                let pressure = pressures.fold(Pressure::Low, Pressure::max);
                (list.len(), pressure, broadcast.outcome())
            }
            Some(Subscribers::Many(many)) => {
                let (number, to) = (many.len(), (many.parts().clone(), many.end()));
                drop(shard);
                let pressure = self.lanes.publish((topic, event, payload), from, to);
                (number, pressure, payload.check_event())
            }
        };
        load::count(number, pressure);
        record!("publish", since, subscribers = number);
        outcome
    }

    /// Returns the other nodes, if there is an adapter.
    pub(crate) fn cluster(&self) -> Option<&Arc<Cluster>> {
        self.cluster.as_ref()
    }

    /// Returns a subscriber of this node, as other nodes know it.
    pub(crate) fn origin(&self, subscriber: SubscriberId) -> Origin {
        let node = self.cluster.as_ref().map(|cluster| cluster.id());
        Origin { node, subscriber }
    }

    /// Waits until everything published before is delivered.
    pub(crate) async fn flush(&self) {
        self.lanes.flush().await;
    }

    /// Returns the number of subscriptions.
    pub(crate) fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| {
                lock(shard)
                    .values()
                    .map(|subscribers| subscribers.len())
                    .sum::<usize>()
            })
            .sum()
    }

    fn unsubscribe(&self, topic: &Topic, id: SlotId) {
        self.remove(topic, id);
        if let Some(cluster) = &self.cluster {
            cluster.release(topic);
        }
    }

    fn remove(&self, topic: &Topic, id: SlotId) {
        let mut shard = lock(self.shard(topic));
        let Some(subscribers) = shard.get_mut(&**topic) else {
            return;
        };
        let removed = subscribers.remove(id);
        if subscribers.len() == 0 {
            shard.remove(&**topic);
            if shard.len() < shard.capacity() / 4 {
                let room = 2 * shard.len();
                shard.shrink_to(room);
            }
        }
        drop(shard);
        drop(removed); // the last reference may be dropped here: not under a lock
    }

    fn shard(&self, topic: &str) -> &Mutex<Topics> {
        &self.shards[self.hasher.hash_one(topic) as usize % SHARDS]
    }
}

/// Delivers to a subscriber, unless it is the publisher.
fn deliver_to(
    subscriber: &Arc<dyn Subscriber>,
    broadcast: &Broadcast<'_>,
    from: Option<SubscriberId>,
) -> Pressure {
    match from {
        Some(_) if from == subscriber.id() => Pressure::Low,
        _ => subscriber.deliver(broadcast),
    }
}

/// A subscription, which ends when dropped. A reservation is one without a subscriber.
pub(crate) struct Subscription {
    pubsub: Arc<PubSub>,
    topic: Topic,
    id: SlotId,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.pubsub.unsubscribe(&self.topic, self.id);
    }
}
