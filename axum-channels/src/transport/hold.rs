use crate::session::Load;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// Time that a busy channel has to work off what waits for it before its client is read again. phoenix.js gives up on a reply
/// after as long, and on a connection that answers no heartbeat after three times that.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether a client is left unread because too much waits for one of its channels.
///
/// The client is slowed down by TCP then, and nothing is refused. But its other channels have to wait as well, so this ends
/// after a while: what is sent to the channel from then on is refused, until half of what waited is worked off.
#[derive(Default)]
pub(super) struct Hold(State);

#[derive(Default)]
enum State {
    #[default]
    Off,
    On(Pin<Box<Sleep>>),
    GivenUp,
}

impl Hold {
    /// Whether to read nothing more now. If so, the task is woken when that ends by time; it wakes by itself when a channel
    /// has handled a message. `timeout` is after how long an unread client would be taken for lost.
    pub(super) fn lasts(&mut self, load: Load, timeout: Duration, cx: &mut Context<'_>) -> bool {
        if load == Load::Light {
            self.0 = State::Off;
        } else if load == Load::Full && matches!(self.0, State::Off) {
            self.0 = State::On(Box::pin(sleep(PATIENCE.min(timeout / 2))));
        }
        let State::On(patience) = &mut self.0 else {
            return false;
        };
        if patience.as_mut().poll(cx).is_ready() {
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
        let mut hold = Hold::default();
        let minute = Duration::from_secs(60);
        let mut lasts = |load| hold.lasts(load, minute, &mut Context::from_waker(Waker::noop()));
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
        let mut hold = Hold::default();
        let two = Duration::from_secs(2);
        let mut lasts = || hold.lasts(Load::Full, two, &mut Context::from_waker(Waker::noop()));
        assert!(lasts());
        advance(Duration::from_secs(1)).await;
        assert!(!lasts());
    }
}
