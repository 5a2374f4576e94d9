use crate::sync::{Mutex, lock};

#[cfg(all(test, axum_channels_loom))]
mod models;

/// Queue before a receiver that is not ready yet. Once opened, everything passes.
///
/// Items that are passed one after the other, from any thread, arrive in that order. None is delivered under the lock.
pub(super) struct Gate<T>(Mutex<State<T>>);

enum State<T> {
    Closed(Vec<T>),
    Open,
}

impl<T> Gate<T> {
    /// Creates a closed gate, with its first items.
    pub(super) fn new(items: Vec<T>) -> Self {
        Gate(Mutex::new(State::Closed(items)))
    }

    /// Returns whether the gate is open, so that the caller delivers. Otherwise it keeps the item.
    pub(super) fn is_open_or_keeps(&self, item: impl FnOnce() -> T) -> bool {
        match &mut *lock(&self.0) {
            State::Open => true,
            State::Closed(items) => {
                items.push(item());
                false
            }
        }
    }

    /// Delivers the kept items, and those that arrive meanwhile, and opens the gate.
    pub(super) fn open(&self, mut deliver: impl FnMut(T)) {
        loop {
            let mut state = lock(&self.0);
            let State::Closed(items) = &mut *state else {
                return;
            };
            let items = std::mem::take(items);
            if items.is_empty() {
                *state = State::Open;
                return;
            }
            drop(state);
            items.into_iter().for_each(&mut deliver);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrives_while_the_gate_opens_is_delivered_behind_the_rest() {
        let gate = Gate::new(vec![1, 2]);
        assert!(!gate.is_open_or_keeps(|| 3));
        let mut delivered = Vec::new();
        gate.open(|item| {
            delivered.push(item);
            if item == 2 {
                assert!(!gate.is_open_or_keeps(|| 4));
            }
        });
        assert_eq!(delivered, [1, 2, 3, 4]);
        assert!(gate.is_open_or_keeps(|| 5));
        gate.open(|item| panic!("{item} was not kept"));
    }
}
