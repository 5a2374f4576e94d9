//! The app's broadcasts and presences, across all of its sockets.
//!
//! Channels hold the endpoint, so it depends on sockets only through [`Mounted`].

mod disconnected;
mod events;
mod inbound;
mod lossy;
mod mounted;
mod presence_callbacks;
mod presence_handler;
mod shutdown;
mod state;

pub(crate) use disconnected::{Disconnected, Meanwhile};
pub use events::{Event, Events, Missed};
pub(crate) use mounted::Mounted;
pub(crate) use presence_callbacks::PresenceCallbacks;
pub use presence_handler::PresenceHandler;
pub(crate) use state::States;

use crate::log::Filter;
use crate::message::{Payload, Presences};
use crate::origin::{CheckOrigin, RefusedOrigin};
use crate::presence::Tracker;
use crate::proxies::TrustedProxies;
use crate::pubsub::PubSub;
use crate::pubsub::cluster;
use crate::sync::{Mutex, lock};
use crate::task::AbortOnDrop;
use crate::url::PublicUrl;
use axum::Router;
use axum::http::HeaderMap;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock, Weak};

/// All sockets of an app, and a handle to their clients: broadcasts, presences, disconnects, shutdown.
///
/// It is built with [`Endpoint::builder`]. Cloning it is cheap: a clone is the same endpoint.
///
/// Channels get it from [`Socket::endpoint`](crate::Socket::endpoint), socket handlers from
/// [`ConnectInfo::endpoint`](crate::ConnectInfo::endpoint), and axum handlers as their state. It lasts as long as
/// anything holds it: the app, one of its routers, or a connected client.
///
/// ```no_run
/// # use axum_channels::{ConnectInfo, Params, Result, SocketHandler};
/// # struct UserSocket;
/// # impl SocketHandler for UserSocket {
/// #     async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> { Ok(Self) }
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
    shared: Arc<Shared>,
    /// Sockets do not hold the endpoint in turn: it would never be dropped.
    sockets: Vec<Arc<dyn Mounted>>,
}

/// State shared by all sockets of an endpoint.
pub(crate) struct Shared {
    pub(crate) states: States,
    pub(crate) pubsub: Arc<PubSub>,
    pub(crate) disconnected: Disconnected,
    pub(crate) tracker: Tracker,
    pub(crate) presence_callbacks: Option<PresenceCallbacks>,
    pub(crate) check_origin: CheckOrigin,
    pub(crate) url: Option<Arc<PublicUrl>>,
    pub(crate) proxies: Option<TrustedProxies>,
    /// Filter for logged parameters.
    pub(crate) filter: Arc<Filter>,
    /// Every socket, including those that only tests connect to.
    pub(crate) mounted: Mutex<Vec<Weak<dyn Mounted>>>,
    /// Held while presences of other nodes are merged.
    pub(crate) merging: Mutex<()>,
    /// The task of the adapter, if there is one.
    pub(crate) adapter: OnceLock<AbortOnDrop>,
    pub(crate) is_shutting_down: AtomicBool,
}

impl Shared {
    /// Runs the adapter, for as long as this exists.
    pub(crate) fn run_adapter(self: &Arc<Self>) {
        if let Some(cluster) = self.pubsub.cluster() {
            let endpoint: Weak<Self> = Arc::downgrade(self);
            let _ = self.adapter.set(cluster.run(endpoint)); // it is run once
        }
    }
}

