//! Everyone in the app, whichever socket they came by: who hears of what, and who is there.
//!
//! Channels hold it, so it knows nothing of them: what it has to know of a socket is [`Mounted`].

mod events;
mod lossy;
mod mounted;
mod state;

pub use events::{Event, Events, Missed};
pub(crate) use mounted::Mounted;
pub(crate) use state::States;

use crate::log::Filter;
use crate::message::Payload;
use crate::origin::{CheckOrigin, RefusedOrigin};
use crate::presence::{Presences, Tracker};
use crate::proxies::TrustedProxies;
use crate::pubsub::PubSub;
use crate::sync::{Mutex, lock};
use crate::url::PublicUrl;
use axum::Router;
use axum::http::HeaderMap;
use std::any::type_name;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// The sockets of an app, and the way to reach everyone connected to them. Cloning it is cheap: a clone is the same endpoint.
///
/// Channels get it from [`Socket::endpoint`](crate::Socket::endpoint), handlers from
/// [`ConnectInfo::endpoint`](crate::ConnectInfo::endpoint), and handlers of axum's as a state of the app. It lasts as long as
/// anyone holds it: you, a router of it, or a client that is connected.
///
/// ```no_run
/// # use axum_channels::{ConnectInfo, Params, Refused, SocketHandler};
/// # struct UserSocket;
/// # impl SocketHandler for UserSocket {
/// #     async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self, Refused> { Ok(Self) }
/// # }
/// use axum::Router;
/// use axum_channels::Endpoint;
///
/// # async fn run() -> std::io::Result<()> {
/// let endpoint = Endpoint::builder().socket::<UserSocket>("/socket").build();
/// let app = Router::new().merge(endpoint.router());
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:4000").await?;
/// axum_channels::serve(listener, app).drain(&endpoint).with_signals().await
/// # }
/// ```
#[derive(Clone)]
pub struct Endpoint {
    inner: Arc<Inner>,
}

struct Inner {
    hub: Arc<Hub>,
    /// They do not hold the endpoint in turn: it would never be dropped.
    sockets: Vec<Arc<dyn Mounted>>,
}

/// What all sockets of an endpoint share.
pub(crate) struct Hub {
    pub(crate) states: States,
    pub(crate) pubsub: Arc<PubSub>,
    pub(crate) tracker: Tracker,
    pub(crate) check_origin: CheckOrigin,
    pub(crate) url: Option<Arc<PublicUrl>>,
    pub(crate) proxies: Option<TrustedProxies>,
    /// What the log does not show of parameters.
    pub(crate) filter: Arc<Filter>,
    /// Every socket, those that tests connect to besides the endpoint's own included.
    pub(crate) mounted: Mutex<Vec<Weak<dyn Mounted>>>,
}

/// As Phoenix's drainer: so long shutting down may take.
const SHUTDOWN: Duration = Duration::from_secs(30);

impl Endpoint {
    pub(crate) fn new(hub: Arc<Hub>, sockets: Vec<Arc<dyn Mounted>>) -> Self {
        let mut mounted = lock(&hub.mounted);
        mounted.retain(|socket| socket.strong_count() > 0);
        mounted.extend(sockets.iter().map(Arc::downgrade));
        drop(mounted);
        Endpoint {
            inner: Arc::new(Inner { hub, sockets }),
        }
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.inner.hub
    }

