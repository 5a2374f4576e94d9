use super::SendError;
use crate::sync::{Mutex, lock};
use std::collections::VecDeque;

#[cfg(all(test, axum_channels_loom))]
mod models;
#[cfg(test)]
mod tests;

/// Queue of messages to several receivers in one task, from any thread, until the task closes it.
///
/// Messages are the user's values: none is dropped under the lock, and none stays in a closed queue.
pub(super) struct KeyedQueue<K, M> {
    state: Mutex<State<K, M>>,
}

/// The weight of a message in the queue of its receiver.
#[derive(Clone, Copy)]
pub(super) enum Weight {
    /// The message is queued regardless of the limits.
    None,
    Message,
    /// A broadcast with its size in memory.
    Broadcast(usize),
}

/// Limits of one receiver's queue: a busy receiver takes no room from the others.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Maximum number of messages; and of broadcasts, unless they are small.
    pub(super) messages: usize,
    /// Size of the broadcasts up to which their number is not limited.
    pub(super) bytes: usize,
}

struct State<K, M> {
    waiting: VecDeque<(K, Weight, M)>,
    /// Older messages, for which there was no room. They are out of here while the task drains the queue, but count.
    held_back: Vec<HeldBack<K, M>>,
    /// Totals of the receivers that have messages in `waiting`, and in `held_back`: few.
    totals: Vec<(K, Total)>,
    held_back_totals: Vec<(K, Total)>,
    is_closed: bool,
}

/// Messages of one receiver, in order.
struct HeldBack<K, M> {
    key: K,
    messages: VecDeque<(Weight, M)>,
    total: Total,
}

#[derive(Clone, Copy, Default)]
struct Total {
    messages: usize,
    broadcasts: usize,
    bytes: usize,
}

impl<K, M> Default for KeyedQueue<K, M> {
    fn default() -> Self {
        let state = State {
            waiting: VecDeque::new(),
            held_back: Vec::new(),
            totals: Vec::new(),
            held_back_totals: Vec::new(),
            is_closed: false,
        };
        KeyedQueue {
            state: Mutex::new(state),
        }
    }
}

impl<K: Copy + PartialEq, M> KeyedQueue<K, M> {
    /// Queues a message for the task.
    ///
    /// Returns the number of messages, or of broadcasts, that are queued for the receiver, including this one.
    ///
    /// # Errors
    /// If there is no room, or the queue is closed.
    pub(super) fn push(
        &self,
        key: K,
        message: M,
        weight: Weight,
        limits: Limits,
    ) -> Result<usize, SendError> {
        let mut state = lock(&self.state);
        let total = total([&state.totals, &state.held_back_totals], key);
        if total.is_full(weight, limits) {
            return Err(SendError::Full);
        }
        if state.is_closed {
            return Err(SendError::Gone);
        }
        state.waiting.push_back((key, weight, message));
        match state.totals.iter_mut().find(|(of, _)| *of == key) {
            Some((_, total)) => total.add(weight),
            None => state.totals.push((key, Total::default().with(weight))),
        }
        Ok(total.with(weight).number(weight))
    }

    /// Passes each message to `take`, which returns those that it has no room for. These stay queued, and later ones of their
    /// receivers as well, in order.
    pub(super) fn drain(&self, mut take: impl FnMut(K, M) -> Result<(), M>) {
        let (waiting, mut held_back) = lock(&self.state).take();
        let had_held_back = !held_back.is_empty();
        for of_key in &mut held_back {
            of_key.drain(&mut take);
        }
        held_back.retain(|of_key| !of_key.messages.is_empty());
        for (key, weight, message) in waiting {
            let at = held_back.iter().position(|it| it.key == key);
            let message = match (at, weight) {
                (Some(_), Weight::Message | Weight::Broadcast(_)) => message,
                // One that ends its receiver does not wait for older ones.
                (None, _) | (_, Weight::None) => match take(key, message) {
                    Ok(()) => continue,
                    Err(message) => message,
                },
            };
            let at = at.unwrap_or_else(|| {
                held_back.push(HeldBack::new(key));
                held_back.len() - 1
            });
            held_back[at].push(weight, message);
        }
        if had_held_back || !held_back.is_empty() {
            let totals = held_back.iter().map(|it| (it.key, it.total)).collect();
            let mut state = lock(&self.state);
            state.held_back_totals = totals;
            state.held_back = held_back;
        }
    }

    /// Drops all queued messages, and accepts no more.
    pub(super) fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        let dropped = state.take();
        drop(state);
        drop(dropped);
    }
}

type Taken<K, M> = (VecDeque<(K, Weight, M)>, Vec<HeldBack<K, M>>);

impl<K, M> State<K, M> {
    fn take(&mut self) -> Taken<K, M> {
        self.totals = Vec::new();
        let waiting = std::mem::take(&mut self.waiting);
        (waiting, std::mem::take(&mut self.held_back))
    }
}

impl<K: Copy, M> HeldBack<K, M> {
    fn new(key: K) -> Self {
        HeldBack {
            key,
            messages: VecDeque::new(),
            total: Total::default(),
        }
    }

    fn push(&mut self, weight: Weight, message: M) {
        self.total.add(weight);
        self.messages.push_back((weight, message));
    }

    fn drain(&mut self, take: &mut impl FnMut(K, M) -> Result<(), M>) {
        while let Some((weight, message)) = self.messages.pop_front() {
            if let Err(message) = take(self.key, message) {
                self.messages.push_front((weight, message));
                return;
            }
            self.total.subtract(weight);
        }
    }
}

/// Returns the sum of a receiver's totals.
fn total<K: PartialEq>(parts: [&[(K, Total)]; 2], key: K) -> Total {
    let of_key = parts.into_iter().flatten().filter(|(of, _)| *of == key);
    of_key.fold(Total::default(), |sum, (_, total)| Total {
        messages: sum.messages + total.messages,
        broadcasts: sum.broadcasts + total.broadcasts,
        bytes: sum.bytes + total.bytes,
    })
}

impl Total {
    fn with(mut self, weight: Weight) -> Self {
        self.add(weight);
        self
    }

    fn add(&mut self, weight: Weight) {
        match weight {
            Weight::None => {}
            Weight::Message => self.messages += 1,
            Weight::Broadcast(bytes) => {
                self.broadcasts += 1;
                self.bytes += bytes;
            }
        }
    }

    fn subtract(&mut self, weight: Weight) {
        match weight {
            Weight::None => {}
            Weight::Message => self.messages -= 1,
            Weight::Broadcast(bytes) => {
                self.broadcasts -= 1;
                self.bytes -= bytes;
            }
        }
    }

    fn is_full(self, weight: Weight, limits: Limits) -> bool {
        match weight {
            Weight::None => false,
            Weight::Message => self.messages >= limits.messages,
            Weight::Broadcast(_) => {
                self.broadcasts >= limits.messages && self.bytes >= limits.bytes
            }
        }
    }

    /// Returns the number of messages of a kind.
    fn number(self, weight: Weight) -> usize {
        match weight {
            Weight::None | Weight::Message => self.messages,
            Weight::Broadcast(_) => self.broadcasts,
        }
    }
}
