use super::positioned::Positioned;
use super::ring::{Kept, Ring};
use super::{History, TopicHistory};
use crate::message::{Asked, Payload, Position, Recovery, Topic};
use crate::pubsub::{PubSub, Subscriber, Subscription};
use crate::sync::lock;
use std::sync::Arc;
use tokio::time::Instant;

/// A client that joins a topic and has asked for positions.
pub(crate) struct Returning<'a> {
    pub(crate) topic: &'a Topic,
    pub(crate) limits: History,
    pub(crate) asked: Asked,
    /// Receiver of the topic's broadcasts.
    pub(crate) subscriber: Arc<dyn Subscriber>,
    /// Id of the client's connections.
    pub(crate) id: Option<&'a Topic>,
}

/// The subscription of a client, and the outcome for the reply to its join.
pub(crate) struct Recovered {
    /// Nothing is delivered before it [begins](Subscription::begin).
    pub(crate) subscription: Subscription,
    pub(super) recovery: Recovery,
    /// Position of the client when it has read the reply.
    pub(super) position: Position,
}

impl Recovered {
    /// Adds the outcome to the reply to the join, an object.
    pub(crate) fn add_to(&self, reply: &Payload) -> Payload {
        self.recovery.add_to(reply, self.position)
    }
}

impl PubSub {
    /// Subscribes a client, and determines the broadcasts that it has missed, at the same moment.
    ///
    /// `None` if there is no room for the topic's history.
    pub(crate) fn recover(self: &Arc<Self>, client: Returning<'_>) -> Option<Recovered> {
        let topic = client.topic;
        let in_use = self.history_in_use(topic, client.limits)?;
        let history = in_use.0.clone();
        let mut ring = lock(&history.ring);
        let (recovery, position, missed) = outcome(&mut ring, client.asked, client.id);
        let to = client.subscriber;
        let subscriber = Positioned::new(in_use, topic.clone(), to, &missed);
        let subscription = self.subscribe(topic.clone(), Arc::new(subscriber));
        drop(ring);
        Some(Recovered {
            subscription,
            recovery,
            position,
        })
    }
}

/// Returns the outcome, the position of the client when it has read the reply, and the broadcasts that follow it.
fn outcome(
    ring: &mut Ring,
    asked: Asked,
    id: Option<&Topic>,
) -> (Recovery, Position, Vec<Arc<Kept>>) {
    let current = ring.position();
    let Asked::Since(position) = asked else {
        return (Recovery::First, current, Vec::new());
    };
    let since =
        position.and_then(|position| Some((position, ring.since(position, Instant::now())?)));
    let Some((position, mut missed)) = since else {
        return (Recovery::Lost, current, Vec::new());
    };
    missed.retain(|kept| !kept.excludes(id));
    let position = if missed.is_empty() { current } else { position };
    let recovery = Recovery::Recovered {
        missed: missed.len(),
    };
    (recovery, position, missed)
}

impl TopicHistory {
    /// Drops broadcasts that are too old.
    pub(super) fn expire(&self, now: Instant) {
        lock(&self.ring).expire(now);
    }

    /// Drops all broadcasts, so that no position of a client is recovered: others may have been lost.
    pub(super) fn forget(&self) {
        lock(&self.ring).forget();
    }
}
