use super::Context;
use super::channel_slots::ChannelSlot;
use super::resource::Resource;
use crate::session::Key;
use crate::task::AbortOnDrop;
use std::fmt;
use std::sync::Arc;

/// Timer that sends a message to a channel once or repeatedly: see [`Sender::send_after`](crate::Sender::send_after) and
/// [`Sender::send_interval`](crate::Sender::send_interval).
///
/// It ends with its channel. Dropping this value does not cancel it: call [`cancel`](Self::cancel). A pending timer is a
/// task of its own.
///
/// ```
/// use axum_channels::{HandleInfo, Socket, Timer};
/// use std::time::Duration;
///
/// struct Saved;
///
/// /// Saves two seconds after the last change.
/// struct Autosave { next: Option<Timer> }
///
/// impl Autosave {
///     fn changed<C: HandleInfo<Saved>>(&mut self, socket: &Socket) {
///         if let Some(next) = self.next.take() {
///             next.cancel();
///         }
///         self.next = Some(socket.sender::<C>().send_after(Duration::from_secs(2), Saved));
///     }
/// }
/// ```
pub struct Timer {
    slot: Arc<ChannelSlot<Resource>>,
}

impl Timer {
    /// Cancels the timer. A message that it has queued already still arrives.
    ///
    /// ```
    /// # use axum_channels::Timer;
    /// fn stop(clock: Timer) {
    ///     clock.cancel();
    /// }
    /// ```
    pub fn cancel(&self) {
        self.slot.end();
    }

    /// Spawns the task of a channel's timer.
    pub(crate) fn spawn<F: Future<Output = ()> + Send + 'static>(
        context: &Context,
        key: Key,
        task: F,
    ) -> Self {
        let slot = context.reserve(key);
        let held = slot.clone();
        let task = tokio::spawn(async move {
            let _held = held; // it lasts as long as the task: the owner of the timer may drop it
            task.await;
        });
        slot.take(Resource::Timer(AbortOnDrop(task.abort_handle())));
        Timer { slot }
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timer").finish_non_exhaustive()
    }
}
