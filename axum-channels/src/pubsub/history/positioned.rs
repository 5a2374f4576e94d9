use super::gate::Gate;
use super::ring::Kept;
use super::{InUse, OnLoss};
use crate::message::{Broadcast, Encodings, Payload, Ref, Topic};
use crate::pubsub::{Pressure, Subscriber, SubscriberId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Subscriber for a client that has asked for positions.
///
/// It keeps broadcasts until the client has the reply to its join, after those that the client has missed.
pub(super) struct Positioned {
    topic: Topic,
    to: Arc<dyn Subscriber>,
    gate: Gate<Held>,
    /// Broadcasts are lost: the client receives no more, so that it joins again with an earlier position.
    is_over: AtomicBool,
    on_loss: Option<OnLoss>,
    /// The client has received everything until its join, or was told. Not so while the engine is away.
    is_known: bool,
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
        (to, on_loss): (Arc<dyn Subscriber>, Option<OnLoss>),
        (is_known, missed): (bool, &[Arc<Kept>]),
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
            is_over: AtomicBool::new(false),
            on_loss,
            is_known,
            _history: history,
        }
    }
}

impl Subscriber for Positioned {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        if (self.is_known && broadcast.is_recovered()) || self.is_over.load(Relaxed) {
            return Pressure::Low;
        }
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

    fn lose(&self) {
        if let Some(on_loss) = &self.on_loss
            && !self.is_over.swap(true, Relaxed)
        {
            on_loss();
        }
    }

    fn id(&self) -> Option<SubscriberId> {
        self.to.id()
    }
}
