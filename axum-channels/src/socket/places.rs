use crate::sync::{Mutex, lock};
use std::sync::{Arc, Weak};

#[cfg(all(test, axum_channels_loom))]
mod models;

/// The places that the channels of one connection have among the subscribers of topics, to be given up when they end.
pub(super) struct Places<K, S> {
    taken: Mutex<Vec<(K, Weak<Place<S>>)>>,
}

/// A place among a topic's subscribers, held by whoever keeps it.
pub(super) struct Place<S>(Mutex<State<S>>);

enum State<S> {
    Reserved,
    Taken(S),
    /// The channel has ended.
    Over,
}

impl<K, S> Default for Places<K, S> {
    fn default() -> Self {
        Places {
            taken: Mutex::new(Vec::new()),
        }
    }
}

impl<K: PartialEq, S> Places<K, S> {
    /// Reserves a place for a channel. It is known from here on, before there is a subscription that could have to be ended.
    pub(super) fn reserve(&self, key: K) -> Arc<Place<S>> {
        let place = Arc::new(Place(Mutex::new(State::Reserved)));
        let mut taken = lock(&self.taken);
        if taken.len() == taken.capacity() {
            taken.retain(|(_, place)| place.strong_count() > 0);
        }
        taken.push((key, Arc::downgrade(&place)));
        place
    }

    /// Gives up the places of a channel.
    pub(super) fn end(&self, key: K) {
        let mut taken = lock(&self.taken);
        let places: Vec<_> = taken
            .extract_if(.., |(of, _)| *of == key)
            .map(|(_, place)| place)
            .collect();
        let room = 2 * taken.len();
        taken.shrink_to(room);
        drop(taken);
        let places = places.iter().filter_map(Weak::upgrade);
        places.for_each(|place| place.end());
    }
}

impl<S> Place<S> {
    pub(super) fn over() -> Arc<Self> {
        Arc::new(Place(Mutex::new(State::Over)))
    }

    /// Takes the place, or drops the subscription if the channel has ended meanwhile.
    pub(super) fn take(&self, subscription: S) {
        let mut state = lock(&self.0);
        if matches!(*state, State::Reserved) {
            *state = State::Taken(subscription);
        }
    }

    fn end(&self) {
        let old = std::mem::replace(&mut *lock(&self.0), State::Over);
        drop(old); // may be the last of its connection: not under a lock
    }
}
