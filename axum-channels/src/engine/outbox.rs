use crate::message::Topic;
use crate::pubsub::History;
use crate::sync::lock;
use bytes::Bytes;
use std::collections::{HashSet, VecDeque};
use std::mem::take;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Messages that wait for the engine.
///
/// The queue is bounded. A broadcast that does not fit is refused; a change of presences that does not fit is replaced by
/// the whole list of its topic later, so that it is never lost.
pub(super) struct Outbox {
    state: Mutex<State>,
    filled: Notify,
    max_bytes: usize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Outgoing>,
    bytes: usize,
    /// Number of the last message that the engine is to keep.
    stored: u64,
    /// Topics with changes of presences that did not fit.
    lists: HashSet<Topic>,
    /// Kind of batch that the sender waits for.
    wanted: Wanted,
    /// Times at which the oldest messages were queued of batches that were taken, and are not confirmed.
    in_flight: VecDeque<Instant>,
}

/// Kinds of batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wanted {
    #[default]
    Any,
    /// Messages up to the maximum number or size.
    Whole,
}

/// A message to other nodes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outgoing {
    pub(super) topic: Topic,
    pub(super) message: Bytes,
    pub(super) kind: Kind,
    queued: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Broadcast,
    Presences,
    /// A broadcast that the engine keeps, and its number among those of this node. It is sent again until it is confirmed.
    Stored {
        limits: History,
        number: u64,
    },
}

/// Messages that are sent together.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Batch {
    pub(super) messages: Vec<Outgoing>,
    /// Topics whose lists of presences are sent, as many as messages at most.
    pub(super) lists: Vec<Topic>,
}

/// Maximum number of messages, and approximately of bytes, of a batch.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 1024 * 1024;

/// Bytes that a message takes besides its own.
const OVERHEAD: usize = 128;

impl Batch {
    /// Returns whether it has nothing but broadcasts that the engine does not keep.
    pub(super) fn is_plain(&self) -> bool {
        let mut messages = self.messages.iter();
        self.lists.is_empty() && messages.all(|outgoing| outgoing.kind == Kind::Broadcast)
    }
}

impl Outbox {
    pub(super) fn new(max_bytes: usize) -> Self {
        Outbox {
            state: Mutex::default(),
            filled: Notify::new(),
            max_bytes,
        }
    }

    /// Queues a broadcast that the engine is to keep.
    pub(super) fn store(
        &self,
        topic: &str,
        message: Bytes,
        limits: History,
    ) -> Result<(), QueueFull> {
        let mut state = lock(&self.state);
        let number = state.stored + 1;
        let kind = Kind::Stored { limits, number };
        self.push_to(&mut state, topic, message, kind)?;
        state.stored = number;
        self.notify(state);
        Ok(())
    }

    /// Puts messages back that were taken and not confirmed, before all others.
    pub(super) fn put_back(&self, messages: impl DoubleEndedIterator<Item = Outgoing>) {
        let mut state = lock(&self.state);
        for outgoing in messages.rev() {
            state.bytes += room(&outgoing.topic, &outgoing.message);
            state.queue.push_front(outgoing);
        }
    }

    /// Queues a message.
    pub(super) fn push(&self, topic: &str, message: Bytes, kind: Kind) -> Result<(), QueueFull> {
        let mut state = lock(&self.state);
        self.push_to(&mut state, topic, message, kind)?;
        self.notify(state);
        Ok(())
    }

    fn push_to(
        &self,
        state: &mut State,
        topic: &str,
        message: Bytes,
        kind: Kind,
    ) -> Result<(), QueueFull> {
        let bytes = room(topic, &message);
        let fits = state.bytes + bytes <= self.max_bytes;
        match kind {
            Kind::Broadcast | Kind::Stored { .. } if !fits => return Err(QueueFull),
            Kind::Presences if !fits => {
                state.lists.insert(topic.into());
            }
            _ => {
                state.bytes += bytes;
                state.queue.push_back(Outgoing {
                    topic: topic.into(),
                    message,
                    kind,
                    queued: Instant::now(),
                });
            }
        }
        Ok(())
    }

    /// Wakes the sender if there is what it waits for.
    fn notify(&self, state: MutexGuard<'_, State>) {
        let is_enough = state.has(state.wanted);
        drop(state);
        if is_enough {
            self.filled.notify_one();
        }
    }

    /// Waits for messages, and takes them.
    ///
    /// # Cancel safety
    /// Nothing is taken if it is dropped.
    pub(super) async fn next(&self, wanted: Wanted) -> Batch {
        loop {
            if let Some(batch) = self.take(wanted) {
                return batch;
            }
            self.filled.notified().await;
        }
    }

