//! Replica of a history that the engine keeps: loaded once, and brought up to date by what the node receives.
//!
//! A broadcast of such a topic reaches the subscribers of this node only when the engine sends it, also one of this node. So
//! each client of any node receives them in the order of their numbers.

use super::ring::Ring;
use super::{History, New, TopicHistory};
use crate::log;
use crate::message::{Epoch, Payload, Position, Topic};
use crate::metrics;
use crate::pubsub::cluster::{
    Body, Message, Origin, Place, Stored, StoredBroadcast, StoredMessage,
};
use crate::pubsub::{Delivered, Delivery, PubSub, Receivers, SubscriberId};
use crate::sync::lock;
use std::mem::take;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// State of a replica.
#[derive(Default)]
pub(super) struct Replica {
    /// Number of loads under way. Broadcasts are held meanwhile.
    loads: usize,
    held: Vec<Held>,
    /// The ring has contents of the engine.
    is_known: bool,
    /// The ring has everything until the last broadcast that was received: no load is needed.
    is_current: bool,
    /// Number of the last broadcast that was delivered to this node's subscribers.
    handed: u64,
    catching_up: Loads,
}

/// Loads for positions of clients.
#[derive(Clone, Copy, Default)]
struct Loads {
    count: u64,
    /// Time at which the last one began.
    last: Option<Instant>,
}

/// Next step for a client with a position that this node does not have.
enum CatchUp {
    /// A load, which the caller starts.
    Load,
    UnderWay,
    Later(Instant),
    /// A load has begun since the client came, and there is no such broadcast.
    InVain,
}

/// Minimum time between two [`Loads`]. Otherwise a client that joins again and again with a position that does not exist
/// would have the engine read the whole history each time, while all others wait for their broadcasts.
const PAUSE: Duration = Duration::from_millis(250);

/// A broadcast that was received.
struct Held {
    place: Place,
    event: Box<str>,
    payload: Payload,
    from: Option<SubscriberId>,
    id: Option<Topic>,
}

/// A broadcast does not follow the last one: others were missed.
struct Gap;

/// Maximum number of broadcasts that are held while the history cannot be loaded.
const MAX_HELD: usize = 1024;

/// Delivered broadcasts with their receivers, to be dropped without a lock.
type Handed = Vec<(Delivered, Receivers)>;

impl Replica {
    /// Returns the replica of a history in the engine, whose first load is under way, or that of none.
    pub(super) fn new(engine: Option<History>) -> Self {
        Replica {
            loads: usize::from(engine.is_some()),
            ..Replica::default()
        }
    }
}

impl Held {
    fn new(message: &StoredMessage<'_>) -> Self {
        Held {
            place: message.place,
            event: message.event.into(),
            payload: message.payload.clone(),
            from: message.from,
            id: message.id.map(Topic::from),
        }
    }
}

impl PubSub {
    /// Delivers a broadcast that the engine keeps to the subscribers of this node.
    pub(crate) fn deliver_stored(&self, message: &StoredMessage<'_>) {
        let since = metrics::started();
        let Some(history) = self.replica(message.topic) else {
            let mut delivery = Delivery::new(message.topic, message.event, message.payload);
            delivery.from = message.from;
            let _ = self.deliver_unkept(&delivery, since); // an object can be sent
            return;
        };
        let mut handed = Handed::new();
        let mut replica = lock(&history.order);
        let held = Held::new(message);
        let is_gap = replica.loads == 0
            && Delivering(self, message.topic, &history)
                .next(&mut replica, &held, &mut handed)
                .is_err();
        if is_gap {
            replica.loads += 1;
        }
        if replica.loads > 0 {
            replica.held.push(held);
        }
        drop(replica);
        if let (true, Some(cluster), Some(limits)) = (is_gap, &self.cluster, history.engine) {
            cluster.start_load(&message.topic.into(), limits);
        }
        self.handed(handed, since);
    }

    /// Holds a topic's broadcasts back until [`load_history`](Self::load_history).
    pub(crate) fn begin_load(&self, topic: &str) {
        if let Some(history) = self.replica(topic) {
            lock(&history.order).loads += 1;
        }
    }

    /// Brings a replica up to date with the engine, if that was reached, and delivers what was missed.
    pub(crate) fn load_history(&self, topic: &str, stored: Option<Stored>) {
        let Some(history) = self.replica(topic) else {
            return;
        };
        let mut handed = Handed::new();
        let mut replica = lock(&history.order);
        let delivering = Delivering(self, topic, &history);
        replica.loads = replica.loads.saturating_sub(1); // another history of the topic may have begun the load
        match stored {
            Some(stored) => delivering.load(&mut replica, &stored, &mut handed),
            None => replica.is_current = false,
        }
        let is_again = replica.loads == 0 && delivering.release(&mut replica, &mut handed);
        replica.loads += usize::from(is_again);
        drop(replica);
        if let (true, Some(cluster), Some(limits)) = (is_again, &self.cluster, history.engine) {
            cluster.start_load(&topic.into(), limits);
        }
        history.loaded.notify_waiters();
        self.handed(handed, metrics::started());
    }

