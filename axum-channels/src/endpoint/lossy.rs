use crate::sync::{Mutex, lock};
use std::collections::VecDeque;
use std::task::{Poll, Waker};

#[cfg(all(test, axum_channels_loom))]
mod models;

/// Bounded queue with one receiver. Items beyond its capacity are counted instead.
///
/// Queue, count and waker are behind one lock, so that an item is either queued or counted, and the receiver waits only
/// while there is neither. An atomic count could be raised just after the receiver has read it.
pub(crate) struct Lossy<T> {
    state: Mutex<State<T>>,
    capacity: usize,
}

struct State<T> {
    queue: VecDeque<T>,
    /// Number of items lost after those in the queue.
    missed: u64,
    receiver: Option<Waker>,
}

/// Capacity that an empty queue keeps.
const KEPT: usize = 32;

impl<T> Lossy<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        let state = State {
            queue: VecDeque::new(),
            missed: 0,
            receiver: None,
        };
        Lossy {
            state: Mutex::new(state),
            capacity,
        }
    }

    /// Queues an item, or counts it if the queue is full.
    ///
    /// After one is missed, all are until the receiver has read the count, so the gap is reported in the right place.
    pub(crate) fn push(&self, make: impl FnOnce() -> T) {
        let mut state = lock(&self.state);
        if state.missed > 0 || state.queue.len() >= self.capacity {
            state.missed += 1;
        } else {
            state.queue.push_back(make());
        }
        let receiver = state.receiver.take();
        drop(state);
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }

    /// Returns the next item; or, after the last one before a gap, the number of missed items. If there is neither, the
    /// next item wakes `receiver`.
    pub(crate) fn poll_next(&self, receiver: &Waker) -> Poll<Result<T, u64>> {
        let mut state = lock(&self.state);
        if let Some(item) = state.queue.pop_front() {
            if state.queue.is_empty() {
                state.queue.shrink_to(KEPT);
            }
            return Poll::Ready(Ok(item));
        }
        match std::mem::take(&mut state.missed) {
            0 => {
                state.receiver = Some(receiver.clone());
                Poll::Pending
            }
            missed => Poll::Ready(Err(missed)),
        }
    }
}
