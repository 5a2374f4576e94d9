use crate::message::{Broadcast, Payload, Topic};
use crate::pubsub::{Pressure, PubSub, Subscriber, Subscription};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::mpsc;

/// So many broadcasts wait for who does not receive them.
const CAPACITY: usize = 1024;

/// The broadcasts of a topic, for a task of the app: see [`Endpoint::subscribe`](crate::Endpoint::subscribe).
pub struct Events {
    received: mpsc::Receiver<Event>,
    listener: Arc<Listener>,
    _subscription: Subscription,
}

/// A broadcast, as a task of the app receives it, or a channel that [subscribed](crate::Socket::subscribe) to its topic.
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
    /// The topic that was subscribed to.
    pub topic: Topic,
    /// What happened.
    pub event: String,
    /// What it carries.
    pub payload: Payload,
}

struct Listener {
    topic: Topic,
    send: mpsc::Sender<Event>,
    missed: AtomicU64,
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
        let (send, received) = mpsc::channel(CAPACITY);
        let listener = Arc::new(Listener {
            topic: topic.clone(),
            send,
            missed: AtomicU64::new(0),
        });
        Events {
            received,
            _subscription: pubsub.subscribe(topic, listener.clone()),
            listener,
        }
    }

    /// Waits for the next broadcast. It may be cancelled without losing one.
    ///
    /// # Errors
    /// If broadcasts came while 1,024 waited: how many were missed. Those that waited come first, and those after it next.
    ///
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
        if let Ok(event) = self.received.try_recv() {
            return Ok(event);
        }
        match self.listener.missed.swap(0, Relaxed) {
            0 => match self.received.recv().await {
                Some(event) => Ok(event),
                None => std::future::pending().await, // the listener, which sends, is ours
            },
            count => Err(Missed { count }),
        }
    }
}

impl Subscriber for Listener {
    fn deliver(&self, broadcast: &Broadcast<'_>) -> Pressure {
        let missed = self.missed.load(Relaxed) > 0; // a gap is not closed before it was told
        let event = || Event::new(self.topic.clone(), broadcast);
        if missed || self.send.try_send(event()).is_err() {
            self.missed.fetch_add(1, Relaxed);
        }
        Pressure::Low // it is told what it misses
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("topic", &self.listener.topic)
            .finish_non_exhaustive()
    }
}

/// Broadcasts were not received: more came than wait.
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
    /// How many.
    pub count: u64,
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} broadcasts were missed", self.count)
    }
}

impl std::error::Error for Missed {}
