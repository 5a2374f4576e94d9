//! Subscriptions to topics: within this process, and by an adapter on other nodes.
//!
//! Topics are spread over shards, each with its own lock. A publisher clones the reference to a topic's list of subscribers
//! and delivers without a lock; subscribers that come or go meanwhile change a copy. To more than a thousand subscribers,
//! the workers of the runtime deliver.

pub(crate) mod cluster;
mod delivery;
mod history;
mod lane;
mod lane_queue;
mod load;
mod slot_list;
mod subscribers;
mod subscription;
#[cfg(test)]
mod tests;

pub use history::History;
pub(crate) use history::{InUse, MAX_BYTES as MAX_HISTORY_BYTES, OnLoss, Returning};
pub(crate) use load::{Gauge, Pressure, deliveries, pressure, reset_pressure};
pub(crate) use slot_list::{SlotId, SlotList};
pub(crate) use subscription::Subscription;

use crate::client_id::ClientId;
use crate::message::{Broadcast, EncodeError, Encodings, Payload, Topic};
use crate::metrics::{self, record};
use crate::session::Key;
use crate::sync::lock;
use cluster::{Body, Cluster, Kept, Origin};
use delivery::{Delivered, Delivery, deliver_to};
use history::{Histories, New, TopicHistory};
use lane::Lanes;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use subscribers::{Receivers, Subscribers};

/// Number of shards: a power of two, and far more than there are threads to contend.
const SHARDS: usize = 64;

/// A receiver of broadcasts.
pub(crate) trait Subscriber: Send + Sync {
    /// Takes a broadcast without waiting.
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure;

    /// Takes a broadcast that the client has missed. There may be many at once.
    fn deliver_missed(&self, broadcast: &Broadcast<'_>) {
        self.deliver(broadcast);
    }

    /// Delivers what was held back, for a subscriber that begins later than its [subscription](Subscription::begin).
    fn begin(&self) {}

    /// Has the client join again, as broadcasts of the topic are lost, if it has asked for positions.
    fn lose(&self) {}

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

/// Publisher of a broadcast that does not receive it.
#[derive(Clone, Copy)]
pub(crate) struct Publisher<'a> {
    origin: Origin,
    /// Id of the client's connections: clients with it do not recover the broadcast.
    id: Option<&'a Topic>,
}

impl From<SubscriberId> for Publisher<'_> {
    fn from(subscriber: SubscriberId) -> Self {
        let origin = Origin {
            node: None,
            subscriber,
        };
        Publisher { origin, id: None }
    }
}

/// Subscribers in order of their subscription. Shared with the publishers that use it.
type List = SlotList<Arc<dyn Subscriber>>;

/// Topics of a shard.
type Topics = HashMap<Topic, Subscribers>;

/// Topics of an endpoint and their subscribers.
pub(crate) struct PubSub {
    shards: Box<[Mutex<Topics>]>,
    /// Number of subscriptions of this node. Changed under the lock of their shard.
    subscriptions: AtomicUsize,
    histories: Histories,
    lanes: Lanes,
    /// Start of the hashes by which topics are spread.
    seed: u64,
    /// The other nodes, if there is an adapter.
    cluster: Option<Arc<Cluster>>,
    /// Limits of the topics whose histories the engine keeps.
    kept_topics: Option<KeptTopics>,
}

/// Returns the limits of a topic's history, if its route has one.
pub(crate) type KeptTopics = Box<dyn Fn(&str) -> Option<History> + Send + Sync>;

impl PubSub {
    pub(crate) fn new(cluster: Option<Arc<Cluster>>, max_history_bytes: usize) -> Self {
        PubSub {
            histories: Histories::new(max_history_bytes),
            cluster,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            subscriptions: AtomicUsize::new(0),
            lanes: Lanes::new(),
            seed: RandomState::new().hash_one(()),
            kept_topics: None,
        }
    }