    /// Takes messages, if there are enough.
    pub(super) fn take(&self, wanted: Wanted) -> Option<Batch> {
        let mut state = lock(&self.state);
        state.wanted = wanted;
        if !state.has(wanted) {
            return None;
        }
        let mut batch = Batch::default();
        let mut bytes = 0;
        while batch.messages.len() < BATCH && bytes < BATCH_BYTES {
            let Some(outgoing) = state.pop() else {
                break;
            };
            bytes += outgoing.message.len();
            batch.messages.push(outgoing);
        }
        let oldest = batch.messages.first().map(|oldest| oldest.queued);
        state
            .in_flight
            .push_back(oldest.unwrap_or_else(Instant::now));
        if state.queue.is_empty() {
            state.queue.shrink_to(BATCH);
            batch.lists = state.lists.extract_if(|_| true).take(BATCH).collect();
        }
        Some(batch)
    }

    /// Records that the oldest batch was confirmed, or lost.
    pub(super) fn settle(&self) {
        lock(&self.state).in_flight.pop_front();
    }

    /// Returns the age of the oldest message that is not confirmed.
    pub(super) fn lag(&self) -> Duration {
        let state = lock(&self.state);
        let queued = state.queue.front().map(|oldest| oldest.queued);
        let oldest = state.in_flight.front().copied().or(queued);
        oldest.map_or(Duration::ZERO, |oldest| oldest.elapsed())
    }

    /// Queues the whole list of a topic's presences, whose changes may have been lost.
    pub(super) fn push_list(&self, topic: Topic) {
        lock(&self.state).lists.insert(topic);
        self.filled.notify_one();
    }

    /// Drops broadcasts that have waited longer than `age`, unless the engine is to keep them, and replaces changes of
    /// presences by the lists of their topics. Returns the number of dropped broadcasts.
    pub(super) fn expire(&self, age: Duration) -> u64 {
        let mut state = lock(&self.state);
        state.bytes = 0;
        let mut expired = 0;
        for outgoing in take(&mut state.queue) {
            match outgoing.kind {
                Kind::Presences => {
                    state.lists.insert(outgoing.topic);
                }
                Kind::Broadcast if outgoing.queued.elapsed() > age => expired += 1,
                Kind::Broadcast | Kind::Stored { .. } => {
                    state.bytes += room(&outgoing.topic, &outgoing.message);
                    state.queue.push_back(outgoing);
                }
            }
        }
        drop(state);
        self.filled.notify_one();
        expired
    }
}

impl State {
    fn has(&self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Any => !(self.queue.is_empty() && self.lists.is_empty()),
            Wanted::Whole => self.queue.len() >= BATCH || self.bytes >= BATCH_BYTES,
        }
    }

    fn pop(&mut self) -> Option<Outgoing> {
        let outgoing = self.queue.pop_front()?;
        self.bytes -= room(&outgoing.topic, &outgoing.message);
        Some(outgoing)
    }
}

/// Returns the number of bytes that a message takes in the queue.
fn room(topic: &str, message: &Bytes) -> usize {
    message.len() + topic.len() + OVERHEAD
}

