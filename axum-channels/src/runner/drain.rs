use super::{Runner, Turn};
use std::pin::Pin;
use std::task::Poll;
use tokio::time::{Sleep, sleep};

/// Channels of a disconnected client that still handle the messages received from it.
pub(crate) struct Drain {
    runner: Runner,
    deadline: Pin<Box<Sleep>>,
}

impl Drain {
    /// Starts to drain. `None` if nothing is under way, so that all channels have ended.
    pub(crate) fn start(mut runner: Runner, turn: &mut Turn<'_, '_>) -> Option<Self> {
        runner.close(turn);
        (!runner.is_empty()).then(|| Drain {
            deadline: Box::pin(sleep(runner.handlers.drain_timeout)),
            runner,
        })
    }

    /// Polls the remaining work, and aborts it at the time limit.
    pub(crate) fn poll(&mut self, turn: &mut Turn<'_, '_>) -> Poll<()> {
        self.runner.poll(turn);
        if self.runner.is_empty() {
            return Poll::Ready(());
        }
        if self.deadline.as_mut().poll(turn.context()).is_ready() {
            self.runner.log_aborted();
            return Poll::Ready(());
        }
        self.runner.end_turn(turn);
        Poll::Pending
    }
}
