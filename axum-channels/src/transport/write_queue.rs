use super::frame::CloseCode;
use super::queue::Queue;
use crate::pubsub::Pressure;
use crate::sync::{Mutex, lock};
use bytes::Bytes;
use std::cell::Cell;
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;
use std::task::{Poll, Waker, ready};

#[cfg(all(test, axum_channels_loom))]
mod models;

/// What is to be written to one client, and by whom.
///
/// While nothing waits, whoever sends writes to the socket directly: no queue, no wake-up. What the socket does not take is
/// queued, and the connection's task writes it when the socket is writable again. What is queued is bounded: when there is
/// more to send to a client that is further behind than `max_queued`, it is disconnected instead. So it may hold that much
/// and one message, however large.
pub(super) struct WriteQueue<W> {
    state: Mutex<State<W>>,
    max_queued: usize,
}

/// A socket that anyone may write to.
pub(super) trait DirectWrite {
    /// Writes what the socket takes now.
    fn write_now(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize>;
}

struct State<W> {
    /// Set while senders may write directly.
    direct: Option<Arc<W>>,
    /// The connection's task is running and will write when it is through: senders queue.
    corked: bool,
    queue: Option<Box<Queue>>,
    end: Option<End>,
    task: Option<Waker>,
}

/// Why nothing more is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The connection is to be closed with this code.
    Close(CloseCode),
    /// The client did not read what was sent.
    TooSlow,
    /// Over.
    Gone,
}

/// How many times as much may be queued for a client that polls: what comes within a second or two, at the rate of a good
/// network, and not what would come within the 15 seconds after which a client that polls no more is taken for lost.
const POLLED: usize = 16;

thread_local! {
    /// A queue for whoever needs one for a moment, so that it keeps its buffers.
    static SPARE: Cell<Option<Box<Queue>>> = const { Cell::new(None) };
}

impl<W: DirectWrite> WriteQueue<W> {
    /// For a client that polls. It is sent nothing between two polls, so for it more may wait.
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

    /// From here until [`poll_write`](Self::poll_write) or [`uncork`](Self::uncork) all that is sent is queued, to be written together.
    /// Whoever queues or ends meanwhile or later wakes `task`.
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

    /// Whether more is queued than should be before anything else is read from this client.
    pub(super) fn is_congested(&self) -> bool {
        let state = lock(&self.state);
        state.end.is_none() && state.weight() > CONGESTED
    }

    /// Whether so little is queued for a client that polls that it may ask for more.
    pub(super) fn has_room(&self) -> bool {
        lock(&self.state).weight() <= self.max_queued / (2 * POLLED)
    }

    /// Writes what is queued. When all is written, senders may write themselves again.
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

    /// The task is through, and writes nothing: what is queued is [taken](Self::take).
    pub(super) fn uncork(&self) {
        lock(&self.state).corked = false;
    }

    /// Takes what is queued, if there is anything: [about](Queue::take) `most` bytes of it.
    pub(super) fn take(&self, most: usize, spare: usize) -> Option<Vec<u8>> {
        let mut state = lock(&self.state);
        let queue = state.queue.as_mut()?;
        let taken = queue.take(most, spare);
        if queue.is_empty() {
            state.queue = None;
        }
        Some(taken).filter(|taken| !taken.is_empty())
    }

    /// Puts back what was taken last, since it did not reach the client.
    pub(super) fn put_back(&self, taken: Vec<u8>) {
        let mut state = lock(&self.state);
        if state.end.is_none() {
            state.queue().put_back(taken);
        }
    }

    /// Asks the connection's task to end the connection. The first reason stays: `false` if there is one already.
    pub(super) fn end(&self, end: End) -> bool {
        let mut state = lock(&self.state);
        let is_first = state.end.is_none();
        if is_first {
            state.finish(end);
        }
        is_first
    }

    /// Queues what is last; nothing can be sent after it.
    pub(super) fn push_last(&self, add: impl FnOnce(&mut Queue)) {
        let mut state = lock(&self.state);
        add(state.queue());
        state.direct = None;
        state.end = Some(End::Gone);
    }

    /// Sends nothing more, as there is no way to the client left. The connection's task goes on.
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

    /// Lets go of the socket and of all that waits.
    pub(super) fn shut(&self) {
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

/// A client that has this many bytes unread is not read from either.
const CONGESTED: usize = 64 * 1024;

impl<W: DirectWrite> State<W> {
    fn queue(&mut self) -> &mut Queue {
        self.queue
            .get_or_insert_with(|| SPARE.take().unwrap_or_default())
    }

    fn weight(&self) -> usize {
        self.queue.as_ref().map_or(0, |queue| queue.weight())
    }

    /// Writes what need not be queued, as nothing waits: how much of it the socket took. For most of what is broadcast this
    /// is all there is to do.
    fn write_past_queue(&self, bytes: &[u8]) -> usize {
        match &self.direct {
            Some(direct) if !self.corked && self.queue.is_none() && self.end.is_none() => {
                direct.write_now(&[IoSlice::new(bytes)]).unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// Writes as much as the socket takes now. An error is left to the connection's task to find.
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

/// Keeps an empty queue for whoever needs one next.
fn spare(mut queue: Box<Queue>) {
    queue.shrink();
    SPARE.set(Some(queue));
}