    /// Ends deliveries, without a lock.
    fn handed(&self, handed: Handed, since: Option<std::time::Instant>) {
        for (delivered, receivers) in handed {
            drop(receivers); // the last reference may be dropped here
            let _ = self.delivered(delivered, since); // an object can be sent
        }
    }

    fn replica(&self, topic: &str) -> Option<Arc<TopicHistory>> {
        self.history(topic)
            .filter(|history| history.engine.is_some())
    }
}

/// The clients that have asked for positions have a broadcast already.
struct IsRecovered(bool);

/// Deliveries of a topic, with the lock of their order.
struct Delivering<'a>(&'a PubSub, &'a str, &'a TopicHistory);

impl Delivering<'_> {
    /// Delivers a broadcast that follows the last one, or was delivered or loaded already.
    fn next(&self, replica: &mut Replica, held: &Held, handed: &mut Handed) -> Result<(), Gap> {
        let Held { place, .. } = held;
        let ring = lock(&self.2.ring);
        let position = held.position(&ring);
        if !replica.is_current || position.epoch != ring.position().epoch {
            return Err(Gap);
        }
        let last = ring.position().number;
        if position.number <= replica.handed {
            let is_kept = ring.has(position.number, &held.as_new());
            return if is_kept { Ok(()) } else { Err(Gap) };
        }
        if position.number > last && place.previous > last {
            return Err(Gap);
        }
        replica.handed = position.number;
        self.hand_out(ring, held, Instant::now(), handed);
        Ok(())
    }

    /// Adds a broadcast to the ring, unless it was loaded, and delivers it.
    fn hand_out(
        &self,
        mut ring: MutexGuard<'_, Ring>,
        held: &Held,
        at: Instant,
        handed: &mut Handed,
    ) {
        let position = held.position(&ring);
        let is_loaded = position.number <= ring.position().number;
        if is_loaded {
            return self.hand_to_others(ring, held, handed);
        }
        ring.push_as(position.number, &held.as_new(), at);
        self.hand_to(ring, held, IsRecovered(false), handed);
    }

    /// Delivers a broadcast to the clients that have not asked for positions. The others have it already, or join again.
    fn hand_to_others(&self, ring: MutexGuard<'_, Ring>, held: &Held, handed: &mut Handed) {
        self.hand_to(ring, held, IsRecovered(true), handed);
    }

    fn hand_to(
        &self,
        ring: MutexGuard<'_, Ring>,
        held: &Held,
        IsRecovered(is_recovered): IsRecovered,
        handed: &mut Handed,
    ) {
        let Delivering(pubsub, topic, _) = self;
        let position = held.position(&ring).to_ref();
        let receivers = pubsub.receivers(topic);
        drop(ring);
        let delivery = Delivery {
            position: Some(&position),
            from: held.from,
            is_recovered,
            ..Delivery::new(topic, &held.event, &held.payload)
        };
        let delivered = pubsub.hand_out(&delivery, &receivers);
        handed.push((delivered, receivers));
    }

    /// Takes over what the engine has. Broadcasts that were missed are delivered; if some are lost, clients join again.
    fn load(&self, replica: &mut Replica, stored: &Stored, handed: &mut Handed) {
        let (epoch, now) = (Epoch::of(stored.epoch), Instant::now());
        let last = lock(&self.2.ring).position();
        let follows = replica.is_known
            && last.epoch == epoch
            && (stored.start..=stored.last).contains(&last.number);
        if !follows {
            lock(&self.2.ring).restart(epoch, stored.start);
            replica.handed = 0;
        }
        for broadcast in &stored.broadcasts {
            let at = now.checked_sub(broadcast.age).unwrap_or(now);
            let is_missed = follows && broadcast.number > last.number;
            let Some(held) = self.read(stored.epoch, broadcast) else {
                lock(&self.2.ring).restart(epoch, broadcast.number);
                continue;
            };
            let mut ring = lock(&self.2.ring);
            if is_missed {
                replica.handed = broadcast.number;
                self.hand_out(ring, &held, at, handed);
            } else if !follows {
                ring.push_as(broadcast.number, &held.as_new(), at);
            }
        }
        lock(&self.2.ring).advance(stored.last);
        let is_lost = replica.is_known && !follows;
        (replica.is_known, replica.is_current) = (true, true);
        if is_lost {
            self.tell_loss();
        }
    }

    /// Reads a broadcast of the engine.
    fn read(&self, epoch: u64, broadcast: &StoredBroadcast) -> Option<Held> {
        let message = Message::decode(&broadcast.message);
        let message = message.inspect_err(|malformed| {
            log::malformed(malformed.0, broadcast.message.len());
        });
        let message = message.ok()?;
        let Body::Broadcast {
            event,
            payload,
            from,
        } = message.body
        else {
            return None;
        };
        let own = self.0.cluster.as_ref().map(|cluster| cluster.id());
        let from = from.filter(|from| from.node == own);
        let id = message.kept.map_or("", |kept| kept.from);
        Some(Held {
            place: Place {
                epoch,
                number: broadcast.number,
                previous: broadcast.number.saturating_sub(1),
            },
            event: event.into(),
            payload,
            from: from.map(|Origin { subscriber, .. }| subscriber),
            id: (!id.is_empty()).then(|| id.into()),
        })
    }

    /// Delivers what was held, unless the history could not be loaded. Then it waits, up to a limit.
    ///
    /// Returns whether the history has to be loaded again, since broadcasts of another one were among them.
    fn release(&self, replica: &mut Replica, handed: &mut Handed) -> bool {
        if !replica.is_current && replica.held.len() <= MAX_HELD {
            return false;
        }
        let mut is_of_another = false;
        for held in take(&mut replica.held) {
            let ring = lock(&self.2.ring);
            let position = held.position(&ring);
            if position.epoch != ring.position().epoch {
                is_of_another = true;
                self.hand_to_others(ring, &held, handed);
                self.tell_loss();
                continue;
            }
            drop(ring);
            let is_handed = position.number <= replica.handed;
            if is_handed || self.next(replica, &held, handed).is_ok() {
                continue;
            }
            lock(&self.2.ring).restart(position.epoch, held.place.previous);
            replica.handed = 0;
            (replica.is_known, replica.is_current) = (true, true);
            self.tell_loss();
            let _ = self.next(replica, &held, handed); // it follows now
        }
        is_of_another
    }

    /// Has the clients that have asked for positions join again, since broadcasts are lost.
    fn tell_loss(&self) {
        let Delivering(pubsub, topic, _) = self;
        log::history_lost(topic);
        pubsub
            .receivers(topic)
            .for_each(|subscriber| subscriber.lose());
    }
}

