use crate::sync::{Mutex, lock};
use std::sync::{Arc, Weak};

#[cfg(all(test, axum_channels_loom))]
mod models;

/// Slots of one connection's channels for resources that end with their channel: subscriptions and timers.
pub(super) struct ChannelSlots<K, S> {
    taken: Mutex<Vec<(K, Weak<ChannelSlot<S>>)>>,
}

/// Slot for one subscription or timer, shared with its owner.
pub(super) struct ChannelSlot<S>(Mutex<State<S>>);

enum State<S> {
    Reserved,
    Taken(S),
    /// The channel has ended.
    Over,
}

impl<K, S> Default for ChannelSlots<K, S> {
    fn default() -> Self {
        ChannelSlots {
            taken: Mutex::new(Vec::new()),
        }
    }
}

impl<K: PartialEq, S> ChannelSlots<K, S> {
    /// Reserves a slot for a channel, before the resource exists.
    pub(super) fn reserve(&self, key: K) -> Arc<ChannelSlot<S>> {
        let slot = Arc::new(ChannelSlot(Mutex::new(State::Reserved)));
        let mut taken = lock(&self.taken);
        if taken.len() == taken.capacity() {
            taken.retain(|(_, slot)| slot.strong_count() > 0);
        }
        taken.push((key, Arc::downgrade(&slot)));
        slot
    }

    /// Returns the slots of a channel.
    pub(super) fn of(&self, key: K) -> Vec<Arc<ChannelSlot<S>>> {
        let taken = lock(&self.taken);
        let slots = taken.iter().filter(|(of, _)| *of == key);
        slots.filter_map(|(_, slot)| slot.upgrade()).collect()
    }

    /// Empties the slots of a channel.
    pub(super) fn end(&self, key: K) {
        let mut taken = lock(&self.taken);
        let slots: Vec<_> = taken
            .extract_if(.., |(of, _)| *of == key)
            .map(|(_, slot)| slot)
            .collect();
        let room = 2 * taken.len();
        taken.shrink_to(room);
        drop(taken);
        let slots = slots.iter().filter_map(Weak::upgrade);
        slots.for_each(|slot| slot.end());
    }
}

impl<S> ChannelSlot<S> {
    pub(super) fn over() -> Arc<Self> {
        Arc::new(ChannelSlot(Mutex::new(State::Over)))
    }

    /// Fills the slot, or drops the resource if the channel has ended meanwhile.
    pub(super) fn take(&self, resource: S) {
        let mut state = lock(&self.0);
        if matches!(*state, State::Reserved) {
            *state = State::Taken(resource);
        }
    }

    /// Reads what is in the slot. `None` if there is nothing.
    pub(super) fn read<T>(&self, read: impl FnOnce(&S) -> Option<T>) -> Option<T> {
        match &*lock(&self.0) {
            State::Taken(resource) => read(resource),
            State::Reserved | State::Over => None,
        }
    }

    /// Empties the slot for good.
    pub(super) fn end(&self) {
        let old = std::mem::replace(&mut *lock(&self.0), State::Over);
        drop(old); // the last reference may be dropped here: not under a lock
    }
}
