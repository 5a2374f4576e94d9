use super::{Envelope, HandleInfo, Sender};
use crate::session::AppMessage;
use crate::socket::{SendError, Timer};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

impl<C> Sender<C> {
    /// Sends a message to the channel after a delay, as Elixir's `Process.send_after`.
    ///
    /// [`HandleInfo::handle_info`](crate::HandleInfo::handle_info) receives it. It is queued even if the channel's
    /// [queue](crate::SocketOptions::max_queued_messages) is full. If the channel ends before, nothing is sent, and the timer is
    /// freed.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    ///
    /// # Examples
    /// ```
    /// use axum_channels::{Channel, HandleInfo, Payload, Result, Socket, Topic};
    /// use std::time::Duration;
    ///
    /// struct Trial;
    /// struct Over;
    ///
    /// impl Channel for Trial {
    ///     async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
    ///         socket.sender::<Self>().send_after(Duration::from_secs(60), Over);
    ///         Ok(Self)
    ///     }
    /// }
    ///
    /// impl HandleInfo<Over> for Trial {
    ///     async fn handle_info(&mut self, _: Over, socket: &Socket) -> Result<()> {
    ///         socket.stop();
    ///         Ok(())
    ///     }
    /// }
    /// ```
    pub fn send_after<M: Send + 'static>(&self, delay: Duration, message: M) -> Timer
    where
        C: HandleInfo<M>,
    {
        let (context, key) = (self.context.clone(), self.key);
        let at = Instant::now() + delay;
        let envelope = Box::new(Envelope::<C>::new(message));
        Timer::spawn(&self.context, key, async move {
            sleep_until(at).await;
            let _ = context.post_anyway(key, AppMessage::Info(envelope)); // a client that is gone needs none
        })
    }

    /// Sends clones of a message to the channel repeatedly, first after one period, as Erlang's `timer:send_interval`.
    ///
    /// A message is skipped while the channel's [queue](crate::SocketOptions::max_queued_messages) is full. The timer ends with
    /// the channel.
    ///
    /// # Panics
    /// If the period is zero, and outside of a tokio runtime.
    ///
    /// # Examples
    /// ```
    /// use axum_channels::{Channel, HandleInfo, Payload, Result, Socket, Topic};
    /// use serde_json::json;
    /// use std::time::Duration;
    ///
    /// struct Clock { ticks: u64 }
    ///
    /// #[derive(Clone)]
    /// struct Tick;
    ///
    /// impl Channel for Clock {
    ///     async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
    ///         socket.sender::<Self>().send_interval(Duration::from_secs(1), Tick);
    ///         Ok(Self { ticks: 0 })
    ///     }
    /// }
    ///
    /// impl HandleInfo<Tick> for Clock {
    ///     async fn handle_info(&mut self, _: Tick, socket: &Socket) -> Result<()> {
    ///         self.ticks += 1;
    ///         socket.push("tick", json!({"n": self.ticks}));
    ///         Ok(())
    ///     }
    /// }
    /// ```
    pub fn send_interval<M: Clone + Send + 'static>(&self, period: Duration, message: M) -> Timer
    where
        C: HandleInfo<M>,
    {
        assert!(!period.is_zero(), "the period of a timer is not zero");
        let sender = self.clone();
        let start = Instant::now() + period;
        Timer::spawn(&self.context, self.key, async move {
            let mut ticks = interval_at(start, period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                ticks.tick().await;
                if sender.send(message.clone()) == Err(SendError::Gone) {
                    break;
                }
            }
        })
    }
}
