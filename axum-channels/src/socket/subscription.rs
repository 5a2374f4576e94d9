use super::Socket;
use super::mailbox::Mailbox;
use super::recipient::Recipient;
use super::subscription_slots::SubscriptionSlot;
use crate::channel::{Envelope, HandleInfo};
use crate::endpoint::Event;
use crate::message::{Broadcast, Topic};
use crate::pubsub::{self, ClientId, Pressure, Subscriber};
use crate::session::AppMessage;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A channel's subscription to another topic: see [`Socket::subscribe`](crate::Socket::subscribe).
///
/// It ends when dropped, or with the channel. Broadcasts that are queued already still reach the channel.
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
    _slot: Arc<SubscriptionSlot<pubsub::Subscription>>,
}

impl Subscription {
    pub(super) fn new<C: HandleInfo<Event>>(socket: &Socket, topic: Topic) -> Self {
        let context = &socket.context;
        let listener = Arc::new(Listener {
            channel: Recipient::new(context.clone(), socket.key),
            topic: topic.clone(),
            is_own: topic == socket.topic,
            of: PhantomData::<fn(C)>,
        });
        let reserve = |mailbox: &Mailbox| mailbox.subscription_slots().reserve(socket.key);
        let slot = context
            .mailbox
            .open()
            .map_or_else(SubscriptionSlot::over, reserve);
        let pubsub = &context.endpoint.shared().pubsub;
        slot.take(pubsub.subscribe(topic.clone(), listener));
        Subscription { topic, _slot: slot }
    }

    /// The topic of the subscription.
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

    /// On its own topic, the channel is excluded from its own broadcasts.
    fn client(&self) -> Option<ClientId> {
        self.channel.context.client.client().filter(|_| self.is_own)
    }
}
