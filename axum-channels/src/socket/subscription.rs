use super::Socket;
use super::mailbox::Mailbox;
use super::places::Place;
use super::recipient::Recipient;
use crate::channel::{HandleInfo, Letter};
use crate::endpoint::Event;
use crate::message::{Broadcast, Topic};
use crate::pubsub::{self, Pressure, Subscriber};
use crate::session::Mail;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// What keeps a channel subscribed to a topic other than its own: see [`Socket::subscribe`](crate::Socket::subscribe).
///
/// The subscription ends when this is dropped, or with the channel if that ends before. Broadcasts that wait for the
/// channel already are still handed to it.
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
#[must_use = "the channel hears the topic for as long as this is kept"]
pub struct Subscription {
    topic: Topic,
    _place: Arc<Place<pubsub::Subscription>>,
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
        let reserve = |mailbox: &Mailbox| mailbox.places().reserve(socket.key);
        let place = context.mailbox.open().map_or_else(Place::over, reserve);
        let pubsub = &context.endpoint.hub().pubsub;
        place.take(pubsub.subscribe(topic.clone(), listener));
        Subscription {
            topic,
            _place: place,
        }
    }

    /// The topic that the channel hears.
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

/// Hands a topic's broadcasts to a channel, a `C`.
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
            Mail::Info(Box::new(Letter::<C>::new(event)))
        })
    }

    /// On its own topic, what the channel broadcasts from itself is not for it. On another, it is that of other channels.
    fn address(&self) -> *const () {
        match self.is_own {
            true => self.channel.context.client.address(),
            false => std::ptr::from_ref(self).cast(),
        }
    }
}
