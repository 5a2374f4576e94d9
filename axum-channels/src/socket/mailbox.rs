use super::Context;
use super::keyed_queue::KeyedQueue;
use super::subscription::Places;
use crate::channel::{HandleInfo, Letter};
use crate::session::{Key, Mail};
use crate::sync::Mutex;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

/// What came from within the app for the channels of one connection, until the connection's task takes it.
///
/// A connection has one from when it is first needed.
#[derive(Default)]
pub(crate) struct Mailbox {
    letters: KeyedQueue<Key, Mail>,
    /// What the channels hear besides their own topics. From the first subscription on.
    pub(super) places: OnceLock<Box<Mutex<Places>>>,
}

impl Mailbox {
    /// Hands out what `take` has room for; the rest stays, in order.
    pub(crate) fn drain(&self, take: impl FnMut(Key, Mail) -> Result<(), Mail>) {
        self.letters.drain(take);
    }
}

impl Context {
    /// Sends something to one of this connection's channels. What ends a channel has room in any case.
    pub(crate) fn post(&self, key: Key, mail: Mail) -> Result<(), SendError> {
        let limit = (!mail.ends()).then_some(self.max_waiting);
        let wake = || self.client.wake();
        self.mailbox().letters.send(key, mail, limit, wake)
    }

    /// Drops what nobody will take any more. The client is gone by now, so that nothing is left of what comes meanwhile.
    pub(crate) fn drop_mail(&self) {
        if let Some(mailbox) = self.mailbox.get() {
            mailbox.letters.clear();
        }
    }

    pub(super) fn mailbox(&self) -> &Mailbox {
        self.mailbox.get_or_init(Box::default)
    }
}

/// A way to send messages to one channel of one client, from anywhere in the app: see [`HandleInfo`].
///
/// ```
/// use axum_channels::{Channel, HandleInfo, Payload, Refused, Result, Socket, Topic};
/// use serde_json::json;
/// use std::time::Duration;
///
/// struct Clock;
/// struct Tick(u64);
///
/// impl Channel for Clock {
///     async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self, Refused> {
///         let clock = socket.sender::<Clock>();
///         tokio::spawn(async move {
///             for n in 0.. {
///                 tokio::time::sleep(Duration::from_secs(1)).await;
///                 if clock.send(Tick(n)).is_err() {
///                     break;
///                 }
///             }
///         });
///         Ok(Self)
///     }
/// }
///
/// impl HandleInfo<Tick> for Clock {
///     async fn handle_info(&mut self, Tick(n): Tick, socket: &Socket) -> Result<()> {
///         socket.push("tick", json!({"n": n}));
///         Ok(())
///     }
/// }
/// ```
pub struct Sender<C> {
    context: Arc<Context>,
    key: Key,
    channel: PhantomData<fn(C)>,
}

impl<C> Sender<C> {
    pub(super) fn new(context: Arc<Context>, key: Key) -> Self {
        Sender {
            context,
            key,
            channel: PhantomData,
        }
    }

    /// Sends a message, which [`HandleInfo::handle_info`] gets after what the client sent before.
    ///
    /// `Ok` says that it was sent. A channel that ends before its turn has come never sees it.
    ///
    /// # Errors
    /// If the client is gone, or if as many messages wait already as
    /// [may](crate::SocketOptions::max_waiting).
    ///
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
        let letter = Letter::<C>::new(message);
        self.context.post(self.key, Mail::Info(Box::new(letter)))
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

/// Why a message was not [sent](Sender::send).
///
/// ```
/// use axum_channels::SendError;
///
/// assert_eq!(SendError::Gone.to_string(), "the client is gone");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The client is gone, and its channels with it.
    Gone,
    /// Too many messages wait for this channel.
    Full,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::Gone => "the client is gone",
            SendError::Full => "too many messages wait for the channel",
        })
    }
}

impl std::error::Error for SendError {}
