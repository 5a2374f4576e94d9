use super::Turn;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// Time that a client waits whose messages were published to subscribers that do not keep up.
const PAUSE: Duration = Duration::from_millis(5);

/// The pause of a client that publishes faster than others receive.
///
/// Nothing is read from it meanwhile, so it is the sender that feels what it does, before any subscriber is disconnected.
#[derive(Default)]
pub(super) struct Pause(Option<Pin<Box<Sleep>>>);

impl Pause {
    /// Whether it lasts. The task is woken at its end.
    pub(super) fn lasts(&mut self, turn: &mut Turn<'_, '_>) -> bool {
        let Some(pause) = &mut self.0 else {
            return false;
        };
        let lasts = pause.as_mut().poll(turn.context()).is_pending();
        if !lasts {
            self.0 = None;
        }
        lasts
    }

    pub(super) fn begin(&mut self) {
        self.0 = Some(Box::pin(sleep(PAUSE)));
    }
}
