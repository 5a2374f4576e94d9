use super::frame::CloseCode;
use super::queue::Queue;
use crate::log::Closed;
use crate::pubsub::Pressure;
use crate::sync::{Mutex, lock};
use bytes::Bytes;
use std::cell::Cell;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;
use std::task::{Poll, Waker, ready};

#[cfg(all(test, axum_channels_loom))]
mod models;

/// Outgoing queue of one client.
///
/// While the queue is empty, senders write to the socket directly: no queue, no wake-up. Bytes that the socket does not
/// accept are queued, and the connection's task writes them when the socket is writable again. The queue is bounded: a
/// client that is further behind than `max_queued` when there is more to send is disconnected. So the queue holds at most
/// `max_queued` bytes and one message, however large.
pub(super) struct WriteQueue<W> {
    state: Mutex<State<W>>,
    max_queued: usize,
}

/// A socket that any thread may write to.
pub(super) trait DirectWrite {
    /// Writes as many bytes as the socket accepts now.
    fn write_now(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize>;
}

struct State<W> {
    /// The socket, while senders may write directly.
    direct: Option<Arc<W>>,
    /// The connection's task is running and will write at its end: senders queue.
    corked: bool,
    queue: Option<Box<Queue>>,
    end: Option<End>,
    task: Option<Waker>,
}

/// Reason why nothing more is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The connection is to be closed with this code.
    Close(CloseCode),
    /// The client read too slowly.
    TooSlow,
    /// The connection is over.
    Gone,
}

impl End {
    /// Returns the reason to log when the connection's task closes it. `None` if that is logged elsewhere.
    pub(super) fn reason(self) -> Option<Closed<'static>> {
        match self {
            End::TooSlow => Some(Closed::TooSlow),
            End::Close(CloseCode::POLICY) => Some(Closed::TooMuch),
            End::Close(CloseCode::GOING_AWAY) => Some(Closed::Disconnected),
            End::Close(_) | End::Gone => None,
        }
    }
}

/// Factor of the limit for a long-polling client: enough for a second or two at the rate of a good network, not for the 15
/// seconds after which a client that stops polling is considered lost.
const POLLED: usize = 16;

thread_local! {
    /// Pool of queues for short-lived use, which keeps their buffers.
    static SPARE: Cell<Option<Box<Queue>>> = const { Cell::new(None) };
}

impl<W: DirectWrite> WriteQueue<W> {
    /// Creates the queue of a long-polling client. It receives nothing between two polls, so its limit is higher.
    pub(super) fn polled(max_queued: usize) -> Self {
        WriteQueue::new(None, max_queued.saturating_mul(POLLED))
    }

    pub(super) fn new(direct: Option<Arc<W>>, max_queued: usize) -> Self {
        let state = State {
            direct,
            corked: false,
            queue: None,
            end: None,
            task: None,
        };
        WriteQueue {
            state: Mutex::new(state),
            max_queued,
        }
    }

    /// Queues all messages until [`poll_write`](Self::poll_write) or [`uncork`](Self::uncork), so that they are written
    /// together.
    ///
    /// Senders that queue or end later wake `task`.
    pub(super) fn cork(&self, task: &Waker) -> Option<End> {
        let mut state = lock(&self.state);
        if !state
            .task
            .as_ref()
            .is_some_and(|known| known.will_wake(task))
        {
            state.task = Some(task.clone());
        }
        state.corked = true;
        state.end
    }

    /// Returns whether the queue is too long to read more from this client.
    pub(super) fn is_congested(&self) -> bool {
        let state = lock(&self.state);
        state.end.is_none() && state.weight() > CONGESTED
    }

    /// Returns whether the queue of a long-polling client is short enough for it to send more.
    pub(super) fn has_room(&self) -> bool {
        lock(&self.state).weight() <= self.max_queued / (2 * POLLED)
    }

