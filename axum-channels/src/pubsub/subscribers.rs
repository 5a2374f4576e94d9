use super::slot_list::{SlotId, SlotList};
use super::{List, Subscriber};
use crate::sync::lock;
use std::sync::{Arc, Mutex};

/// Subscribers to one topic.
///
/// A topic with many of them is divided into parts, one for each [lane](super::lane::Lane). It stays divided until it has
/// no subscribers, so that no later broadcast is delivered before an earlier one that still waits in a lane.
pub(super) enum Subscribers {
    Few(Arc<List>),
    Many(Many),
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
            *self = Subscribers::Many(Many::divide(list, lanes));
        }
        match self {
            Subscribers::Few(list) => Arc::make_mut(list).insert(subscriber),
            Subscribers::Many(many) => many.insert(subscriber),
        }
    }

    pub(super) fn remove(&mut self, id: SlotId) -> Option<Arc<dyn Subscriber>> {
        match self {
            Subscribers::Few(list) => Arc::make_mut(list).remove(id),
            Subscribers::Many(many) => many.remove(id),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Subscribers::Few(list) => list.len(),
            Subscribers::Many(many) => many.len(),
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

    pub(super) fn parts(&self) -> &Arc<Parts> {
        &self.parts
    }

    /// Returns the id of the next subscriber: all present ones are below it.
    pub(super) fn end(&self) -> SlotId {
        self.next
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
