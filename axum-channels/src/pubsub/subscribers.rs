use super::history::TopicHistory;
use super::slot_list::{SlotId, SlotList};
use super::{List, Subscriber};
use crate::sync::lock;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// Subscribers to one topic.
///
/// A topic with many of them is divided into parts, one for each [lane](super::lane::Lane). It stays divided until it has
/// no subscribers, so that no later broadcast is delivered before an earlier one that still waits in a lane.
pub(super) enum Subscribers {
    Few(Arc<List>),
    /// Boxed, and so is the next: most topics have few, and take no memory for these.
    Many(Box<Many>),
    /// Of a topic with a history.
    WithHistory(Box<WithHistory>),
}

/// Subscribers to a topic with a history. There may be none.
pub(super) struct WithHistory {
    history: Arc<TopicHistory>,
    /// Time for which it stays after it was in use.
    stays_for: Duration,
    /// The last time at which the history was found in use.
    used_at: Instant,
    subscribers: Subscribers,
}

/// Subscribers at the moment of a broadcast.
pub(super) enum Receivers {
    None,
    Few(Arc<List>),
    /// Each lane's part, and the end of the slots that are served.
    Many {
        parts: Arc<Parts>,
        end: SlotId,
        len: usize,
    },
}

pub(super) struct Many {
    parts: Arc<Parts>,
    next: SlotId,
    len: usize,
}

/// Subscribers of each lane. A lane takes its part when it delivers, so subscribers that have left since the broadcast
/// are not among them.
pub(super) struct Parts(Box<[Mutex<Arc<List>>]>);

/// Number of subscribers above which a topic is divided.
pub(super) const MANY: usize = 1024;

impl Subscribers {
    pub(super) fn new() -> Self {
        Subscribers::Few(Arc::new(List::new()))
    }

    /// Adds a subscriber. `lanes` is the number of parts, should there be many.
    pub(super) fn insert(&mut self, subscriber: Arc<dyn Subscriber>, lanes: usize) -> SlotId {
        if let Subscribers::Few(list) = self
            && list.len() >= MANY
        {
            *self = Subscribers::Many(Box::new(Many::divide(list, lanes)));
        }
        match self {
            Subscribers::Few(list) => Arc::make_mut(list).insert(subscriber),
            Subscribers::Many(many) => many.insert(subscriber),
            Subscribers::WithHistory(topic) => topic.subscribers.insert(subscriber, lanes),
        }
    }

    pub(super) fn get(&self, id: SlotId) -> Option<Arc<dyn Subscriber>> {
        match self {
            Subscribers::Few(list) => list.get(id).cloned(),
            Subscribers::Many(many) => lock(many.parts.of(id)).get(id).cloned(),
            Subscribers::WithHistory(topic) => topic.subscribers.get(id),
        }
    }

    pub(super) fn remove(&mut self, id: SlotId) -> Option<Arc<dyn Subscriber>> {
        match self {
            Subscribers::Few(list) => Arc::make_mut(list).remove(id),
            Subscribers::Many(many) => many.remove(id),
            Subscribers::WithHistory(topic) => topic.subscribers.remove(id),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Subscribers::Few(list) => list.len(),
            Subscribers::Many(many) => many.len(),
            Subscribers::WithHistory(topic) => topic.subscribers.len(),
        }
    }

    /// Returns the present subscribers.
    pub(super) fn receivers(&self) -> Receivers {
        match self {
            Subscribers::Few(list) => Receivers::Few(list.clone()),
            Subscribers::Many(many) => Receivers::Many {
                parts: many.parts.clone(),
                end: many.next,
                len: many.len,
            },
            Subscribers::WithHistory(topic) => topic.subscribers.receivers(),
        }
    }

    /// Returns whether there is neither a subscriber nor a history.
    pub(super) fn is_unused(&self) -> bool {
        self.len() == 0 && self.history().is_none()
    }

    pub(super) fn history(&self) -> Option<&Arc<TopicHistory>> {
        match self {
            Subscribers::WithHistory(topic) => Some(&topic.history),
            Subscribers::Few(_) | Subscribers::Many(_) => None,
        }
    }

    pub(super) fn add_history(&mut self, topic: WithHistory) {
        let subscribers = std::mem::replace(self, Subscribers::new());
        *self = Subscribers::WithHistory(Box::new(WithHistory {
            subscribers,
            ..topic
        }));
    }

    /// Takes the history, if it has not been in use for its time.
    pub(super) fn take_old_history(&mut self, now: Instant) -> Option<Arc<TopicHistory>> {
        let Subscribers::WithHistory(topic) = self else {
            return None;
        };
        if !topic.is_old(now) {
            return None;
        }
        let subscribers = std::mem::replace(&mut topic.subscribers, Subscribers::new());
        match std::mem::replace(self, subscribers) {
            Subscribers::WithHistory(topic) => Some(topic.history),
            Subscribers::Few(_) | Subscribers::Many(_) => None,
        }
    }
}

impl WithHistory {
    pub(super) fn new(history: Arc<TopicHistory>, stays_for: Duration, now: Instant) -> Self {
        WithHistory {
            history,
            stays_for,
            used_at: now,
            subscribers: Subscribers::new(),
        }
    }

    fn is_old(&mut self, now: Instant) -> bool {
        if self.history.is_in_use() {
            self.used_at = now;
        }
        // A broadcast that is being delivered holds it, too. It is dropped the next time.
        now.saturating_duration_since(self.used_at) > self.stays_for
            && Arc::strong_count(&self.history) == 1
    }
}

impl Receivers {
    /// Calls a function for each present subscriber.
    pub(super) fn for_each(&self, call: impl Fn(&dyn Subscriber)) {
        let call = |subscriber: &Arc<dyn Subscriber>| call(&**subscriber);
        match self {
            Receivers::None => {}
            Receivers::Few(list) => list.iter().for_each(call),
            Receivers::Many { parts, .. } => {
                for part in &parts.0 {
                    let part = lock(part).clone();
                    part.iter().for_each(call);
                }
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Receivers::None => 0,
            Receivers::Few(list) => list.len(),
            Receivers::Many { len, .. } => *len,
        }
    }
}

impl Many {
    fn divide(list: &List, lanes: usize) -> Many {
        let mut parts: Vec<List> = (0..lanes).map(|_| SlotList::new()).collect();
        for (id, subscriber) in list.iter_from(SlotId::default()) {
            parts[id.part(lanes)].insert_as(id, subscriber.clone());
        }
        let parts = parts.into_iter().map(|part| Mutex::new(Arc::new(part)));
        Many {
            parts: Arc::new(Parts(parts.collect())),
            next: list.next_id(),
            len: list.len(),
        }
    }

    fn insert(&mut self, subscriber: Arc<dyn Subscriber>) -> SlotId {
        let id = self.next;
        self.next = id.next();
        self.len += 1;
        Arc::make_mut(&mut lock(self.parts.of(id))).insert_as(id, subscriber);
        id
    }

    fn remove(&mut self, id: SlotId) -> Option<Arc<dyn Subscriber>> {
        let removed = Arc::make_mut(&mut lock(self.parts.of(id))).remove(id)?;
        self.len -= 1;
        Some(removed)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

impl Parts {
    /// Returns the present subscribers of a lane.
    pub(super) fn get(&self, lane: usize) -> Arc<List> {
        lock(&self.0[lane]).clone()
    }

    fn of(&self, id: SlotId) -> &Mutex<Arc<List>> {
        &self.0[id.part(self.0.len())]
    }
}
