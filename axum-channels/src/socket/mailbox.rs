use super::Context;
use super::keyed_queue::KeyedQueue;
use super::places::Places;
use super::tracked::Tracked;
use crate::channel::{HandleInfo, Letter};
use crate::pubsub;
use crate::session::{Key, Mail};
use crate::sync::lock;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, OnceLock};

/// What came from within the app for the channels of one connection, until the connection's task takes it.
#[derive(Default)]
pub(crate) struct Mailbox {
    letters: KeyedQueue<Key, Mail>,
    /// What the channels hear besides their own topics. From the first subscription on.
    places: OnceLock<Box<Places<Key, pubsub::Subscription>>>,
    /// What the channels track. From the first presence on.
    pub(super) tracked: OnceLock<Box<Mutex<Tracked>>>,
}

/// A connection's mailbox. There is one from when it is first needed, but none any more once the channels have ended.
#[derive(Default)]
pub(crate) struct LazyMailbox(OnceLock<Option<Box<Mailbox>>>);

impl LazyMailbox {
    /// The mailbox, if it was needed until now.
    pub(crate) fn get(&self) -> Option<&Mailbox> {
        self.0.get()?.as_deref()
    }

    /// The mailbox, unless the channels have ended.
    pub(super) fn open(&self) -> Option<&Mailbox> {
        self.0.get_or_init(|| Some(Box::default())).as_deref()
    }

    /// Drops what nobody will take any more; whoever sends something from here on is told that the client is gone.
    pub(crate) fn close(&self) {
        if let Some(mailbox) = self.0.get_or_init(|| None) {
            mailbox.letters.close();
        }
    }
}

impl Mailbox {
    /// Hands out what `take` has room for; the rest stays, in order.
    pub(crate) fn drain(&self, take: impl FnMut(Key, Mail) -> Result<(), Mail>) {
        self.letters.drain(take);
    }

    pub(super) fn places(&self) -> &Places<Key, pubsub::Subscription> {
        self.places.get_or_init(Box::default)
    }
}

impl Context {
    /// Sends something to one of this connection's channels, and returns how much waits for it. What ends a channel has room
    /// in any case.
    pub(crate) fn post(&self, key: Key, mail: Mail) -> Result<usize, SendError> {
        let limit = (!mail.ends()).then_some(self.max_waiting);
        let mailbox = self.mailbox.open().ok_or(SendError::Gone)?;
        let waiting = mailbox.letters.push(key, mail, limit)?;
        self.client.wake();
        Ok(waiting)
    }

    /// Ends what a channel has subscribed to.
    pub(crate) fn unsubscribe(&self, key: Key) {
        let mailbox = self.mailbox.get();
        if let Some(places) = mailbox.and_then(|mailbox| mailbox.places.get()) {
            places.end(key);
        }
    }

    /// Ends what a channel has subscribed to, and forgets what it tracks.
    pub(crate) fn forget(&self, key: Key) {
        self.unsubscribe(key);
        let mailbox = self.mailbox.get();
        if let Some(tracked) = mailbox.and_then(|mailbox| mailbox.tracked.get()) {
            lock(&**tracked).forget(key);
        }
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
        self.context
            .post(self.key, Mail::Info(Box::new(letter)))
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
