use super::{Channel, Envelope, HandleInfo};
use crate::session::{AppMessage, Key};
use crate::socket::{Context, SendError, Socket};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Handle that sends messages to one channel of one client, from anywhere in the app.
///
/// [`Socket::sender`](crate::Socket::sender) returns it. The channel handles messages of a type `M` by implementing
/// [`HandleInfo<M>`](HandleInfo). Clones send to the same channel, and any task may hold one; it does not keep the
/// channel alive. [`send_after`](Self::send_after) and [`send_interval`](Self::send_interval) are timers.
///
/// ```
/// use axum_channels::{Channel, HandleInfo, Payload, Result, Socket, Topic};
/// use serde_json::json;
///
/// struct Report;
/// struct Ready(String);
///
/// impl Channel for Report {
///     async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
///         let report = socket.sender::<Report>();
///         tokio::spawn(async move {
///             let text = write_report().await;
///             report.send(Ready(text))
///         });
///         Ok(Self)
///     }
/// }
///
/// impl HandleInfo<Ready> for Report {
///     async fn handle_info(&mut self, Ready(text): Ready, socket: &Socket) -> Result<()> {
///         socket.push("ready", json!({"text": text}));
///         Ok(())
///     }
/// }
/// # async fn write_report() -> String { String::new() }
/// ```
pub struct Sender<C> {
    pub(super) context: Arc<Context>,
    pub(super) key: Key,
    channel: PhantomData<fn(C)>,
}

impl<C> Sender<C> {
    fn new(context: Arc<Context>, key: Key) -> Self {
        Sender {
            context,
            key,
            channel: PhantomData,
        }
    }

    /// Sends a message, which [`HandleInfo::handle_info`] receives after the client's earlier messages. It does not wait.
    ///
    /// `Ok` means that the message was queued. A channel that ends before does not receive it.
    ///
    /// # Errors
    /// [`SendError::Gone`] if the client is gone, and [`SendError::Full`] if the
    /// [maximum number of messages](crate::SocketOptions::max_queued_messages) is queued already.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{HandleInfo, Sender};
    /// struct Expired;
    ///
    /// fn expire<C: HandleInfo<Expired>>(sender: &Sender<C>) -> bool {
    ///     sender.send(Expired).is_ok()
    /// }
    /// ```
    pub fn send<M: Send + 'static>(&self, message: M) -> Result<(), SendError>
    where
        C: HandleInfo<M>,
    {
        let envelope = Envelope::<C>::new(message);
        self.context
            .post(self.key, AppMessage::Info(Box::new(envelope)))
            .map(drop)
    }
}

impl<C> Clone for Sender<C> {
    fn clone(&self) -> Self {
        Sender::new(self.context.clone(), self.key)
    }
}

impl<C> fmt::Debug for Sender<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl Socket {
    /// Returns a handle that sends messages to this channel from anywhere in the app. See [`Sender`].
    ///
    /// `C` is the type of this channel, `Self` in its methods. A message for another type ends the channel with an error.
    ///
    /// ```
    /// use axum_channels::{HandleInfo, Sender, Socket};
    ///
    /// struct Invited;
    ///
    /// fn register<C: HandleInfo<Invited>>(socket: &Socket) -> Sender<C> {
    ///     socket.sender::<C>()
    /// }
    /// ```
    #[must_use]
    pub fn sender<C: Channel>(&self) -> Sender<C> {
        Sender::new(self.context.clone(), self.key)
    }
}
