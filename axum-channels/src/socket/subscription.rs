use super::Socket;
use super::channel_slots::ChannelSlot;
use super::recipient::Recipient;
use super::resource::Resource;
use crate::channel::{Envelope, HandleInfo};
use crate::endpoint::Event;
use crate::message::{Broadcast, Topic};
use crate::pubsub::{Pressure, Subscriber, SubscriberId};
use crate::session::AppMessage;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Subscription of a channel or its client to another topic: see [`Socket::subscribe`](crate::Socket::subscribe) and
/// [`Socket::subscribe_client`](crate::Socket::subscribe_client).
///
/// It ends when this value is dropped, or with the channel. Broadcasts that are queued by then still arrive.
///
/// ```
/// use axum_channels::{Event, HandleInfo, Socket, Subscription};
///
/// struct Watchlist { watched: Vec<Subscription> }
///
/// impl Watchlist {
///     fn watch<C: HandleInfo<Event>>(&mut self, topic: &str, socket: &Socket) {
///         self.watched.push(socket.subscribe::<C>(topic));
///     }
///
///     fn forget(&mut self, topic: &str) {
///         self.watched.retain(|watched| watched.topic() != topic);
///     }
/// }
/// ```
#[must_use = "the subscription ends when this is dropped"]
pub struct Subscription {
    topic: Topic,
    _slot: Arc<ChannelSlot<Resource>>,
}

impl Subscription {
    pub(super) fn new<C: HandleInfo<Event>>(socket: &Socket, topic: Topic) -> Self {
        let listener = Arc::new(Listener {
            channel: Recipient::new(socket.context.clone(), socket.key),
            topic: topic.clone(),
            is_own: topic == socket.topic,
            of: PhantomData::<fn(C)>,
        });
        Subscription::with(socket, topic, listener)
    }

    /// Subscribes the client, until a channel of it ends.
    pub(super) fn of_client(socket: &Socket, topic: Topic) -> Self {
        let client = socket.context.client.clone();
        Subscription::with(socket, topic, client)
    }

    fn with(socket: &Socket, topic: Topic, subscriber: Arc<dyn Subscriber>) -> Self {
        let slot = socket.context.reserve(socket.key);
        let pubsub = &socket.context.endpoint.shared().pubsub;
        let subscription = pubsub.subscribe(topic.clone(), subscriber);
        slot.take(Resource::Subscription(subscription));
        Subscription { topic, _slot: slot }
    }

    /// Returns the topic of the subscription.
    ///
    /// ```
    /// # use axum_channels::Subscription;
    /// fn is_news(subscription: &Subscription) -> bool {
    ///     subscription.topic().starts_with("news:")
    /// }
    /// ```
    pub fn topic(&self) -> &Topic {
        &self.topic
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}

/// Passes a topic's broadcasts to a channel, a `C`.
struct Listener<C> {
    channel: Recipient,
    topic: Topic,
    /// The topic is the channel's own.
    is_own: bool,
    of: PhantomData<fn(C)>,
}

impl<C: HandleInfo<Event>> Subscriber for Listener<C> {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        self.channel.hand(|| {
            let event = Event::new(self.topic.clone(), broadcast);
            AppMessage::Info(Box::new(Envelope::<C>::new(event)))
        })
    }

    fn id(&self) -> Option<SubscriberId> {
        let Recipient { context, key, .. } = &self.channel;
        Some(context.subscriber_id(*key, self.is_own))
    }
}