impl Endpoint {
    pub(crate) fn new(shared: Arc<Shared>, sockets: Vec<Arc<dyn Mounted>>) -> Self {
        let mut mounted = lock(&shared.mounted);
        mounted.retain(|socket| socket.strong_count() > 0);
        mounted.extend(sockets.iter().map(Arc::downgrade));
        drop(mounted);
        Endpoint {
            inner: Arc::new(Inner { shared, sockets }),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.inner.shared
    }

    /// Returns the routes of the endpoint's sockets, to merge into an app's router with any state.
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

    /// Returns the value of type `T` that the endpoint was [built with](crate::EndpointBuilder::state): state of the app.
    ///
    /// # Panics
    /// If it was built without a `T`. See [`try_state`](Self::try_state).
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// #[derive(Clone)]
    /// struct Greeting(&'static str);
    ///
    /// let endpoint = Endpoint::builder().state(Greeting("hello")).build();
    /// assert_eq!(endpoint.state::<Greeting>().0, "hello");
    /// ```
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> &T {
        self.inner.shared.states.expect()
    }

    /// Returns the value of type `T` that the endpoint was [built with](crate::EndpointBuilder::state), or `None`.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// let endpoint = Endpoint::builder().state(42_u32).build();
    /// assert_eq!((endpoint.try_state(), endpoint.try_state::<i64>()), (Some(&42_u32), None));
    /// ```
    #[must_use]
    pub fn try_state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.inner.shared.states.get()
    }

    /// Sends an event to all subscribers of a topic: clients that have joined it, and channels and tasks that subscribed
    /// to it.
    ///
    /// The payload is a JSON object or bytes: anything else is logged, and not sent to clients of the V2 protocol. With an
    /// [adapter](crate::cluster), it is sent to the subscribers of all nodes.
    ///
    /// It returns without waiting for slow subscribers. A topic with more than 1,024 subscribers is served by the workers
    /// of the runtime after this has returned: in order, but a reply or a push that is sent meanwhile may arrive earlier.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// # let endpoint = Endpoint::builder().build();
    /// endpoint.broadcast("room:lobby", "shout", serde_json::json!({"hello": "all"}));
    /// ```
    pub fn broadcast(&self, topic: &str, event: &str, payload: impl Into<Payload>) {
        let pubsub = &self.inner.shared.pubsub;
        let _ = pubsub.publish(topic, event, &payload.into(), None); // an error is logged
    }

    /// Subscribes a task of the app to a topic's broadcasts, until the returned value is dropped.
    ///
    /// Up to 1,024 broadcasts are queued for it. A channel uses [`Socket::subscribe`](crate::Socket::subscribe) instead.
    /// With an [adapter](crate::cluster), broadcasts of other nodes arrive as soon as it has subscribed to the topic.
    ///
    /// ```
    /// # async fn run(endpoint: axum_channels::Endpoint) {
    /// let mut events = endpoint.subscribe("room:lobby");
    /// loop {
    ///     match events.recv().await {
    ///         Ok(event) => println!("{} {}", event.event, event.payload.as_json()),
    ///         Err(missed) => eprintln!("{missed}"), // the next call returns the next broadcast
    ///     }
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn subscribe(&self, topic: &str) -> Events {
        Events::new(&self.inner.shared.pubsub, topic.into())
    }

    /// Returns the presences of a topic, without the data that a [`PresenceHandler`] adds.
    ///
    /// With an [adapter](crate::cluster), those of other nodes are among them if the topic has a subscriber on this node.
    /// [`fetch_presences`](Self::fetch_presences) returns them with that data. See [`Presence`](crate::Presence).
    ///
    /// ```
    /// # let endpoint = axum_channels::Endpoint::builder().build();
    /// let online = endpoint.presences("room:lobby").len();
    /// ```
    #[must_use]
    pub fn presences(&self, topic: &str) -> Presences {
        self.inner.shared.tracker.list(topic)
    }

    /// Closes every connection with this [`SocketHandler::id`](crate::SocketHandler::id), for example when a user signs
    /// out.
    ///
    /// The close code is 1001, after which Phoenix's client reconnects; `connect` can then refuse it. Messages that were
    /// received before are handled.
    ///
    /// It also closes the connection of a client on this node whose `connect` is under way, which may have looked up its user
    /// before. With an [adapter](crate::cluster), those on other nodes stay. A `connect` that calls this, to close the user's
    /// other connections, does not close its own.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// # let endpoint = Endpoint::builder().build();
    /// endpoint.disconnect("user_socket:42");
    /// ```
    pub fn disconnect(&self, id: &str) {
        self.inner.shared.disconnected.add(id);
        self.broadcast(id, "disconnect", Payload::empty());
    }

