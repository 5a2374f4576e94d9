use crate::session::Load;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// Maximum duration of a pause.
///
/// phoenix.js gives up on a reply after as long, and on a connection without heartbeat replies after three times that.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Pause in reading from a client while the queue of one of its channels is full.
///
/// TCP slows the client down, and no message is refused. But its other channels wait as well, so the pause ends after a
/// while: then messages to the channel are refused, until half of its queue is handled.
#[derive(Default)]
pub(super) struct ReadPause(State);

#[derive(Default)]
enum State {
    #[default]
    Off,
    On(Pin<Box<Sleep>>),
    GivenUp,
}

impl ReadPause {
    /// Returns whether reading is paused.
    ///
    /// The task is woken when the pause times out; it is polled anyway when a channel has handled a message. `timeout` is
    /// the time after which a client that is not read would be considered lost.
    pub(super) fn lasts(&mut self, load: Load, timeout: Duration, cx: &mut Context<'_>) -> bool {
        if load == Load::Light {
            self.0 = State::Off;
        } else if load == Load::Full && matches!(self.0, State::Off) {
            self.0 = State::On(Box::pin(sleep(MAX_PAUSE.min(timeout / 2))));
        }
        let State::On(timer) = &mut self.0 else {
            return false;
        };
        if timer.as_mut().poll(cx).is_ready() {
            self.0 = State::GivenUp;
            return false;
        }
        load == Load::Full
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn a_client_is_unread_while_a_channel_is_full_but_for_ten_seconds_at_most() {
        let mut pause = ReadPause::default();
        let minute = Duration::from_secs(60);
        let mut lasts = |load| pause.lasts(load, minute, &mut Context::from_waker(Waker::noop()));
        let seconds = |seconds| advance(Duration::from_secs(seconds));
        assert!(!lasts(Load::Heavy), "it has not been full");
        assert!(lasts(Load::Full));
        seconds(9).await;
        assert!(!lasts(Load::Heavy), "there is room for another");
        assert!(lasts(Load::Full));
        seconds(2).await;
        assert!(!lasts(Load::Full), "the time was not begun anew");
        assert!(!lasts(Load::Heavy));
        assert!(!lasts(Load::Full));
        assert!(!lasts(Load::Light));
        assert!(lasts(Load::Full), "half was worked off");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_is_read_again_before_it_would_be_taken_for_lost() {
        let mut pause = ReadPause::default();
        let two = Duration::from_secs(2);
        let mut lasts = || pause.lasts(Load::Full, two, &mut Context::from_waker(Waker::noop()));
        assert!(lasts());
        advance(Duration::from_secs(1)).await;
        assert!(!lasts());
    }
}