/// Error of a broadcast that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QueueFull;

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: usize) -> Bytes {
        vec![b'x'; bytes].into()
    }

    fn topics(batch: &Batch) -> Vec<&str> {
        let messages = batch.messages.iter();
        messages.map(|outgoing| outgoing.topic.as_str()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn messages_are_taken_in_order_and_what_does_not_fit_is_refused() {
        let outbox = Outbox::new(1000);
        for topic in ["a", "b", "a"] {
            assert_eq!(outbox.push(topic, message(100), Kind::Broadcast), Ok(()));
        }
        let refused = outbox.push("c", message(400), Kind::Broadcast);
        assert_eq!(refused, Err(QueueFull));
        assert_eq!(outbox.push("c", message(100), Kind::Broadcast), Ok(()));
        assert_eq!(
            topics(&outbox.next(Wanted::Any).await),
            ["a", "b", "a", "c"]
        );
        assert_eq!(outbox.take(Wanted::Any), None);
        assert_eq!(outbox.push("c", message(400), Kind::Broadcast), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn presences_that_do_not_fit_become_the_list_of_their_topic() {
        let outbox = Outbox::new(300);
        outbox
            .push("a", message(100), Kind::Broadcast)
            .expect("it fits");
        for _ in 0..3 {
            outbox
                .push("b", message(100), Kind::Presences)
                .expect("never refused");
        }
        let batch = outbox.next(Wanted::Any).await;
        assert_eq!(topics(&batch), ["a"]);
        assert_eq!(batch.lists, ["b"]);
        assert_eq!(outbox.take(Wanted::Any), None);
    }

    #[tokio::test(start_paused = true)]
    async fn batches_are_limited_and_lists_come_after_all_messages() {
        let outbox = Outbox::new(600 * (OVERHEAD + 2));
        for _ in 0..600 {
            outbox
                .push("a", message(1), Kind::Broadcast)
                .expect("it fits");
        }
        outbox
            .push("b", message(1), Kind::Presences)
            .expect("never refused");
        let batches: Vec<_> = std::iter::from_fn(|| outbox.take(Wanted::Any)).collect();
        let sizes = batches.iter().map(|it| (it.messages.len(), it.lists.len()));
        assert_eq!(sizes.collect::<Vec<_>>(), [(512, 0), (88, 1)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_with_presences_or_stored_broadcasts_is_not_plain() {
        let outbox = Outbox::new(10_000);
        let is_plain = || outbox.take(Wanted::Any).map(|batch| batch.is_plain());
        let broadcast = || outbox.push("a", message(1), Kind::Broadcast);
        assert_eq!(broadcast(), Ok(()));
        assert_eq!(is_plain(), Some(true));
        assert_eq!(broadcast(), Ok(()));
        assert_eq!(outbox.store("b", message(1), History::last(1)), Ok(()));
        assert_eq!(is_plain(), Some(false));
        assert_eq!(broadcast(), Ok(()));
        assert_eq!(outbox.push("b", message(1), Kind::Presences), Ok(()));
        assert_eq!(is_plain(), Some(false));
        outbox.push_list("b".into());
        assert_eq!(is_plain(), Some(false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_whole_batch_is_taken_once_it_has_enough_messages_or_bytes() {
        let outbox = Outbox::new(10 * BATCH_BYTES);
        let push = |bytes| outbox.push("a", message(bytes), Kind::Broadcast);
        for _ in 1..BATCH {
            push(1).expect("it fits");
        }
        assert_eq!(outbox.take(Wanted::Whole), None);
        let (batch, pushed) = tokio::join!(outbox.next(Wanted::Whole), async { push(1) });
        assert_eq!((batch.messages.len(), pushed), (BATCH, Ok(())));
        push(BATCH_BYTES / 2).expect("it fits");
        assert_eq!(outbox.take(Wanted::Whole), None);
        push(BATCH_BYTES / 2).expect("it fits");
        let batch = outbox.take(Wanted::Whole).expect("enough bytes");
        assert_eq!(batch.messages.len(), 2);
        push(1).expect("it fits");
        assert_eq!(
            outbox.take(Wanted::Any).map(|it| it.messages.len()),
            Some(1)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn the_lag_is_the_age_of_the_oldest_message_that_is_not_confirmed() {
        let outbox = Outbox::new(10_000);
        assert_eq!(outbox.lag(), Duration::ZERO);
        let second = Duration::from_secs(1);
        let push = || outbox.push("a", message(1), Kind::Broadcast);
        push().expect("it fits");
        tokio::time::advance(second).await;
        assert_eq!(outbox.lag(), second);
        assert_eq!(outbox.next(Wanted::Any).await.messages.len(), 1);
        push().expect("it fits");
        tokio::time::advance(second).await;
        assert_eq!(outbox.lag(), 2 * second);
        outbox.settle();
        assert_eq!(outbox.lag(), second);
        outbox.next(Wanted::Any).await;
        outbox.settle();
        assert_eq!(outbox.lag(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn broadcasts_that_have_waited_too_long_are_counted_and_presences_become_lists() {
        let outbox = Outbox::new(10_000);
        for (topic, kind) in [
            ("old", Kind::Broadcast),
            ("old", Kind::Presences),
            ("new", Kind::Presences),
            ("new", Kind::Broadcast),
        ] {
            outbox.push(topic, message(1), kind).expect("it fits");
            tokio::time::advance(Duration::from_secs(4)).await;
        }
        assert_eq!(outbox.expire(Duration::from_secs(15)), 1);
        let mut batch = outbox.next(Wanted::Any).await;
        batch.lists.sort_by_key(Topic::to_string);
        assert_eq!(topics(&batch), ["new"]);
        assert_eq!(batch.lists, ["new", "old"]);
        assert_eq!(lock(&outbox.state).bytes, 0);
    }
}