    /// Sets the topics with a history: the engine keeps them, if it can.
    pub(crate) fn with_kept_topics(self, kept_topics: KeptTopics) -> Self {
        let cluster = self.cluster.as_ref();
        let has_histories = cluster.is_some_and(|cluster| cluster.has_histories());
        PubSub {
            kept_topics: has_histories.then_some(kept_topics),
            ..self
        }
    }

    /// Returns the limits of a topic's history, if the engine keeps it.
    pub(crate) fn limits_in_engine(&self, topic: &str) -> Option<History> {
        self.kept_topics.as_ref()?(topic)
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
        self.subscriptions.fetch_add(1, Relaxed);
        drop(shard);
        Subscription::new(self, topic, id)
    }

    /// Reserves a topic for a later subscription, and waits until broadcasts of other nodes arrive, or cannot.
    ///
    /// `None` without an adapter: nothing needs to be awaited.
    pub(crate) async fn reserve(self: &Arc<Self>, topic: &Topic) -> Option<Subscription> {
        let cluster = self.cluster.as_ref()?;
        cluster.acquire(topic);
        let reservation = Subscription::new(self, topic.clone(), SlotId::NONE);
        cluster.settled(topic).await;
        Some(reservation)
    }

    /// Delivers to every subscriber of this node except `from`, and sends to the other nodes. If the engine keeps the topic's
    /// history, both is up to the engine.
    ///
    /// # Errors
    /// See [`deliver`](Self::deliver). What cannot be sent to the other nodes is counted and logged.
    pub(crate) fn publish(
        &self,
        topic: &str,
        event: &str,
        payload: &Payload,
        from: Option<Publisher<'_>>,
    ) -> Result<(), EncodeError> {
        let Some(cluster) = &self.cluster else {
            return self.deliver(topic, event, payload, from);
        };
        // No client receives anything but objects and bytes, and bytes have no place for a position.
        let limits = self.limits_in_engine(topic).filter(|_| payload.is_object());
        let outcome = match limits {
            Some(_) => Ok(()),
            None => self.deliver(topic, event, payload, from),
        };
        let body = Body::Broadcast {
            event,
            payload: payload.clone(),
            from: from.map(|from| from.origin),
        };
        let id = from.and_then(|from| from.id);
        let kept = limits.map(|limits| Kept {
            limits: Some(limits),
            from: id.map_or("", |id| id),
            place: None,
        });
        cluster.publish(topic, body, kept);
        outcome
    }

