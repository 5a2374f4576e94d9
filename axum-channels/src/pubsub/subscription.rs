use super::{PubSub, SlotId};
use crate::message::Topic;
use std::sync::Arc;

/// A subscription, which ends when dropped. A reservation is one without a subscriber.
pub(crate) struct Subscription {
    pubsub: Arc<PubSub>,
    topic: Topic,
    id: SlotId,
}

impl Subscription {
    pub(super) fn new(pubsub: &Arc<PubSub>, topic: Topic, id: SlotId) -> Self {
        Subscription {
            pubsub: pubsub.clone(),
            topic,
            id,
        }
    }

    pub(crate) fn topic(&self) -> &Topic {
        &self.topic
    }

    /// Lets the subscriber begin, if it waits for that. Returns `false` for a reservation, which has none.
    pub(crate) fn begin(&self) -> bool {
        if self.id == SlotId::NONE {
            return false;
        }
        if let Some(subscriber) = self.pubsub.subscriber(&self.topic, self.id) {
            subscriber.begin();
        }
        true
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.pubsub.unsubscribe(&self.topic, self.id);
    }
}
