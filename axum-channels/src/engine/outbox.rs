use super::backoff::Backoff;
use crate::message::Topic;
use crate::pubsub::History;
use crate::sync::lock;
use bytes::Bytes;
use std::collections::{HashSet, VecDeque};
use std::future::pending;
use std::mem::take;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Messages that wait for the engine.
///
/// The queue is bounded. A broadcast that does not fit is refused; a change of presences that does not fit is replaced by
/// the whole list of its topic later, so that it is never lost.
pub(super) struct Outbox {
    state: Mutex<State>,
    filled: Notify,
    max_bytes: usize,
}

struct State {
    /// Messages that the engine passes on.
    passed: Queue,
    /// Messages that it also keeps: they wait while it refuses them.
    stored: Queue,
    /// Number of the last message in either queue.
    sequence: u64,
    /// Number of the last message that the engine was to keep.
    number: u64,
    /// Time until which those that it keeps are not sent, after it has refused some.
    refused_until: Option<Instant>,
    pauses: Backoff,
    /// Topics with changes of presences that did not fit.
    lists: HashSet<Topic>,
    /// Kind of batch that the sender waits for.
    wanted: Wanted,
    /// Times at which the oldest messages were queued of batches that were taken, and are not confirmed.
    in_flight: VecDeque<Instant>,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Outgoing>,
    bytes: usize,
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
    sequence: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Broadcast,
    Presences,
    /// A broadcast that the engine keeps, and its number among those of this node, which it has from when it is taken. It is
    /// sent again until it is confirmed.
    Stored {
        limits: History,
        number: Option<u64>,
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

/// Maximum number of those that the engine only passes on: the more, the more topics have several, which are sent as one.
const BROADCASTS: usize = 4096;

/// Bytes that a message takes besides its own.
const OVERHEAD: usize = 128;

/// Longest pause before refused messages are sent again is a fifth of it, 2 seconds.
const PATIENCE: Duration = Duration::from_secs(10);

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
            state: Mutex::new(State {
                passed: Queue::default(),
                stored: Queue::default(),
                sequence: 0,
                number: 0,
                refused_until: None,
                pauses: Backoff::new(PATIENCE),
                lists: HashSet::new(),
                wanted: Wanted::Any,
                in_flight: VecDeque::new(),
            }),
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
        let number = None;
        self.push(topic, message, Kind::Stored { limits, number })
    }

    /// Puts messages back that the engine is to keep, that were taken and not confirmed, before all others.
    pub(super) fn put_back(&self, messages: impl DoubleEndedIterator<Item = Outgoing>) {
        let mut state = lock(&self.state);
        messages.rev().for_each(|it| state.stored.put_back(it));
    }

    /// Puts messages back that the engine has refused to keep: they are sent again after a pause, under other numbers. Those that are
    /// older than their history goes back are dropped: returns their number.
    pub(super) fn refuse(&self, messages: Vec<Outgoing>) -> u64 {
        let mut state = lock(&self.state);
        let pause = state.pauses.next(Duration::ZERO);
        state.refused_until = Some(Instant::now() + pause);
        let mut dropped = 0;
        for mut outgoing in messages.into_iter().rev() {
            match &mut outgoing.kind {
                Kind::Stored { limits, .. } if outgoing.queued.elapsed() > limits.age() => {
                    dropped += 1;
                    continue;
                }
                Kind::Stored { number, .. } => *number = None,
                Kind::Broadcast | Kind::Presences => {}
            }
            state.stored.put_back(outgoing);
        }
        dropped
    }

    /// Records that the engine keeps messages, after it may have refused some.
    pub(super) fn accept(&self) {
        let mut state = lock(&self.state);
        if state.refused_until.take().is_some() {
            state.pauses = Backoff::new(PATIENCE);
        }
    }

