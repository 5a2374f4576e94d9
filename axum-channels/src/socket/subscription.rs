use super::recipient::Recipient;
use super::{Context, Socket};
use crate::channel::{HandleInfo, Letter};
use crate::endpoint::Event;
use crate::message::{Broadcast, Topic};
use crate::pubsub::{self, Pressure, Subscriber};
use crate::session::{Key, Mail};
use crate::sync::{Mutex, lock};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Weak};

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
    _place: Arc<Place>,
}

/// A channel's place among a topic's subscribers, empty once the channel has ended.
type Place = Mutex<Option<pubsub::Subscription>>;

impl Subscription {
    pub(super) fn new<C: HandleInfo<Event>>(socket: &Socket, topic: Topic) -> Self {
        let context = &socket.context;
        let listener = Arc::new(Listener {
            channel: Recipient::new(context.clone(), socket.key),
            topic: topic.clone(),
            is_own: topic == socket.topic,
            of: PhantomData::<fn(C)>,
        });
        let pubsub = &context.endpoint.hub().pubsub;
        let place = Mutex::new(Some(pubsub.subscribe(topic.clone(), listener)));
        let place = Arc::new(place);
        let places = context.mailbox().places.get_or_init(Box::default);
        lock(places).add(socket.key, &place);
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

/// The places that the channels of one connection have taken, to be given up when they end. Who keeps a [`Subscription`]
/// keeps its place.
#[derive(Default)]
pub(super) struct Places(Vec<(Key, Weak<Place>)>);

impl Places {
    fn add(&mut self, key: Key, place: &Arc<Place>) {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|(_, place)| place.strong_count() > 0);
        }
        self.0.push((key, Arc::downgrade(place)));
    }

    fn remove(&mut self, key: Key) -> Vec<Weak<Place>> {
        let removed = self.0.extract_if(.., |(of, _)| *of == key);
        let removed = removed.map(|(_, place)| place).collect();
        self.0.shrink_to(2 * self.0.len());
        removed
    }
}

impl Context {
    /// Ends what a channel has subscribed to.
    pub(crate) fn unsubscribe(&self, key: Key) {
        let mailbox = self.mailbox.get();
        let Some(places) = mailbox.and_then(|mailbox| mailbox.places.get()) else {
            return;
        };
        let removed = lock(places).remove(key);
        for place in removed.iter().filter_map(Weak::upgrade) {
            let ended = lock(&place).take();
            drop(ended); // may be the last of its connection: not under a lock
        }
    }
}