impl Held {
    /// Returns the position. Until the first load, an adapter may not know the epoch.
    fn position(&self, ring: &Ring) -> Position {
        match self.place.epoch {
            0 => Position {
                number: self.place.number,
                ..ring.position()
            },
            _ => self.place.position(),
        }
    }

    fn as_new(&self) -> New<'_> {
        New {
            event: &self.event,
            payload: &self.payload,
            from: self.id.as_ref(),
        }
    }
}

impl TopicHistory {
    /// Waits until the history is loaded from the engine, or cannot be.
    pub(super) async fn settled(&self) {
        loop {
            let loaded = self.loaded.notified();
            if lock(&self.order).loads == 0 {
                return;
            }
            loaded.await;
        }
    }

    /// Waits until this node has what a client has received elsewhere, or until a load shows that there is no such broadcast.
    ///
    /// Clients send any position, and those of a moment share a load: see [`PAUSE`].
    pub(super) async fn catch_up(&self, position: Position, start_load: impl Fn()) {
        let known = lock(&self.order).catching_up;
        while self.is_behind(position) {
            match self.next_step(known) {
                CatchUp::Load => start_load(),
                CatchUp::UnderWay => {}
                CatchUp::Later(at) => sleep_until(at).await,
                CatchUp::InVain => return,
            }
            self.settled().await;
        }
    }

    /// Returns whether a client has a position that this node has not received yet.
    fn is_behind(&self, position: Position) -> bool {
        let last = lock(&self.ring).position();
        last.epoch == position.epoch && last.number < position.number
    }

    /// Holds broadcasts back for a load, unless it is not its time. `known` is the last load of which the client knew.
    fn next_step(&self, known: Loads) -> CatchUp {
        let mut replica = lock(&self.order);
        let Loads { count, last } = replica.catching_up;
        if replica.loads > 0 {
            return CatchUp::UnderWay; // it may have begun before the client came
        }
        if count > known.count {
            return CatchUp::InVain;
        }
        let now = Instant::now();
        if let Some(at) = last.map(|last| last + PAUSE).filter(|at| now < *at) {
            return CatchUp::Later(at);
        }
        replica.loads += 1;
        replica.catching_up = Loads {
            count: count + 1,
            last: Some(now),
        };
        CatchUp::Load
    }

    /// Returns whether positions of the ring are those of clients: those of an engine have to be loaded before.
    pub(super) fn is_known(&self) -> bool {
        self.engine.is_none() || lock(&self.order).is_known
    }
}
