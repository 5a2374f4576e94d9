use super::lossy::Lossy;
use crate::client_id::ClientId;
use crate::message::{Broadcast, Payload, Topic};
use crate::pubsub::{Pressure, PubSub, Subscriber, SubscriberId, Subscription};
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use tokio::task::consume_budget;

/// Maximum number of queued broadcasts per subscriber.
const CAPACITY: usize = 1024;

/// Receiver of a topic's broadcasts, for a task of the app: see [`Endpoint::subscribe`](crate::Endpoint::subscribe).
///
/// It has a queue of 1,024 broadcasts. The subscription ends when this value is dropped.
///
/// ```
/// # async fn run(endpoint: axum_channels::Endpoint) {
/// let mut events = endpoint.subscribe("room:lobby");
/// loop {
///     match events.recv().await {
///         Ok(event) => println!("{} {}", event.event, event.payload.as_json()),
///         Err(missed) => eprintln!("{missed}"), // it goes on
///     }
/// }
/// # }
/// ```
pub struct Events {
    listener: Arc<Listener>,
    pubsub: Arc<PubSub>,
    _subscription: Subscription,
}

/// A broadcast, as code of the app receives it: a task by [`Events::recv`], or a channel that is
/// [subscribed](crate::Socket::subscribe) to its topic by [`HandleInfo`](crate::HandleInfo).
///
/// ```
/// # async fn run(endpoint: axum_channels::Endpoint) {
/// use axum_channels::Event;
///
/// let mut events = endpoint.subscribe("room:lobby");
/// if let Ok(Event { topic, event, payload, .. }) = events.recv().await {
///     println!("{event} on {topic}: {}", payload.as_json());
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The topic of the subscription.
    pub topic: Topic,
    /// Name of the event.
    pub event: String,
    /// Payload of the event.
    pub payload: Payload,
}

struct Listener {
    id: ClientId,
    topic: Topic,
    received: Lossy<Event>,
}

impl Event {
    pub(crate) fn new(topic: Topic, broadcast: &Broadcast<'_>) -> Self {
        Event {
            topic,
            event: broadcast.event.to_owned(),
            payload: broadcast.payload.clone(),
        }
    }
}

impl Events {
    pub(super) fn new(pubsub: &Arc<PubSub>, topic: Topic) -> Self {
        let listener = Arc::new(Listener {
            id: ClientId::new(),
            topic: topic.clone(),
            received: Lossy::new(CAPACITY),
        });
        Events {
            _subscription: pubsub.subscribe(topic, listener.clone()),
            pubsub: pubsub.clone(),
            listener,
        }
    }

    /// Waits for the next broadcast.
    ///
    /// # Errors
    /// If broadcasts were dropped because the queue was full, with 1,024 of them. Broadcasts of the queue come before
    /// this error, later ones after it: go on calling `recv`.
    ///
    /// # Cancel safety
    /// This method is cancel safe: no broadcast is lost if the future is dropped.
    ///
    /// # Examples
    /// ```
    /// # async fn run(endpoint: axum_channels::Endpoint) {
    /// let mut events = endpoint.subscribe("room:lobby");
    /// tokio::spawn(async move {
    ///     loop {
    ///         match events.recv().await {
    ///             Ok(event) => println!("{} {}", event.event, event.payload.as_json()),
    ///             Err(missed) => eprintln!("{missed}"),
    ///         }
    ///     }
    /// });
    /// # }
    /// ```
    pub async fn recv(&mut self) -> Result<Event, Missed> {
        consume_budget().await; // before anything is taken: this is what makes it cancel safe
        poll_fn(|cx| self.listener.received.poll_next(cx.waker()))
            .await
            .map_err(|count| Missed { count })
    }

    /// Sends an event to all subscribers of the topic except this one.
    ///
    /// A task that uses [`Endpoint::broadcast`](crate::Endpoint::broadcast) receives its own event.
    ///
    /// ```
    /// # async fn run(endpoint: axum_channels::Endpoint) {
    /// let mut events = endpoint.subscribe("room:lobby");
    /// loop {
    ///     match events.recv().await {
    ///         Ok(event) if event.event == "ping" => {
    ///             events.broadcast_from("pong", event.payload); // not received by `events`
    ///         }
    ///         Ok(_) => {}
    ///         Err(missed) => eprintln!("{missed}"),
    ///     }
    /// }
    /// # }
    /// ```
    pub fn broadcast_from(&self, event: &str, payload: impl Into<Payload>) {
        let id = self.listener.id();
        let from = id.map(|id| self.pubsub.publisher(id, None));
        let topic = &self.listener.topic;
        let _ = self.pubsub.publish(topic, event, &payload.into(), from); // an error is logged
    }
}

impl Subscriber for Listener {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        let event = || Event::new(self.topic.clone(), broadcast);
        self.received.push(event);
        Pressure::Low // it receives the number of missed broadcasts instead
    }

    fn id(&self) -> Option<SubscriberId> {
        Some(SubscriberId {
            client: self.id,
            channel: None,
        })
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("topic", &self.listener.topic)
            .finish_non_exhaustive()
    }
}

/// Error of [`Events::recv`]: broadcasts were dropped because the queue was full.
///
/// ```
/// # async fn run(mut events: axum_channels::Events) {
/// if let Err(missed) = events.recv().await {
///     println!("{} were missed", missed.count);
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missed {
    /// Number of missed broadcasts.
    pub count: u64,
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} broadcasts were missed", self.count)
    }
}

impl std::error::Error for Missed {}
