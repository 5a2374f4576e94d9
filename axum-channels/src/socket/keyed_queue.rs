use super::SendError;
use crate::sync::{Mutex, lock};
use std::collections::VecDeque;

#[cfg(all(test, axum_channels_loom))]
mod models;

/// Queue of messages to several receivers in one task, from any thread, until the task closes it.
///
/// Messages are the user's values: none is dropped under the lock, and none stays in a closed queue.
pub(super) struct KeyedQueue<K, M> {
    state: Mutex<State<K, M>>,
}

struct State<K, M> {
    waiting: VecDeque<(K, M)>,
    is_closed: bool,
}

impl<K, M> Default for KeyedQueue<K, M> {
    fn default() -> Self {
        let state = State {
            waiting: VecDeque::new(),
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
    /// At most `limit` messages of one receiver are queued, if there is a limit: a busy receiver takes no room from the
    /// others.
    ///
    /// Returns the number of messages queued for the receiver, including this one, or 1 if they are few.
    ///
    /// # Errors
    /// If there is no room, or the queue is closed.
    pub(super) fn push(
        &self,
        key: K,
        message: M,
        limit: Option<usize>,
    ) -> Result<usize, SendError> {
        let mut state = lock(&self.state);
        let is_long = limit.is_some_and(|limit| state.waiting.len() > limit / 8);
        let before = match is_long {
            true => {
                let to_key = state.waiting.iter().filter(|(to, _)| *to == key);
                to_key.count()
            }
            false => 0,
        };
        if limit.is_some_and(|limit| before >= limit) {
            return Err(SendError::Full);
        }
        if state.is_closed {
            return Err(SendError::Gone);
        }
        state.waiting.push_back((key, message));
        Ok(before + 1)
    }

    /// Passes each message to `take` until it has no room. The rest stays queued, in order.
    pub(super) fn drain(&self, mut take: impl FnMut(K, M) -> Result<(), M>) {
        let mut kept = std::mem::take(&mut lock(&self.state).waiting);
        for _ in 0..kept.len() {
            if let Some((key, message)) = kept.pop_front()
                && let Err(message) = take(key, message)
            {
                kept.push_back((key, message));
            }
        }
        if kept.is_empty() {
            return;
        }
        let mut state = lock(&self.state);
        kept.append(&mut state.waiting);
        state.waiting = kept;
    }

    /// Drops all queued messages, and accepts no more.
    pub(super) fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        drop(waiting);
    }
}
