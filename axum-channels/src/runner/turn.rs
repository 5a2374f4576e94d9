use crate::guard::{Done, poll_guarded};
use crate::log;
use crate::pubsub::{self, Pressure};
use std::pin::pin;
use std::task::{self, Poll, Waker};
use std::time::{Duration, Instant};

/// One run of a connection's task, with its budget.
///
/// A turn whose budget is used up ends, and postpones the rest of its work. So the thread's other connections are served in
/// between, whatever a client sends and a channel does.
pub(crate) struct Turn<'a, 'w> {
    cx: &'a mut task::Context<'w>,
    budget: Budget,
}

/// Remaining budget of a turn. Modelled on tokio's cooperative budget, which counts only awaited resources.
struct Budget {
    /// An earlier part of the turn has used up its budget.
    exceeded: bool,
    messages: u32,
    /// Value of the thread's delivery count at which the turn ends.
    last_delivery: u64,
    /// Time before the user's code runs.
    since: Instant,
    end: Instant,
}

/// Maximum number of messages received or handled in one turn. A message that is handled at once counts as both.
const MESSAGES: u32 = 128;

/// Maximum number of deliveries in a turn: a broadcast to a thousand subscribers takes some milliseconds.
const DELIVERIES: u64 = 256;

/// Maximum duration of a turn. A running handler is not interrupted.
const TIME: Duration = Duration::from_millis(1);

/// Time without an `await` above which a handler's name is logged: it blocks all connections of its thread.
const BLOCKING: Duration = Duration::from_millis(50);

impl<'a, 'w> Turn<'a, 'w> {
    pub(crate) fn new(cx: &'a mut task::Context<'w>) -> Self {
        pubsub::reset_pressure();
        Turn {
            cx,
            budget: Budget::new(Instant::now(), false),
        }
    }

    /// Begins the part of the turn in which input is read.
    ///
    /// It has a budget of its own, so that busy channels do not keep their client from being read.
    pub(crate) fn begin_input(&mut self) {
        self.budget = Budget::new(self.budget.since, self.ends());
    }

    /// Returns the context of the connection's task.
    pub(crate) fn context(&mut self) -> &mut task::Context<'w> {
        self.cx
    }

    pub(crate) fn waker(&self) -> &Waker {
        self.cx.waker()
    }

    /// Returns the time at which the user's code last returned, or the turn began.
    pub(super) fn now(&self) -> Instant {
        self.budget.since
    }

    /// Counts a message received from a client, or passed to a channel.
    pub(super) fn count(&mut self) {
        self.budget.messages = self.budget.messages.saturating_sub(1);
    }

    /// Polls a future of `channel`, and measures the time that its code runs without an `await`.
    pub(super) fn poll<F: Future + Unpin>(
        &mut self,
        channel: &'static str,
        future: &mut F,
    ) -> Poll<Done<F>> {
        let polled = poll_guarded(future, self.cx);
        let now = Instant::now();
        let took = now - self.budget.since;
        let panicked = matches!(polled, Poll::Ready(Err(_))); // slow itself, and logged
        if took > BLOCKING && !panicked {
            log::blocking(channel, took);
        }
        self.budget.since = now;
        polled
    }

    /// Returns whether a budget of this turn was used up, so that another turn is needed.
    pub(crate) fn ends(&self) -> bool {
        self.budget.exceeded || self.is_over()
    }

    /// Returns whether the budget is used up.
    pub(crate) fn is_over(&self) -> bool {
        let budget = &self.budget;
        budget.messages == 0
            || budget.since >= budget.end
            || pubsub::deliveries() >= budget.last_delivery
            || self.is_pressed()
    }

    /// Returns whether a subscriber to one of this turn's broadcasts is falling behind.
    pub(super) fn is_pressed(&self) -> bool {
        pubsub::pressure() == Pressure::High
    }

    /// Requests another turn, after all other ready tasks, and after the runtime has polled for new input.
    ///
    /// Waking the task at once would be fair to the other tasks of this thread, but not to connections whose input the
    /// runtime has not polled yet: it polls only once in some 60 turns as long as a task is ready.
    pub(crate) fn again(&mut self) {
        let yielded: Poll<()> = pin!(tokio::task::yield_now()).poll(self.cx);
        debug_assert!(yielded.is_pending());
    }
}

impl Budget {
    fn new(since: Instant, exceeded: bool) -> Self {
        Budget {
            exceeded,
            messages: MESSAGES,
            last_delivery: pubsub::deliveries() + DELIVERIES,
            since,
            end: since + TIME,
        }
    }
}
