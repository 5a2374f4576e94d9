use super::format::Format;
use super::frame::{self, CloseCode};
use super::queue::Queue;
use super::stream::{Stream, try_write};
use crate::log;
use crate::message::{Broadcast, Outgoing};
use crate::pubsub::Pressure;
use crate::sync::{Mutex, lock};
use bytes::Bytes;
use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tokio::net::TcpStream;

/// The way out to one client: what anyone may send through, at any time, without waiting.
///
/// While nothing waits, whoever sends writes to the socket directly: no queue, no wake-up. What the socket does not take is
/// queued, and the connection's task writes it when the socket is writable again. What is queued is bounded: when there is
/// more to send to a client that is further behind than `max_queued`, it is disconnected instead. So it may hold that much
/// and one message, however large.
pub(crate) struct Outbox {
    state: Mutex<State>,
    max_queued: usize,
}

struct State {
    /// Set while senders may write directly.
    tcp: Option<Arc<TcpStream>>,
    /// The connection's task is running and will write when it is through: senders queue.
    corked: bool,
    queue: Option<Box<Queue>>,
    end: Option<End>,
    /// The connection's task is over.
    is_over: bool,
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

thread_local! {
    /// A queue for whoever needs one for a moment, so that it keeps its buffers.
    static SPARE: Cell<Option<Box<Queue>>> = const { Cell::new(None) };
}

impl Outbox {
    pub(super) fn new(tcp: Option<Arc<TcpStream>>, max_queued: usize) -> Self {
        let state = State {
            tcp,
            corked: false,
            queue: None,
            end: None,
            is_over: false,
            task: None,
        };
        Outbox {
            state: Mutex::new(state),
            max_queued,
        }
    }

    /// From here until [`flush`](Self::flush) all that is sent is queued, to be written together.
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

    /// Whether a client that polls may ask for more: it hears nothing between polls, so for it that is half of what may wait.
    pub(super) fn has_room(&self) -> bool {
        lock(&self.state).weight() <= self.max_queued / 2
    }

    /// Answers a ping.
    pub(super) fn put_pong(&self, body: &[u8]) {
        self.push(|queue| queue.push_own(|out| frame::put_pong(out, body)));
    }

    /// Writes what is queued. When all is written, senders may write themselves again.
    pub(super) fn flush(&self, stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = lock(&self.state);
        state.corked = false;
        while let Some(queue) = state.queue.as_mut().filter(|queue| !queue.is_empty()) {
            let written = ready!(queue.with_slices(|slices| stream.poll_write(cx, slices)))?;
            queue.advance(written);
        }
        if let spare @ Some(_) = state.queue.take() {
            SPARE.set(spare);
        }
        drop(state);
        stream.poll_flush(cx)
    }

    /// The task is through, and writes nothing: what is queued is [taken](Self::take).
    pub(super) fn uncork(&self) {
        lock(&self.state).corked = false;
    }

    /// Takes what is queued, if there is anything.
    pub(super) fn take(&self) -> Option<Vec<u8>> {
        let queue = lock(&self.state).queue.take()?;
        Some(queue.into_bytes()).filter(|bytes| !bytes.is_empty())
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

    /// Queues the last frame; nothing can be sent after it.
    pub(super) fn close(&self, code: CloseCode) {
        let mut state = lock(&self.state);
        state.queue().push_own(|out| frame::put_close(out, code));
        state.tcp = None;
        state.end = Some(End::Gone);
    }

    /// Sends nothing more, as there is no way to the client left. The connection's task goes on.
    pub(super) fn mute(&self) {
        let mut state = lock(&self.state);
        state.end = Some(End::Gone);
        let dropped = (state.tcp.take(), state.queue.take());
        drop(state);
        drop(dropped);
    }

    /// Wakes the connection's task. `false` if that is over.
    pub(super) fn wake(&self) -> bool {
        let state = lock(&self.state);
        state.wake();
        !state.is_over
    }

    /// Lets go of the socket and of all that waits.
    pub(super) fn shut(&self) {
        let mut state = lock(&self.state);
        (state.end, state.is_over) = (Some(End::Gone), true);
        let dropped = (state.tcp.take(), state.queue.take(), state.task.take());
        drop(state);
        drop(dropped);
    }

    fn push(&self, add: impl FnOnce(&mut Queue)) {
        self.push_to(&mut lock(&self.state), add);
    }

    fn push_shared(&self, bytes: &Bytes) -> Pressure {
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

    fn push_to(&self, state: &mut State, add: impl FnOnce(&mut Queue)) {
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

impl State {
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
        match &self.tcp {
            Some(tcp) if !self.corked && self.queue.is_none() && self.end.is_none() => {
                tcp.try_write(bytes).unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// Writes as much as the socket takes now. An error is left to the connection's task to find.
    fn write_directly(&mut self) {
        let (Some(tcp), Some(queue)) = (&self.tcp, &mut self.queue) else {
            return;
        };
        while !queue.is_empty() {
            match queue.with_slices(|slices| try_write(tcp, slices)) {
                Ok(written) => queue.advance(written),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
        SPARE.set(self.queue.take());
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

impl Outbox {
    /// Sends to this client alone.
    pub(super) fn send(&self, message: &Outgoing<'_>, format: Format) {
        match format.kind(message) {
            Ok(kind) => {
                self.push(|queue| queue.push_own(|out| format.put(message, kind, out)));
            }
            Err(why) => log::unsayable(&message.topic, &why),
        }
    }

    /// Sends what is encoded once for all who have the same format.
    pub(super) fn deliver(&self, broadcast: &Broadcast<'_>, format: Format) -> Pressure {
        let encode = |broadcast: &Broadcast<'_>| {
            let encoded = format.broadcast(broadcast);
            encoded
                .inspect_err(|why| log::unsayable(broadcast.topic, why))
                .ok()
        };
        match broadcast.encoded(format.index(), encode) {
            Some(encoded) => self.push_shared(encoded),
            None => Pressure::Low,
        }
    }
}
