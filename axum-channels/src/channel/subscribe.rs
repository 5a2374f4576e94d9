use super::{Envelope, HandleInfo};
use crate::endpoint::Event;
use crate::message::{Broadcast, Topic};
use crate::pubsub::{Pressure, Subscriber, SubscriberId};
use crate::session::AppMessage;
use crate::socket::{Recipient, Socket, Subscription};
use std::marker::PhantomData;
use std::sync::Arc;

impl Socket {
    /// Subscribes this channel to another topic.
    ///
    /// Its broadcasts go to the channel's [`HandleInfo::handle_info`] as [`Event`]s, queued among the client's messages,
    /// and not to the client: that is [`subscribe_client`](Self::subscribe_client). `C` is the type of this channel,
    /// `Self` in its methods; an event for another type ends the channel with an error.
    ///
    /// The subscription starts at once and lasts until the returned value is dropped or the channel ends: keep it in a
    /// field. With two subscriptions the channel receives each broadcast twice.
    ///
    /// Up to [1 MiB](crate::SocketOptions::max_queued_bytes) of broadcasts, and 128 of any size, are queued; a channel further
    /// behind is ended with `phx_error`, since it would miss broadcasts.
    ///
    /// ```
    /// use axum_channels::{Channel, Event, HandleInfo, Payload, Result, Socket, Subscription, Topic};
    ///
    /// struct Dashboard { _orders: Subscription }
    ///
    /// impl Channel for Dashboard {
    ///     async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
    ///         Ok(Self { _orders: socket.subscribe::<Self>("orders") })
    ///     }
    /// }
    ///
    /// impl HandleInfo<Event> for Dashboard {
    ///     async fn handle_info(&mut self, event: Event, socket: &Socket) -> Result<()> {
    ///         if event.event == "new" {
    ///             socket.push("order", event.payload);
    ///         }
    ///         Ok(())
    ///     }
    /// }
    /// ```
    pub fn subscribe<C: HandleInfo<Event>>(&self, topic: &str) -> Subscription {
        let topic = Topic::from(topic);
        let listener = Arc::new(Listener {
            channel: Recipient::new(self.context.clone(), self.key),
            topic: topic.clone(),
            is_own: topic == self.topic,
            of: PhantomData::<fn(C)>,
        });
        Subscription::with(self, topic, listener)
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
        self.channel.hand(broadcast, || {
            let event = Event::new(self.topic.clone(), broadcast);
            AppMessage::Info(Box::new(Envelope::<C>::new(event)))
        })
    }

    fn id(&self) -> Option<SubscriberId> {
        let Recipient { context, key, .. } = &self.channel;
        Some(context.subscriber_id(*key, self.is_own))
    }
}
