use super::SendError;
use crate::sync::{Mutex, lock};
use std::collections::VecDeque;

#[cfg(all(test, axum_channels_loom))]
mod models;

/// A queue of messages for several receivers that live in one task, from anywhere in the app.
///
/// Whatever a message is, it is the user's: none is dropped under the lock, and none stays when the task is gone.
pub(super) struct KeyedQueue<K, M> {
    waiting: Mutex<VecDeque<(K, M)>>,
}

impl<K, M> Default for KeyedQueue<K, M> {
    fn default() -> Self {
        KeyedQueue {
            waiting: Mutex::new(VecDeque::new()),
        }
    }
}

impl<K: Copy + PartialEq, M> KeyedQueue<K, M> {
    /// Queues a message and has the task look at it. `wake` returns `false` if the task is gone: it must do so before the
    /// task [clears](Self::clear) the queue for the last time, so that one of the two clears it after the message came.
    ///
    /// Up to `limit` messages may wait for one receiver, if there is a limit: one that is busy takes no room from the others.
    ///
    /// # Errors
    /// If there is no room, or no task.
    pub(super) fn send(
        &self,
        key: K,
        message: M,
        limit: Option<usize>,
        wake: impl FnOnce() -> bool,
    ) -> Result<(), SendError> {
        let mut waiting = lock(&self.waiting);
        let is_full = |limit| {
            let for_key = || waiting.iter().filter(|(to, _)| *to == key).count();
            waiting.len() >= limit && for_key() >= limit
        };
        if limit.is_some_and(is_full) {
            return Err(SendError::Full);
        }
        waiting.push_back((key, message));
        drop(waiting);
        if wake() {
            return Ok(());
        }
        self.clear();
        Err(SendError::Gone)
    }

    /// Hands out the messages that `take` has room for. The rest stays, in order.
    pub(super) fn drain(&self, mut take: impl FnMut(K, M) -> Result<(), M>) {
        let mut kept = std::mem::take(&mut *lock(&self.waiting));
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
        let mut waiting = lock(&self.waiting);
        kept.append(&mut waiting);
        *waiting = kept;
    }

    pub(super) fn clear(&self) {
        let waiting = std::mem::take(&mut *lock(&self.waiting));
        drop(waiting);
    }
}