    /// Writes the queue. Once it is empty, senders may write directly again.
    pub(super) fn poll_write(
        &self,
        mut write: impl FnMut(&[IoSlice<'_>]) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<()>> {
        let mut state = lock(&self.state);
        state.corked = false;
        while let Some(queue) = state.queue.as_mut().filter(|queue| !queue.is_empty()) {
            let written = ready!(queue.with_slices(&mut write))?;
            queue.advance(written);
        }
        if let Some(queue) = state.queue.take() {
            spare(queue);
        }
        Poll::Ready(Ok(()))
    }

    /// Ends the task's turn without writing: queued messages are [taken](Self::take).
    pub(super) fn uncork(&self) {
        lock(&self.state).corked = false;
    }

    /// Takes queued messages, if there are any: [about](Queue::take) `most` bytes.
    pub(super) fn take(&self, most: usize, spare: usize) -> Option<Vec<u8>> {
        let mut state = lock(&self.state);
        let queue = state.queue.as_mut()?;
        let taken = queue.take(most, spare);
        if queue.is_empty() {
            state.queue = None;
        }
        Some(taken).filter(|taken| !taken.is_empty())
    }

    /// Puts back the messages taken last, since they did not reach the client.
    pub(super) fn put_back(&self, taken: Vec<u8>) {
        let mut state = lock(&self.state);
        if state.end.is_none() {
            state.queue().put_back(taken);
        }
    }

    /// Requests the connection's task to end the connection. The first reason stays: returns `false` if there was one
    /// already.
    pub(super) fn end(&self, end: End) -> bool {
        let mut state = lock(&self.state);
        let is_first = state.end.is_none();
        if is_first {
            state.finish(end);
        }
        is_first
    }

    /// Queues the last frame; nothing can be sent after it.
    pub(super) fn push_last(&self, add: impl FnOnce(&mut Queue)) {
        let mut state = lock(&self.state);
        add(state.queue());
        state.direct = None;
        state.end = Some(End::Gone);
    }

    /// Drops all further messages, as the client is unreachable. The connection's task goes on.
    pub(super) fn mute(&self) {
        let mut state = lock(&self.state);
        state.end = Some(End::Gone);
        let dropped = (state.direct.take(), state.queue.take());
        drop(state);
        drop(dropped);
    }

    /// Wakes the connection's task.
    pub(super) fn wake(&self) {
        lock(&self.state).wake();
    }

    /// Drops the socket and the queue.
    pub(super) fn abandon(&self) {
        let mut state = lock(&self.state);
        state.end = Some(End::Gone);
        let dropped = (state.direct.take(), state.queue.take(), state.task.take());
        drop(state);
        drop(dropped);
    }

    pub(super) fn push(&self, add: impl FnOnce(&mut Queue)) {
        self.push_to(&mut lock(&self.state), add);
    }

    pub(super) fn push_shared(&self, bytes: &Bytes) -> Pressure {
        let mut state = lock(&self.state);
        let written = state.write_past_queue(bytes);
        if written == bytes.len() {
            return Pressure::Low;
        }
        self.push_to(&mut state, |queue| {
            queue.push_shared(bytes.slice(written..))
        });
        match &mut state.queue {
            Some(queue) if queue.weight() > self.max_queued / 2 => queue.pressure(),
            _ => Pressure::Low,
        }
    }

    fn push_to(&self, state: &mut State<W>, add: impl FnOnce(&mut Queue)) {
        if state.end.is_some() {
            return;
        }
        if state.weight() > self.max_queued {
            state.write_directly();
            if state.weight() > self.max_queued {
                return state.finish(End::TooSlow);
            }
        }
        let waited = state.corked || state.queue.is_some();
        add(state.queue());
        if !waited {
            state.write_directly();
            if state.queue.is_some() {
                state.wake();
            }
        }
    }
}

/// Number of unread bytes at which the client is no longer read.
const CONGESTED: usize = 64 * 1024;

impl<W: DirectWrite> State<W> {
    fn queue(&mut self) -> &mut Queue {
        self.queue
            .get_or_insert_with(|| SPARE.take().unwrap_or_default())
    }

    fn weight(&self) -> usize {
        self.queue.as_ref().map_or(0, |queue| queue.weight())
    }

    /// Writes directly, as the queue is empty, and returns the number of bytes accepted. Most broadcasts take only this
    /// path.
    fn write_past_queue(&self, bytes: &[u8]) -> usize {
        match &self.direct {
            Some(direct) if !self.corked && self.queue.is_none() && self.end.is_none() => {
                direct.write_now(&[IoSlice::new(bytes)]).unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// Writes as many bytes as the socket accepts now. Errors are left for the connection's task to find.
    fn write_directly(&mut self) {
        let (Some(direct), Some(queue)) = (&self.direct, &mut self.queue) else {
            return;
        };
        while !queue.is_empty() {
            match queue.with_slices(|slices| direct.write_now(slices)) {
                Ok(written) => queue.advance(written),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
        if let Some(queue) = self.queue.take() {
            spare(queue);
        }
    }

    fn finish(&mut self, end: End) {
        self.end = Some(end);
        if end == End::TooSlow {
            self.queue = None;
        }
        self.wake();
    }

    fn wake(&self) {
        if let Some(task) = &self.task {
            task.wake_by_ref();
        }
    }
}

/// Keeps an empty queue for reuse.
fn spare(mut queue: Box<Queue>) {
    queue.shrink();
    SPARE.set(Some(queue));
}