    /// Returns the URL at which browsers reach the app, if the endpoint was built [with
    /// one](crate::EndpointBuilder::url).
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
        self.inner.shared.url.as_deref()
    }

    /// Checks the `Origin` header of any request, as the endpoint does before a connection.
    ///
    /// Use it in axum handlers whose response no other site may read, such as one with a token. A request without the
    /// header is allowed: browsers send it with every `POST`, but with a `GET` only to another site.
    ///
    /// # Errors
    /// If the origin is not allowed. As a response, the error is a 403.
    ///
    /// # Examples
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
        self.inner.shared.check_origin.check(headers)
    }

    fn mounted(&self) -> Vec<Arc<dyn Mounted>> {
        let mounted = lock(&self.inner.shared.mounted);
        mounted.iter().filter_map(Weak::upgrade).collect()
    }

    /// Returns the path of the first socket that routes a topic to the channel `C`.
    #[cfg(any(feature = "testing", test, fuzzing))]
    pub(crate) fn path_to<C>(&self, topic: &str) -> Option<&str> {
        let mut sockets = self.inner.sockets.iter();
        let found =
            sockets.find(|socket| socket.channel(topic) == Some(std::any::type_name::<C>()))?;
        Some(found.path())
    }

    /// Returns the path at which clients of the socket at `path` connect by WebSocket.
    ///
    /// The default if there is none at exactly this path, whose parameters may have been filled in.
    #[cfg(any(feature = "testing", test, fuzzing))]
    pub(crate) fn websocket_path(&self, path: &str) -> String {
        let mut sockets = self.inner.sockets.iter();
        let found = sockets.find_map(|socket| match socket.path() == path {
            true => socket.websocket_path(),
            false => None,
        });
        found.unwrap_or_else(|| format!("{path}/websocket"))
    }

    /// Returns the numbers of open connections, of subscriptions, of histories, and of messages between nodes.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// # let endpoint = Endpoint::builder().build();
    /// assert_eq!(endpoint.stats().connections, 0);
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        let (sockets, pubsub) = (self.mounted().into_iter(), &self.shared().pubsub);
        let (histories, history_bytes) = pubsub.histories();
        let cluster = pubsub.cluster().map(|cluster| cluster.stats());
        Stats {
            connections: sockets.map(|socket| socket.connections()).sum(),
            histories,
            history_bytes,
            subscriptions: pubsub.len(),
            cluster: cluster.unwrap_or_default(),
        }
    }
}

/// Numbers of an endpoint, for metrics: see [`Endpoint::stats`].
///
/// ```
/// # let endpoint = axum_channels::Endpoint::builder().build();
/// let stats = endpoint.stats();
/// assert_eq!((stats.connections, stats.subscriptions), (0, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Number of connected clients.
    pub connections: usize,
    /// Number of subscriptions to topics: one for each topic that a client has joined, for each client with an
    /// [id](crate::SocketHandler::id), and for each call of [`Socket::subscribe`](crate::Socket::subscribe),
    /// [`Socket::subscribe_client`](crate::Socket::subscribe_client) and [`Endpoint::subscribe`] that still holds.
    pub subscriptions: usize,
    /// Number of topics whose last broadcasts are kept: see [`History`](crate::History).
    pub histories: usize,
    /// Number of bytes that they take.
    pub history_bytes: usize,
    /// Numbers of messages between this node and others.
    pub cluster: cluster::Stats,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = self.inner.sockets.iter().map(|socket| socket.path());
        f.debug_struct("Endpoint")
            .field("sockets", &paths.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
