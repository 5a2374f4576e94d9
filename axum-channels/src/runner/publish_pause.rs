use super::Turn;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// Duration of a pause.
const PAUSE: Duration = Duration::from_millis(5);

/// Pause of a client that publishes faster than subscribers receive.
///
/// The client is not read meanwhile. So the sender is slowed down before a subscriber is disconnected.
#[derive(Default)]
pub(super) struct PublishPause(Option<Pin<Box<Sleep>>>);

impl PublishPause {
    /// Returns whether the pause lasts. The task is woken at its end.
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