    /// Queues a message.
    pub(super) fn push(&self, topic: &str, message: Bytes, kind: Kind) -> Result<(), QueueFull> {
        let mut state = lock(&self.state);
        let bytes = state.passed.bytes + state.stored.bytes + room(topic, &message);
        match kind {
            _ if bytes <= self.max_bytes => {
                state.sequence += 1;
                let outgoing = Outgoing {
                    topic: topic.into(),
                    message,
                    kind,
                    queued: Instant::now(),
                    sequence: state.sequence,
                };
                state.queue(kind).push(outgoing);
            }
            Kind::Broadcast | Kind::Stored { .. } => return Err(QueueFull),
            Kind::Presences => {
                state.lists.insert(topic.into());
            }
        }
        self.notify(state);
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
            let refused_until = lock(&self.state).refused_until;
            let pause = async {
                match refused_until.filter(|end| *end > Instant::now()) {
                    Some(end) => sleep_until(end).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = self.filled.notified() => {}
                () = pause => {}
            }
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
        let (mut bytes, mut max) = (0, BROADCASTS);
        while batch.messages.len() < max && bytes < BATCH_BYTES {
            let Some(outgoing) = state.pop() else {
                break;
            };
            if outgoing.kind != Kind::Broadcast {
                max = BATCH;
            }
            bytes += outgoing.message.len();
            batch.messages.push(outgoing);
        }
        let oldest = batch.messages.first().map(|oldest| oldest.queued);
        state
            .in_flight
            .push_back(oldest.unwrap_or_else(Instant::now));
        if state.passed.messages.is_empty() {
            state.passed.messages.shrink_to(BATCH);
            batch.lists = state.lists.extract_if(|_| true).take(BATCH).collect();
        }
        if state.stored.messages.is_empty() {
            state.stored.messages.shrink_to(BATCH);
        }
        Some(batch)
    }

    /// Returns the number of the message that was queued last.
    pub(super) fn last(&self) -> u64 {
        lock(&self.state).sequence
    }

    /// Takes messages while there are some up to this number, which may be queued faster than they are sent.
    pub(super) fn take_up_to(&self, last: u64) -> Option<Batch> {
        let has_more = lock(&self.state).first().is_some_and(|first| first <= last);
        has_more.then(|| self.take(Wanted::Any))?
    }

    /// Records that the oldest batch was confirmed, or lost.
    pub(super) fn settle(&self) {
        lock(&self.state).in_flight.pop_front();
    }

    /// Returns the age of the oldest message that is not confirmed.
    pub(super) fn lag(&self) -> Duration {
        let state = lock(&self.state);
        let queues = [&state.passed, &state.stored].into_iter();
        let queued = queues.filter_map(|queue| Some(queue.messages.front()?.queued));
        let oldest = queued.chain(state.in_flight.front().copied()).min();
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
        let mut expired = 0;
        for outgoing in take(&mut state.passed).messages {
            match outgoing.kind {
                Kind::Presences => {
                    state.lists.insert(outgoing.topic);
                }
                _ if outgoing.queued.elapsed() > age => expired += 1,
                _ => state.passed.push(outgoing),
            }
        }
        drop(state);
        self.filled.notify_one();
        expired
    }
}

impl State {
    fn queue(&mut self, kind: Kind) -> &mut Queue {
        match kind {
            Kind::Stored { .. } => &mut self.stored,
            Kind::Broadcast | Kind::Presences => &mut self.passed,
        }
    }

    fn is_refused(&self) -> bool {
        let end = self.refused_until;
        end.is_some_and(|end| Instant::now() < end)
    }

    fn has(&self, wanted: Wanted) -> bool {
        let (mut count, mut bytes) = (self.passed.messages.len(), self.passed.bytes);
        if !self.is_refused() {
            count += self.stored.messages.len();
            bytes += self.stored.bytes;
        }
        match wanted {
            Wanted::Any => count > 0 || !self.lists.is_empty(),
            Wanted::Whole => count >= BROADCASTS || bytes >= BATCH_BYTES,
        }
    }

    /// Returns the number of the message that was queued first.
    fn first(&self) -> Option<u64> {
        let [passed, stored] = self.firsts();
        passed.into_iter().chain(stored).min()
    }

    /// Returns the numbers of the first messages that are passed on, and that are kept.
    fn firsts(&self) -> [Option<u64>; 2] {
        let first = |queue: &Queue| queue.messages.front().map(|it| it.sequence);
        let stored = first(&self.stored).filter(|_| !self.is_refused());
        [first(&self.passed), stored]
    }

    /// Takes the message that was queued first.
    fn pop(&mut self) -> Option<Outgoing> {
        let [passed, stored] = self.firsts();
        let is_stored = stored.is_some_and(|it| passed.is_none_or(|other| it < other));
        if !is_stored {
            return self.passed.pop();
        }
        let mut outgoing = self.stored.pop()?;
        if let Kind::Stored { number, .. } = &mut outgoing.kind
            && number.is_none()
        {
            self.number += 1;
            *number = Some(self.number);
        }
        Some(outgoing)
    }
}

impl Queue {
    fn push(&mut self, outgoing: Outgoing) {
        self.bytes += room(&outgoing.topic, &outgoing.message);
        self.messages.push_back(outgoing);
    }

    fn put_back(&mut self, outgoing: Outgoing) {
        self.bytes += room(&outgoing.topic, &outgoing.message);
        self.messages.push_front(outgoing);
    }

    fn pop(&mut self) -> Option<Outgoing> {
        let outgoing = self.messages.pop_front()?;
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
mod tests;
