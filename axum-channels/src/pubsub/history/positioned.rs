use super::InUse;
use super::gate::Gate;
use super::ring::Kept;
use crate::message::{Broadcast, Encodings, Payload, Ref, Topic};
use crate::pubsub::{Pressure, Subscriber, SubscriberId};
use std::sync::Arc;

/// Subscriber for a client that has asked for positions.
///
/// It keeps broadcasts until the client has the reply to its join, after those that the client has missed.
pub(super) struct Positioned {
    topic: Topic,
    to: Arc<dyn Subscriber>,
    gate: Gate<Held>,
    _history: InUse,
}

struct Held {
    event: Box<str>,
    payload: Payload,
    position: Option<Ref>,
}

impl Positioned {
    pub(super) fn new(
        history: InUse,
        topic: Topic,
        to: Arc<dyn Subscriber>,
        missed: &[Arc<Kept>],
    ) -> Self {
        let missed = missed.iter().map(|kept| Held {
            event: kept.event.clone(),
            payload: kept.payload.clone(),
            position: Some(kept.position.clone()),
        });
        Positioned {
            topic,
            to,
            gate: Gate::new(missed.collect()),
            _history: history,
        }
    }
}

impl Subscriber for Positioned {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        let held = || Held {
            event: broadcast.event.into(),
            payload: broadcast.payload.clone(),
            position: broadcast.position().cloned(),
        };
        match self.gate.is_open_or_keeps(held) {
            true => self.to.deliver(&broadcast.with_position()),
            false => Pressure::Low,
        }
    }

    fn begin(&self) {
        self.gate.open(|held| {
            let encodings = Encodings::default();
            let broadcast = Broadcast::new(&self.topic, &held.event, &held.payload, &encodings);
            let broadcast = broadcast.at(held.position.as_ref());
            self.to.deliver_missed(&broadcast.with_position());
        });
    }

    fn id(&self) -> Option<SubscriberId> {
        self.to.id()
    }
}
