//! Who listens to what, within this process.
//!
//! Topics are spread over shards, each with its own lock. A publisher takes a topic's roster as it is (one reference count)
//! and delivers without any lock of ours; whoever joins or leaves meanwhile changes a copy.

mod load;
mod roster;

pub(crate) use load::{Gauge, Pressure, deliveries, pressure, reset_pressure};
pub(crate) use roster::{Roster, Seat};

use crate::message::{Broadcast, Payload, Topic};
use crate::metrics::{self, told};
use crate::sync::lock;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};

/// A power of two, and far more than there are threads to contend.
const SHARDS: usize = 64;

/// Something that broadcasts are delivered to.
pub(crate) trait Subscriber: Send + Sync {
    /// Takes a message, without waiting.
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure;

    /// By what it is known not to be sent its own broadcasts.
    fn address(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }
}

/// A shard's topics. A roster is shared with whoever is publishing from it.
type Topics = HashMap<Topic, Arc<Roster<Arc<dyn Subscriber>>>>;

/// The topics of an endpoint and who is subscribed to them.
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

    /// Subscribes until what it returns is dropped.
    pub(crate) fn subscribe(
        self: &Arc<Self>,
        topic: Topic,
        subscriber: Arc<dyn Subscriber>,
    ) -> Subscription {
        let mut shard = lock(self.shard(&topic));
        let roster = shard
            .entry(topic.clone())
            .or_insert_with(|| Arc::new(Roster::new()));
        let seat = Arc::make_mut(roster).insert(subscriber);
        drop(shard);
        Subscription {
            pubsub: self.clone(),
            topic,
            seat,
        }
    }

    /// Delivers to every subscriber, but for the one that is `from`.
    pub(crate) fn publish(
        &self,
        topic: &str,
        event: &str,
        payload: &Payload,
        from: Option<&dyn Subscriber>,
    ) {
        let Some(roster) = lock(self.shard(topic)).get(topic).cloned() else {
            return;
        };
        let since = metrics::started();
        let broadcast = Broadcast::new(topic, event, payload);
        let from = from.map(|from| from.address());
        let mut pressure = Pressure::Low;
        for subscriber in roster.iter() {
            if from.is_none_or(|from| from != subscriber.address())
                && subscriber.deliver(&broadcast) == Pressure::High
            {
                pressure = Pressure::High;
            }
        }
        load::count(roster.len(), pressure);
        told!("publish", since, subscribers = roster.len());
    }

    /// How many subscriptions there are.
    pub(crate) fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| {
                lock(shard)
                    .values()
                    .map(|roster| roster.len())
                    .sum::<usize>()
            })
            .sum()
    }

    fn unsubscribe(&self, topic: &Topic, seat: Seat) {
        let mut shard = lock(self.shard(topic));
        let Some(roster) = shard.get_mut(&**topic) else {
            return;
        };
        let removed = Arc::make_mut(roster).remove(seat);
        if roster.is_empty() {
            shard.remove(&**topic);
            if shard.len() < shard.capacity() / 4 {
                let room = 2 * shard.len();
                shard.shrink_to(room);
            }
        }
        drop(shard);
        drop(removed); // may be the last of its connection: not under the lock
    }

    fn shard(&self, topic: &str) -> &Mutex<Topics> {
        &self.shards[self.hasher.hash_one(topic) as usize % SHARDS]
    }
}

/// A subscription, ended by dropping it.
pub(crate) struct Subscription {
    pubsub: Arc<PubSub>,
    topic: Topic,
    seat: Seat,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.pubsub.unsubscribe(&self.topic, self.seat);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Subscriber for Heard {
        fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
            lock(&self.0).push(format!(
                "{} {} {:?}",
                broadcast.topic, broadcast.event, broadcast.payload
            ));
            Pressure::Low
        }
    }

    impl Heard {
        fn take(&self) -> Vec<String> {
            std::mem::take(&mut lock(&self.0))
        }
    }

    #[test]
    fn a_broadcast_reaches_the_topics_subscribers_but_not_its_sender() {
        let (pubsub, a, b) = (
            Arc::new(PubSub::new()),
            Arc::new(Heard::default()),
            Arc::new(Heard::default()),
        );
        let _a = pubsub.subscribe("room:1".into(), a.clone());
        let _b = pubsub.subscribe("room:1".into(), b.clone());
        let _other = pubsub.subscribe("room:2".into(), b.clone());
        pubsub.publish("room:1", "shout", &Payload::empty(), Some(&*a));
        assert_eq!(
            (a.take(), b.take()),
            (vec![], vec!["room:1 shout {}".to_owned()])
        );
        pubsub.publish("room:1", "shout", &Payload::empty(), None);
        assert_eq!((a.take().len(), b.take().len()), (1, 1));
    }

    #[test]
    fn nothing_is_left_of_a_topic_without_subscribers() {
        let (pubsub, heard) = (Arc::new(PubSub::new()), Arc::new(Heard::default()));
        let subscriptions: Vec<_> = (0..1000)
            .map(|n| pubsub.subscribe(format!("room:{}", n % 10).into(), heard.clone()))
            .collect();
        assert_eq!(pubsub.len(), 1000);
        drop(subscriptions);
        assert_eq!(pubsub.len(), 0);
        assert!(pubsub.shards.iter().all(|shard| lock(shard).is_empty()));
        assert_eq!(Arc::strong_count(&heard), 1);
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
        let (pubsub, leaver, heard) = (
            Arc::new(PubSub::new()),
            Arc::new(Leaver(Mutex::new(None))),
            Arc::new(Heard::default()),
        );
        *lock(&leaver.0) = Some(pubsub.subscribe("t".into(), leaver.clone()));
        let _heard = pubsub.subscribe("t".into(), heard.clone());
        pubsub.publish("t", "e", &Payload::empty(), None);
        assert_eq!((heard.take().len(), pubsub.len()), (1, 1));
    }
}
