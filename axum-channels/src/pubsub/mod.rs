//! Subscriptions to topics, within this process.
//!
//! Topics are spread over shards, each with its own lock. A publisher clones the reference to a topic's list of subscribers
//! and delivers without a lock; subscribers that come or go meanwhile change a copy.

mod load;
mod slot_list;

pub(crate) use load::{Gauge, Pressure, deliveries, pressure, reset_pressure};
pub(crate) use slot_list::{SlotId, SlotList};

use crate::message::{Broadcast, EncodeError, Payload, Topic};
use crate::metrics::{self, record};
use crate::session::Key;
use crate::sync::lock;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};

/// Number of shards: a power of two, and far more than there are threads to contend.
const SHARDS: usize = 64;

/// A receiver of broadcasts.
pub(crate) trait Subscriber: Send + Sync {
    /// Takes a broadcast without waiting.
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure;

    /// Identity by which a publisher is excluded from its own broadcasts.
    fn id(&self) -> SubscriberId {
        SubscriberId {
            address: std::ptr::from_ref(self).addr(),
            channel: None,
        }
    }
}

/// Identity of a subscriber as long as it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SubscriberId {
    pub(crate) address: usize,
    /// Channel of the connection at that address, for a channel's subscription to another topic.
    pub(crate) channel: Option<Key>,
}

/// Topics of a shard. A list is shared with the publishers that use it.
type Topics = HashMap<Topic, Arc<SlotList<Arc<dyn Subscriber>>>>;

/// Topics of an endpoint and their subscribers.
pub(crate) struct PubSub {
    shards: Box<[Mutex<Topics>]>,
    hasher: RandomState,
}

impl PubSub {
    pub(crate) fn new() -> Self {
        PubSub {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Subscribes until the returned subscription is dropped.
    pub(crate) fn subscribe(
        self: &Arc<Self>,
        topic: Topic,
        subscriber: Arc<dyn Subscriber>,
    ) -> Subscription {
        let mut shard = lock(self.shard(&topic));
        let subscribers = shard
            .entry(topic.clone())
            .or_insert_with(|| Arc::new(SlotList::new()));
        let id = Arc::make_mut(subscribers).insert(subscriber);
        drop(shard);
        Subscription {
            pubsub: self.clone(),
            topic,
            id,
        }
    }

    /// Delivers to every subscriber except `from`.
    ///
    /// # Errors
    /// If a subscriber's format cannot encode the message. The others receive it.
    pub(crate) fn publish(
        &self,
        topic: &str,
        event: &str,
        payload: &Payload,
        from: Option<SubscriberId>,
    ) -> Result<(), EncodeError> {
        let Some(subscribers) = lock(self.shard(topic)).get(topic).cloned() else {
            return Ok(());
        };
        let since = metrics::started();
        let broadcast = Broadcast::new(topic, event, payload);
        let mut pressure = Pressure::Low;
        for subscriber in subscribers.iter() {
            if from.is_none_or(|from| from != subscriber.id())
                && subscriber.deliver(&broadcast) == Pressure::High
            {
                pressure = Pressure::High;
            }
        }
        load::count(subscribers.len(), pressure);
        record!("publish", since, subscribers = subscribers.len());
        broadcast.outcome()
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
        let mut shard = lock(self.shard(topic));
        let Some(subscribers) = shard.get_mut(&**topic) else {
            return;
        };
        let removed = Arc::make_mut(subscribers).remove(id);
        if subscribers.is_empty() {
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

/// A subscription, which ends when dropped.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Recorder(Mutex<Vec<String>>);

    impl Subscriber for Recorder {
        fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
            lock(&self.0).push(format!(
                "{} {} {:?}",
                broadcast.topic, broadcast.event, broadcast.payload
            ));
            Pressure::Low
        }
    }

    impl Recorder {
        fn take(&self) -> Vec<String> {
            std::mem::take(&mut lock(&self.0))
        }
    }

    #[test]
    fn a_broadcast_reaches_the_topics_subscribers_but_not_its_sender() {
        let (pubsub, a, b) = (
            Arc::new(PubSub::new()),
            Arc::new(Recorder::default()),
            Arc::new(Recorder::default()),
        );
        let _a = pubsub.subscribe("room:1".into(), a.clone());
        let _b = pubsub.subscribe("room:1".into(), b.clone());
        let _other = pubsub.subscribe("room:2".into(), b.clone());
        assert_eq!(
            pubsub.publish("room:1", "shout", &Payload::empty(), Some(a.id())),
            Ok(())
        );
        assert_eq!(
            (a.take(), b.take()),
            (vec![], vec!["room:1 shout {}".to_owned()])
        );
        assert_eq!(
            pubsub.publish("room:1", "shout", &Payload::empty(), None),
            Ok(())
        );
        assert_eq!((a.take().len(), b.take().len()), (1, 1));
    }

    #[test]
    fn nothing_is_left_of_a_topic_without_subscribers() {
        let (pubsub, recorder) = (Arc::new(PubSub::new()), Arc::new(Recorder::default()));
        let subscriptions: Vec<_> = (0..1000)
            .map(|n| pubsub.subscribe(format!("room:{}", n % 10).into(), recorder.clone()))
            .collect();
        assert_eq!(pubsub.len(), 1000);
        drop(subscriptions);
        assert_eq!(pubsub.len(), 0);
        assert!(pubsub.shards.iter().all(|shard| lock(shard).is_empty()));
        assert_eq!(Arc::strong_count(&recorder), 1);
    }

    #[test]
    fn who_leaves_during_a_broadcast_disturbs_nobody() {
        struct Leaver(Mutex<Option<Subscription>>);
        impl Subscriber for Leaver {
            fn deliver(&self, _: &Broadcast<'_>) -> Pressure {
                drop(lock(&self.0).take());
                Pressure::Low
            }
        }
        let (pubsub, leaver, recorder) = (
            Arc::new(PubSub::new()),
            Arc::new(Leaver(Mutex::new(None))),
            Arc::new(Recorder::default()),
        );
        *lock(&leaver.0) = Some(pubsub.subscribe("t".into(), leaver.clone()));
        let _recorder = pubsub.subscribe("t".into(), recorder.clone());
        assert_eq!(pubsub.publish("t", "e", &Payload::empty(), None), Ok(()));
        assert_eq!((recorder.take().len(), pubsub.len()), (1, 1));
    }
}
