use super::positioned::Positioned;
use super::ring::{Kept, Ring};
use super::{History, InUse, TopicHistory};
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
    /// Has the client join again, after an engine has lost broadcasts.
    pub(crate) on_loss: Option<OnLoss>,
}

pub(crate) type OnLoss = Box<dyn Fn() + Send + Sync>;

/// The subscription of a client, and the outcome for the reply to its join.
pub(crate) struct Recovered {
    /// Nothing is delivered before it [begins](Subscription::begin).
    pub(crate) subscription: Subscription,
    pub(super) recovery: Recovery,
    /// Position of the client when it has read the reply. `None` while that of the engine is unknown.
    pub(super) position: Option<Position>,
}

impl Recovered {
    /// Adds the outcome to the reply to the join, an object.
    pub(crate) fn add_to(&self, reply: &Payload) -> Payload {
        self.recovery.add_to(reply, self.position)
    }
}

impl PubSub {
    /// Loads a topic's history from the engine, before a join by a client that has asked for positions.
    ///
    /// A client that was on another node may have more than this one has received so far: then it is [loaded
    /// again](TopicHistory::catch_up).
    /// `None` without one in the engine. The history is to be held until the client is subscribed.
    pub(crate) async fn loaded_history(
        self: &Arc<Self>,
        topic: &Topic,
        asked: Asked,
    ) -> Option<InUse> {
        let limits = self.limits_in_engine(topic)?;
        let in_use = self.history_in_use(topic, limits)?;
        let history = &in_use.0;
        history.settled().await;
        if let (Asked::Since(Some(position)), Some(cluster)) = (asked, &self.cluster) {
            let load = || cluster.start_load(topic, limits);
            history.catch_up(position, load).await;
        }
        Some(in_use)
    }

    /// Subscribes a client, and determines the broadcasts that it has missed, at the same moment.
    ///
    /// `None` if there is no room for the topic's history.
    pub(crate) fn recover(self: &Arc<Self>, client: Returning<'_>) -> Option<Recovered> {
        let topic = client.topic;
        let in_use = self.history_in_use(topic, client.limits)?;
        let history = in_use.0.clone();
        let is_known = history.is_known();
        let mut ring = lock(&history.ring);
        let (recovery, position, missed) = match is_known {
            true => outcome(&mut ring, client.asked, client.id),
            false => unknown(client.asked),
        };
        let client = (client.subscriber, client.on_loss);
        let subscriber = Positioned::new(in_use, topic.clone(), client, (is_known, &missed));
        let subscription = self.subscribe(topic.clone(), Arc::new(subscriber));
        drop(ring);
        Some(Recovered {
            subscription,
            recovery,
            position,
        })
    }
}

type Outcome = (Recovery, Option<Position>, Vec<Arc<Kept>>);

/// Returns the outcome, the position of the client when it has read the reply, and the broadcasts that follow it.
fn outcome(ring: &mut Ring, asked: Asked, id: Option<&Topic>) -> Outcome {
    let current = ring.position();
    let Asked::Since(position) = asked else {
        return (Recovery::First, Some(current), Vec::new());
    };
    let since =
        position.and_then(|position| Some((position, ring.since(position, Instant::now())?)));
    let Some((position, mut missed)) = since else {
        return (Recovery::Lost, Some(current), Vec::new());
    };
    missed.retain(|kept| !kept.excludes(id));
    let position = if missed.is_empty() { current } else { position };
    let recovery = Recovery::Recovered {
        missed: missed.len(),
    };
    (recovery, Some(position), missed)
}

/// Returns the outcome while the engine is away, and nothing of the topic's history is known.
fn unknown(asked: Asked) -> Outcome {
    let recovery = match asked {
        Asked::First => Recovery::First,
        Asked::Since(_) => Recovery::Lost,
    };
    (recovery, None, Vec::new())
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
