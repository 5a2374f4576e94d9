use super::{Pressure, Subscriber, SubscriberId};
use crate::message::{Broadcast, EncodeError, Encodings, Payload, Ref};
use std::sync::Arc;

/// A broadcast on its way to the subscribers of this node.
pub(super) struct Delivery<'a> {
    pub(super) topic: &'a str,
    pub(super) event: &'a str,
    pub(super) payload: &'a Payload,
    /// Position in the topic's history.
    pub(super) position: Option<&'a Ref>,
    /// Clients that have asked for positions have it already.
    pub(super) is_recovered: bool,
    pub(super) from: Option<SubscriberId>,
}

/// Outcome of a delivery.
pub(super) struct Delivered {
    pub(super) subscribers: usize,
    pub(super) pressure: Pressure,
    pub(super) outcome: Result<(), EncodeError>,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(topic: &'a str, event: &'a str, payload: &'a Payload) -> Self {
        Delivery {
            topic,
            event,
            payload,
            position: None,
            is_recovered: false,
            from: None,
        }
    }

    pub(super) fn broadcast(&self, encodings: &'a Encodings) -> Broadcast<'a> {
        Broadcast::new(self.topic, self.event, self.payload, encodings)
            .at(self.position)
            .recovered(self.is_recovered)
    }
}

/// Delivers to a subscriber, unless it is the publisher.
pub(super) fn deliver_to(
    subscriber: &Arc<dyn Subscriber>,
    broadcast: &Broadcast<'_>,
    from: Option<SubscriberId>,
) -> Pressure {
    match from {
        Some(_) if from == subscriber.id() => Pressure::Low,
        _ => subscriber.deliver(broadcast),
    }
}