    /// Delivers to every subscriber of this node except `from`, and keeps the broadcast if the topic has a history.
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
        from: Option<Publisher<'_>>,
    ) -> Result<(), EncodeError> {
        let since = metrics::started();
        let shard = lock(self.shard(topic));
        let Some(subscribers) = shard.get(topic) else {
            return Ok(());
        };
        let mut delivery = Delivery::new(topic, event, payload);
        delivery.from = from.map(|from| from.origin.subscriber);
        let is_kept = |history: &&Arc<TopicHistory>| payload.is_object() && history.is_own();
        let Some(history) = subscribers.history().filter(is_kept) else {
            let receivers = subscribers.receivers();
            drop(shard);
            return self.delivered(self.hand_out(&delivery, &receivers), since);
        };
        let history = history.clone();
        drop(shard);
        let from = from.and_then(|from| from.id);
        let new = New {
            event,
            payload,
            from,
        };
        let receivers = || self.receivers(topic);
        let (delivered, receivers) = history.deliver(&new, receivers, |position, receivers| {
            let position = Some(position);
            self.hand_out(
                &Delivery {
                    position,
                    ..delivery
                },
                receivers,
            )
        });
        drop(receivers); // the last reference may be dropped here: not under a lock
        self.delivered(delivered, since)
    }

    fn receivers(&self, topic: &str) -> Receivers {
        let shard = lock(self.shard(topic));
        let subscribers = shard.get(topic);
        subscribers.map_or(Receivers::None, Subscribers::receivers)
    }

    /// Delivers a change of presences to every subscriber of this node. No history keeps it.
    ///
    /// # Errors
    /// See [`deliver`](Self::deliver).
    pub(crate) fn deliver_presences(
        &self,
        topic: &str,
        event: &str,
        payload: &Payload,
    ) -> Result<(), EncodeError> {
        let since = metrics::started();
        self.deliver_unkept(&Delivery::new(topic, event, payload), since)
    }

    fn deliver_unkept(
        &self,
        delivery: &Delivery<'_>,
        since: Option<Instant>,
    ) -> Result<(), EncodeError> {
        let receivers = match lock(self.shard(delivery.topic)).get(delivery.topic) {
            Some(subscribers) => subscribers.receivers(),
            None => return Ok(()),
        };
        self.delivered(self.hand_out(delivery, &receivers), since)
    }

    fn hand_out(&self, delivery: &Delivery<'_>, receivers: &Receivers) -> Delivered {
        let (pressure, outcome) = match receivers {
            Receivers::None => (Pressure::Low, Ok(())),
            Receivers::Few(list) => {
                let encodings = Encodings::default();
                let broadcast = delivery.broadcast(&encodings);
                let pressures = list
                    .iter()
                    .map(|one| deliver_to(one, &broadcast, delivery.from));
                let pressure = pressures.fold(Pressure::Low, Pressure::max);
                (pressure, broadcast.outcome())
            }
            Receivers::Many { parts, end, .. } => {
                let pressure = self.lanes.publish(delivery, (parts.clone(), *end));
                (pressure, delivery.payload.check_event())
            }
        };
        Delivered {
            subscribers: receivers.len(),
            pressure,
            outcome,
        }
    }

    /// Ends the delivery of a broadcast, without a lock.
    fn delivered(&self, delivered: Delivered, since: Option<Instant>) -> Result<(), EncodeError> {
        let Delivered {
            subscribers,
            pressure,
            outcome,
        } = delivered;
        if pressure == Pressure::High {
            self.lanes.help();
        }
        load::count(subscribers, pressure);
        record!("publish", since, subscribers = subscribers);
        outcome
    }

    /// Returns the other nodes, if there is an adapter.
    pub(crate) fn cluster(&self) -> Option<&Arc<Cluster>> {
        self.cluster.as_ref()
    }

    /// Returns a subscriber of this node as a publisher that does not receive its broadcast.
    pub(crate) fn publisher<'a>(
        &self,
        subscriber: SubscriberId,
        id: Option<&'a Topic>,
    ) -> Publisher<'a> {
        let node = self.cluster.as_ref().map(|cluster| cluster.id());
        let origin = Origin { node, subscriber };
        Publisher { origin, id }
    }

    /// Waits until everything published before is delivered.
    pub(crate) async fn flush(&self) {
        self.lanes.flush().await;
    }

    /// Returns the number of subscriptions.
    pub(crate) fn len(&self) -> usize {
        self.subscriptions.load(Relaxed)
    }

    fn subscriber(&self, topic: &str, id: SlotId) -> Option<Arc<dyn Subscriber>> {
        let shard = lock(self.shard(topic));
        shard.get(topic)?.get(id)
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
        if removed.is_some() {
            self.subscriptions.fetch_sub(1, Relaxed);
        }
        if subscribers.is_unused() {
            remove_topic(&mut shard, topic);
        }
        drop(shard);
        drop(removed); // the last reference may be dropped here: not under a lock
    }

    /// Returns the shard of a topic. Not by the hash of the map, which would be worked out twice for each message.
    fn shard(&self, topic: &str) -> &Mutex<Topics> {
        let (words, rest) = topic.as_bytes().as_chunks::<8>();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        let mut hash = self.seed;
        for word in words.iter().chain([&last]) {
            // By an odd number without a pattern, 2^64 / φ. The upper bits depend on all below.
            let mixed = hash.rotate_left(29) ^ u64::from_le_bytes(*word);
            hash = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        &self.shards[(hash >> (u64::BITS - SHARDS.ilog2())) as usize]
    }
}

fn remove_topic(shard: &mut Topics, topic: &str) {
    shard.remove(topic);
    if shard.len() < shard.capacity() / 4 {
        let room = 2 * shard.len();
        shard.shrink_to(room);
    }
}
