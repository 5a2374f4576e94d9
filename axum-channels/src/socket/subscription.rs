use super::Socket;
use super::channel_slots::ChannelSlot;
use super::resource::Resource;
use crate::message::Topic;
use crate::pubsub::Subscriber;
use std::fmt;
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
    /// Subscribes the client, until a channel of it ends.
    pub(super) fn of_client(socket: &Socket, topic: Topic) -> Self {
        let client = socket.context.client.clone();
        Subscription::with(socket, topic, client)
    }

    /// Subscribes `subscriber`, until a channel of the client ends.
    pub(crate) fn with(socket: &Socket, topic: Topic, subscriber: Arc<dyn Subscriber>) -> Self {
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
    #[must_use]
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