    /// The routes of its sockets, to merge into an app's router, whatever its state.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// # let endpoint = Endpoint::builder().build();
    /// let app: axum::Router = axum::Router::new().merge(endpoint.router());
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let sockets = self.inner.sockets.iter();
        let routers = sockets.map(|socket| socket.clone().router(self.clone()));
        routers.fold(Router::new(), Router::merge).with_state(())
    }

    /// Sends an event to everyone who has joined a topic.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// # let endpoint = Endpoint::builder().build();
    /// endpoint.broadcast("room:lobby", "shout", serde_json::json!({"hello": "all"}));
    /// ```
    pub fn broadcast(&self, topic: &str, event: &str, payload: impl Into<Payload>) {
        self.inner
            .hub
            .pubsub
            .publish(topic, event, &payload.into(), None);
    }

    /// Listens to a topic's broadcasts from a task of the app, until what it returns is dropped. A channel does so by
    /// [`Socket::subscribe`](crate::Socket::subscribe).
    ///
    /// ```
    /// # async fn run(endpoint: axum_channels::Endpoint) {
    /// let mut events = endpoint.subscribe("room:lobby");
    /// while let Ok(event) = events.recv().await {
    ///     println!("{} {}", event.event, event.payload.as_json());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn subscribe(&self, topic: &str) -> Events {
        Events::new(&self.inner.hub.pubsub, topic.into())
    }

    /// Who is on a topic: see [`Presence`](crate::Presence).
    ///
    /// ```
    /// # let endpoint = axum_channels::Endpoint::builder().build();
    /// let online = endpoint.presences("room:lobby").len();
    /// ```
    #[must_use]
    pub fn presences(&self, topic: &str) -> Presences {
        self.inner.hub.tracker.list(topic)
    }

    /// Closes every connection whose [`SocketHandler::id`](crate::SocketHandler::id) this is.
    ///
    /// The close code is 1001, after which Phoenix's client connects again; whether it may is up to `connect`.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// # let endpoint = Endpoint::builder().build();
    /// endpoint.disconnect("user_socket:42");
    /// ```
    pub fn disconnect(&self, id: &str) {
        self.broadcast(id, "disconnect", Payload::empty());
    }

    /// Closes every connection with code 1012, "service restart", and waits until they are gone.
    ///
    /// Connections are closed 10,000 at a time, every 2 seconds, so that their clients do not come back all at once; new
    /// ones are answered with 503. It takes at most 30 seconds.
    ///
    /// [`serve`](crate::serve) does it by itself for the endpoint that it is to [drain](crate::Serve::drain).
    ///
    /// From a channel, spawn it: a channel is dropped with its connection, and what it awaits with it.
    ///
    /// ```no_run
    /// # use axum_channels::Endpoint;
    /// # async fn run(endpoint: Endpoint, listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// let stop = async move {
    ///     axum_channels::shutdown_signal().await;
    ///     endpoint.shutdown().await;
    /// };
    /// axum::serve(listener, app).with_graceful_shutdown(stop).await
    /// # }
    /// ```
    pub async fn shutdown(&self) {
        let deadline = Instant::now() + SHUTDOWN;
        for socket in self.mounted() {
            socket.drain(deadline).await;
        }
    }

    /// URL at which browsers reach the app, if the endpoint was built [with one](crate::EndpointBuilder::url).
    ///
    /// ```
    /// # fn main() -> Result<(), axum_channels::InvalidUrl> {
    /// # use axum_channels::Endpoint;
    /// let endpoint = Endpoint::builder().url("https://chat.example.com".parse()?).build();
    /// let link = endpoint.url().map(|url| format!("{url}/rooms/1"));
    /// assert_eq!(link.as_deref(), Some("https://chat.example.com/rooms/1"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn url(&self) -> Option<&PublicUrl> {
        self.inner.hub.url.as_deref()
    }

    /// Checks the origin of any request as the endpoint does before a connection: for handlers of axum's that give a page
    /// what no other site may have, such as a token.
    ///
    /// A browser sends the origin with every `POST`, and with a `GET` only to another site.
    ///
    /// # Errors
    /// If the page that asks is not allowed; as a response it is a 403.
    ///
    /// ```
    /// use axum::extract::State;
    /// use axum::http::HeaderMap;
    /// use axum_channels::{Endpoint, RefusedOrigin};
    ///
    /// async fn token(State(endpoint): State<Endpoint>, headers: HeaderMap) -> Result<String, RefusedOrigin> {
    ///     endpoint.check_origin(&headers)?;
    ///     Ok("…".into())
    /// }
    /// ```
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<(), RefusedOrigin> {
        self.inner.hub.check_origin.check(headers)
    }

    fn mounted(&self) -> Vec<Arc<dyn Mounted>> {
        let mounted = lock(&self.inner.hub.mounted);
        mounted.iter().filter_map(Weak::upgrade).collect()
    }

    /// The path of the first socket that leads a topic to the channel `C`.
    pub(crate) fn path_to<C>(&self, topic: &str) -> Option<&str> {
        let mut sockets = self.inner.sockets.iter();
        let found = sockets.find(|socket| socket.channel(topic) == Some(type_name::<C>()))?;
        Some(found.path())
    }

    /// A count of what is open now.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// # let endpoint = Endpoint::builder().build();
    /// assert_eq!(endpoint.stats().connections, 0);
    /// ```
    pub fn stats(&self) -> Stats {
        let sockets = self.mounted().into_iter();
        Stats {
            connections: sockets.map(|socket| socket.connections()).sum(),
            subscriptions: self.inner.hub.pubsub.len(),
        }
    }
}

/// What an endpoint has open: see [`Endpoint::stats`].
///
/// ```
/// # let endpoint = axum_channels::Endpoint::builder().build();
/// let stats = endpoint.stats();
/// assert_eq!((stats.connections, stats.subscriptions), (0, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Clients that are connected.
    pub connections: usize,
    /// Topics that they have joined, counted for each client, ids by which they can be disconnected, topics that channels
    /// [hear](crate::Socket::subscribe) besides, and [`Endpoint::subscribe`].
    pub subscriptions: usize,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = self.inner.sockets.iter().map(|socket| socket.path());
        f.debug_struct("Endpoint")
            .field("sockets", &paths.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
