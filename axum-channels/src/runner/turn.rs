use crate::guard::{Done, poll_guarded};
use crate::log;
use crate::pubsub::{self, Pressure};
use std::pin::pin;
use std::task::{self, Poll, Waker};
use std::time::{Duration, Instant};

/// One run of a connection's task, and what is left of its budget.
///
/// A turn that has used up its budget ends, with the rest of its work for the next one: whatever a client sends and a
/// channel does, the other connections of the thread are served in between.
pub(crate) struct Turn<'a, 'w> {
    cx: &'a mut task::Context<'w>,
    budget: Budget,
}

/// What one turn may still do. Source of the idea: tokio's cooperative budget, which counts only what a task waits for.
struct Budget {
    /// An earlier part of the turn has used up its own.
    exceeded: bool,
    messages: u32,
    /// The thread's count of deliveries at which the turn ends.
    last_delivery: u64,
    /// The moment before the user's code runs.
    since: Instant,
    end: Instant,
}

/// Maximum number of messages that are received or handled in one turn. One that is handled at once counts as both.
const MESSAGES: u32 = 128;

/// Number of deliveries after which a turn ends: a broadcast to a thousand subscribers takes some milliseconds.
const DELIVERIES: u64 = 256;

/// Time after which a turn ends. A handler that is running is not interrupted.
const TIME: Duration = Duration::from_millis(1);

/// Time of a handler without an `await` above which its name is logged: it holds up all connections of its thread.
const BLOCKING: Duration = Duration::from_millis(50);

impl<'a, 'w> Turn<'a, 'w> {
    pub(crate) fn new(cx: &'a mut task::Context<'w>) -> Self {
        pubsub::reset_pressure();
        Turn {
            cx,
            budget: Budget::new(Instant::now(), false),
        }
    }

    /// Begins the part of the turn in which input is read. It has a budget of its own: what channels have under way must not
    /// keep their client from being heard.
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

    /// The moment at which the user's code last returned, or the turn began.
    pub(super) fn now(&self) -> Instant {
        self.budget.since
    }

    /// Counts a message that is received, or given to a channel.
    pub(super) fn count(&mut self) {
        self.budget.messages = self.budget.messages.saturating_sub(1);
    }

    /// Polls a future of `channel`, and counts the time that its code ran without an `await`.
    pub(super) fn poll<F: Future + Unpin>(
        &mut self,
        channel: &'static str,
        future: &mut F,
    ) -> Poll<Done<F>> {
        let polled = poll_guarded(future, self.cx);
        let now = Instant::now();
        let took = now - self.budget.since;
        let panicked = matches!(polled, Poll::Ready(Err(_))); // which is slow by itself, and logged
        if took > BLOCKING && !panicked {
            log::blocking(channel, took);
        }
        self.budget.since = now;
        polled
    }

    /// Whether a budget of this turn was used up, so that another turn is needed.
    pub(crate) fn ends(&self) -> bool {
        self.budget.exceeded || self.is_over()
    }

    /// Whether the budget is used up.
    pub(crate) fn is_over(&self) -> bool {
        let budget = &self.budget;
        budget.messages == 0
            || budget.since >= budget.end
            || pubsub::deliveries() >= budget.last_delivery
            || self.is_pressed()
    }

    /// Whether a subscriber of what was published in this turn is about to fall behind.
    pub(super) fn is_pressed(&self) -> bool {
        pubsub::pressure() == Pressure::High
    }

    /// Asks for another turn, after everything else that is ready, and after the runtime has looked for new input.
    ///
    /// Waking the task at once would do for the tasks of this thread, but not for connections whose input the runtime has
    /// not seen: it looks only once in some 60 turns as long as a task is ready.
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
