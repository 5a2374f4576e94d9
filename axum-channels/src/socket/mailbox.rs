use super::Context;
use super::channel_slots::{ChannelSlot, ChannelSlots};
use super::keyed_queue::{KeyedQueue, Limits, Weight};
use super::resource::Resource;
use super::tracked::Tracked;
use crate::message::{EncodeError, Payload, Topic};
use crate::session::{AppMessage, Key};
use crate::sync::lock;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

/// Messages from within the app to the channels of one connection, until the connection's task takes them.
#[derive(Default)]
pub(crate) struct Mailbox {
    queue: KeyedQueue<Key, AppMessage>,
    /// Subscriptions to other topics, and timers. Created with the first.
    channel_slots: OnceLock<Box<ChannelSlots<Key, Resource>>>,
    /// Presences of the channels. Created with the first presence.
    pub(super) tracked: OnceLock<Box<Mutex<Tracked>>>,
    /// Replies to joins under way. Created with the first one that is not empty.
    join_responses: OnceLock<Box<JoinResponses>>,
}

type JoinResponses = Mutex<Vec<(Key, Payload)>>;

/// Mailbox of a connection, created when first needed. There is none after the channels have ended.
#[derive(Default)]
pub(crate) struct LazyMailbox(OnceLock<Option<Box<Mailbox>>>);

impl LazyMailbox {
    /// Returns the mailbox, if one was created.
    pub(crate) fn get(&self) -> Option<&Mailbox> {
        self.0.get()?.as_deref()
    }

    /// Returns the mailbox, unless the channels have ended.
    pub(super) fn open(&self) -> Option<&Mailbox> {
        self.0.get_or_init(|| Some(Box::default())).as_deref()
    }

    /// Drops the queued messages; sending fails from then on.
    pub(crate) fn close(&self) {
        if let Some(mailbox) = self.0.get_or_init(|| None) {
            mailbox.queue.close();
        }
    }
}

impl Mailbox {
    /// Passes each message to `take` until it has no room; the rest stays queued, in order.
    pub(crate) fn drain(&self, take: impl FnMut(Key, AppMessage) -> Result<(), AppMessage>) {
        self.queue.drain(take);
    }
}

impl Context {
    /// Sends a message to one of this connection's channels.
    ///
    /// A message that ends a channel is queued regardless of the limit.
    pub(crate) fn post(&self, key: Key, message: AppMessage) -> Result<(), SendError> {
        let weight = match message.ends() {
            true => Weight::None,
            false => Weight::Message,
        };
        self.post_with(weight, key, message).map(|_| ())
    }

    /// Sends a broadcast to one of this connection's channels, and returns the number of those that are queued for it.
    pub(super) fn post_broadcast(
        &self,
        key: Key,
        message: AppMessage,
        bytes: usize,
    ) -> Result<usize, SendError> {
        // Overhead: a queue has up to twice the capacity that it needs.
        let bytes = bytes + 2 * size_of::<AppMessage>();
        self.post_with(Weight::Broadcast(bytes), key, message)
    }

    /// Ends a channel that has sent what cannot be sent.
    pub(crate) fn check_sent(&self, key: Key, sent: Result<(), EncodeError>) {
        if sent.is_err_and(EncodeError::ends_channel) {
            let _ = self.post(key, AppMessage::Unsendable); // a client that is gone has no channels to end
        }
    }

    /// Sends a message regardless of the limit.
    pub(crate) fn post_anyway(&self, key: Key, message: AppMessage) -> Result<(), SendError> {
        self.post_with(Weight::None, key, message).map(|_| ())
    }

    fn post_with(&self, weight: Weight, key: Key, message: AppMessage) -> Result<usize, SendError> {
        let mailbox = self.mailbox.open().ok_or(SendError::Gone)?;
        let limits = Limits {
            messages: self.routes.rules.max_queued_messages,
            bytes: self.routes.rules.max_queued_bytes,
        };
        let waiting = mailbox.queue.push(key, message, weight, limits)?;
        self.client.wake();
        Ok(waiting)
    }

    /// Sets the reply to a join under way.
    pub(super) fn set_join_response(&self, key: Key, response: Payload) {
        let Some(mailbox) = self.mailbox.open() else {
            return; // the client is gone
        };
        let responses: &JoinResponses = mailbox.join_responses.get_or_init(Box::default);
        let mut responses = lock(responses);
        responses.retain(|(of, _)| *of != key);
        responses.push((key, response));
    }

    /// Takes the reply to a join.
    pub(super) fn take_join_response(&self, key: Key) -> Option<Payload> {
        let mut responses = lock(&**self.mailbox.get()?.join_responses.get()?);
        let at = responses.iter().position(|(of, _)| *of == key)?;
        Some(responses.swap_remove(at).1)
    }

    /// Reserves a slot for something that ends with a channel. It is over if the client is gone.
    pub(super) fn reserve(&self, key: Key) -> Arc<ChannelSlot<Resource>> {
        match self.mailbox.open() {
            Some(mailbox) => mailbox.channel_slots.get_or_init(Box::default).reserve(key),
            None => ChannelSlot::over(),
        }
    }

    /// Returns the topics that a channel is subscribed to, besides its own.
    pub(crate) fn topics(&self, key: Key) -> Vec<Topic> {
        let mailbox = self.mailbox.get();
        let channel_slots = mailbox.and_then(|mailbox| mailbox.channel_slots.get());
        let slots = channel_slots.map_or_else(Vec::new, |slots| slots.of(key));
        let topics = slots
            .iter()
            .filter_map(|slot| slot.read(|it| it.topic().cloned()));
        topics.collect()
    }

    /// Ends a channel's subscriptions and timers.
    pub(crate) fn end_resources(&self, key: Key) {
        let mailbox = self.mailbox.get();
        if let Some(channel_slots) = mailbox.and_then(|mailbox| mailbox.channel_slots.get()) {
            channel_slots.end(key);
        }
    }

    /// Ends a channel's subscriptions, timers and presences, and drops a reply to its join that was set too late.
    pub(crate) fn forget(&self, key: Key) {
        self.end_resources(key);
        self.take_join_response(key);
        let mailbox = self.mailbox.get();
        if let Some(tracked) = mailbox.and_then(|mailbox| mailbox.tracked.get()) {
            lock(&**tracked).forget(key);
        }
    }
}

/// Error of [`Sender::send`](crate::Sender::send): the message was not queued.
///
/// It is an unexpected [`Error`](crate::Error): returned from a callback by `?`, it ends the channel.
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
    /// The channel's queue is full: see [`SocketOptions::max_queued_messages`](crate::SocketOptions::max_queued_messages).
    Full,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::Gone => "the client is gone",
            SendError::Full => "the channel's queue is full",
        })
    }
}

impl std::error::Error for SendError {}
