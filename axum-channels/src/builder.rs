//! The builder of endpoints.

use crate::allocator;
use crate::channel::{Channels, SocketHandler, refusal};
use crate::endpoint::{
    Disconnected, Endpoint, Mounted, PresenceCallbacks, PresenceHandler, Shared, States,
};
use crate::log::{Filter, SocketLog};
use crate::message::Topic;
use crate::origin::CheckOrigin;
use crate::presence::Tracker;
use crate::proxies::TrustedProxies;
use crate::pubsub::cluster::{AnyAdapter, Cluster, IntoAdapter};
use crate::pubsub::{History, KeptTopics, MAX_HISTORY_BYTES, PubSub};
use crate::runner::Handlers;
use crate::session::{RouteId, Rules};
use crate::socket::RouteTable;
use crate::sync::Mutex;
use crate::transport::{Connect, Connected, Formats, Mount, Registry, SocketOptions, websocket};
use crate::url::PublicUrl;
use std::any::type_name;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Handle;

/// Builder of an [`Endpoint`]: its sockets, state, URL, origin check, proxies, presence callbacks, log filter and
/// adapter.
///
/// [`Endpoint::builder`] creates it.
///
/// ```
/// # use axum_channels::{ConnectInfo, Params, Result, SocketHandler};
/// # struct UserSocket;
/// # impl SocketHandler for UserSocket {
/// #     async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> { Ok(Self) }
/// # }
/// use axum_channels::Endpoint;
///
/// # fn main() -> Result<(), axum_channels::InvalidUrl> {
/// let endpoint = Endpoint::builder()
///     .url("https://chat.example.com".parse()?)
///     .socket::<UserSocket>("/socket")
///     .build();
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct EndpointBuilder {
    sockets: Vec<Socket>,
    states: States,
    check_origin: CheckOrigin,
    url: Option<Arc<PublicUrl>>,
    proxies: Option<TrustedProxies>,
    presence_callbacks: Option<PresenceCallbacks>,
    filter: Filter,
    adapter: Option<Box<dyn AnyAdapter>>,
    max_history_bytes: usize,
}

/// A socket to be mounted.
struct Socket {
    path: String,
    options: SocketOptions,
    handlers: Handlers,
    connect: Connect,
}

impl Socket {
    fn new<S: SocketHandler>(
        path: &str,
        options: SocketOptions,
        channels: Channels<S>,
        connect: Connect,
    ) -> Self {
        let rules = Arc::new(Rules {
            patterns: channels.patterns,
            max_channels: options.max_channels,
            max_queued_messages: options.max_queued_messages,
            max_queued_message_bytes: options.max_queued_message_bytes,
            max_queued_bytes: options.max_queued_bytes,
        });
        let (join_timeout, drain_timeout) = (options.join_timeout, options.drain_timeout);
        let rate_limit = options.rate_limit.clone();
        Socket {
            path: path.trim_end_matches('/').to_owned(),
            options,
            handlers: Handlers {
                name: type_name::<S>(),
                filter: Arc::default(),
                table: Arc::new(RouteTable {
                    rules,
                    assigns: channels.assigns,
                }),
                routes: channels.routes,
                join_timeout,
                drain_timeout,
                rate_limit,
            },
            connect,
        }
    }

    /// Mounts the socket with the endpoint's shared state.
    fn mount(mut self, shared: &Shared) -> Arc<dyn Mounted> {
        let own_check = self.options.check_origin.clone();
        let own_check = own_check.map(|check| check.at(shared.url.as_ref()));
        let log = Arc::new(SocketLog {
            socket: self.handlers.name,
            level: self.options.log,
            filter: shared.filter.clone(),
            max_message_bytes: self.options.max_message_bytes,
            max_queued_bytes: self.options.max_queued_bytes,
        });
        self.handlers.filter = shared.filter.clone();
        Arc::new(Mount {
            path: self.path,
            handlers: Arc::new(self.handlers),
            connect: self.connect,
            poll_sessions: Arc::default(),
            registry: Arc::new(Registry::new(self.options.timeout, log.clone())),
            log,
            check_origin: own_check.unwrap_or_else(|| shared.check_origin.clone()),
            formats: Formats::new(&self.options.codecs),
            options: self.options,
        })
    }
}

impl Endpoint {
    /// Creates a builder of an endpoint.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// let endpoint = Endpoint::builder().build();
    /// ```
    pub fn builder() -> EndpointBuilder {
        EndpointBuilder::new()
    }

    /// Returns an endpoint with one socket, at `/socket`, that shares topics and state with this one. Its clients have
    /// the handler `handler`.
    #[cfg(any(feature = "testing", test, fuzzing))]
    pub(crate) fn with_test_socket<S: SocketHandler>(
        &self,
        channels: Channels<S>,
        handler: S,
    ) -> Endpoint {
        let handler = Arc::new(handler);
        let connect: Connect = Box::new(move |_, _| {
            let connected = connected(handler.clone());
            Box::pin(async { Ok(Ok(connected)) })
        });
        let socket = Socket::new("/socket", websocket(), channels, connect);
        let shared = self.shared().clone();
        let sockets = vec![socket.mount(&shared)];
        Endpoint::new(shared, sockets)
    }
}

fn connected<S: SocketHandler>(handler: Arc<S>) -> Connected {
    Connected {
        id: handler.id().map(Topic::from),
        handler,
        disconnects: None,
    }
}

impl EndpointBuilder {
    fn new() -> Self {
        // Allocated now, not at the first heartbeat: glibc returns only the end of its heap, and this allocation stays.
        drop(Topic::phoenix());
        EndpointBuilder {
            sockets: Vec::new(),
            states: States::default(),
            check_origin: CheckOrigin::default(),
            url: None,
            proxies: None,
            presence_callbacks: None,
            filter: Filter::default(),
            adapter: None,
            max_history_bytes: MAX_HISTORY_BYTES,
        }
    }

    /// Mounts a socket handler at a path, with the defaults of [`websocket`](crate::websocket).
    ///
    /// Clients connect to the path followed by `/websocket`, which phoenix.js appends by itself. A path may have
    /// parameters, as in axum: `/users/{user}`. They are among the client's [`Params`](crate::Params).
    ///
    /// ```
    /// # use axum_channels::{Endpoint, SocketHandler};
    /// fn endpoint<S: SocketHandler>() -> Endpoint {
    ///     Endpoint::builder().socket::<S>("/socket").build() // GET /socket/websocket
    /// }
    /// ```
    pub fn socket<S: SocketHandler>(self, path: &str) -> Self {
        self.socket_with::<S>(path, websocket())
    }

    /// Mounts a socket handler at a path, with options: transports, limits, origin check.
    ///
    /// A handler may be mounted several times, for example with other options for each transport.
    ///
    /// ```
    /// # use axum_channels::{Endpoint, SocketHandler};
    /// use axum_channels::websocket;
    /// use std::time::Duration;
    ///
    /// fn endpoint<S: SocketHandler>() -> Endpoint {
    ///     let patient = websocket().timeout(Duration::from_secs(90));
    ///     Endpoint::builder().socket_with::<S>("/socket", patient).build()
    /// }
    /// ```
    pub fn socket_with<S: SocketHandler>(mut self, path: &str, options: SocketOptions) -> Self {
        let mut channels = Channels::new();
        S::channels(&mut channels);
        let connect: Connect = Box::new(|params, info| {
            Box::pin(async move {
                match S::connect(params, info).await {
                    Ok(handler) => Ok(Ok(connected(Arc::new(handler)))),
                    Err(error) => refusal(error, S::refusal).map(Err),
                }
            })
        });
        let socket = Socket::new(path, options, channels, connect);
        self.sockets.push(socket);
        self
    }

    /// Sets the URL at which browsers reach the app: pages of its host may connect. Without it, only pages of this
    /// machine may.
    ///
    /// Behind a proxy it is the proxy's URL. The port that the server listens on does not matter. [`Endpoint::url`]
    /// returns it.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// # fn main() -> Result<(), axum_channels::InvalidUrl> {
    /// let builder = Endpoint::builder().url("https://chat.example.com".parse()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn url(mut self, url: PublicUrl) -> Self {
        self.url = Some(Arc::new(url));
        self
    }

    /// Sets the origin check of all sockets that have no [check of their own](SocketOptions::check_origin). By default,
    /// pages of the endpoint's [`url`](Self::url) may connect.
    ///
    /// ```
    /// # use axum_channels::{CheckOrigin, Endpoint};
    /// # fn main() -> Result<(), axum_channels::InvalidOrigin> {
    /// let builder = Endpoint::builder().check_origin(CheckOrigin::hosts(["//example.com"])?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_origin(mut self, check: CheckOrigin) -> Self {
        self.check_origin = check;
        self
    }

    /// Sets the proxies in front of the app whose header with a client's address is trusted. None by default.
    ///
    /// See [`ConnectInfo::client_addr`](crate::ConnectInfo::client_addr).
    ///
    /// ```
    /// # use axum_channels::{Endpoint, TrustedProxies};
    /// # fn main() -> Result<(), axum_channels::InvalidNetwork> {
    /// let builder = Endpoint::builder().trusted_proxies(TrustedProxies::networks(["127.0.0.1", "10.0.0.0/8"])?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = Some(proxies);
        self
    }

    /// Sets the callbacks for the presences of all topics: see [`PresenceHandler`]. None by default; the last call
    /// counts.
    ///
    /// ```
    /// # use axum_channels::{Endpoint, PresenceHandler, Presences, Topic};
    /// # use serde_json::json;
    /// struct Admins;
    ///
    /// impl PresenceHandler for Admins {
    ///     async fn fetch(&self, _: &Topic, mut presences: Presences) -> Presences {
    ///         presences.set("user:1", "admin", json!(true));
    ///         presences
    ///     }
    /// }
    ///
    /// let builder = Endpoint::builder().presence(Admins);
    /// ```
    pub fn presence(mut self, handler: impl PresenceHandler) -> Self {
        self.presence_callbacks = Some(PresenceCallbacks::new(handler));
        self
    }

    /// Connects the endpoint to those of other processes, by an [`Adapter`](crate::cluster::Adapter) for an engine such as
    /// Redis.
    ///
    /// Broadcasts, disconnects and presences then reach the clients of all nodes: see [`cluster`](crate::cluster). None by
    /// default; the last call counts.
    ///
    /// ```
    /// # use axum_channels::{Endpoint, cluster::Adapter};
    /// # async fn run(redis: impl Adapter) {
    /// let endpoint = Endpoint::builder().pubsub(redis).build();
    /// # }
    /// ```
    ///
    /// An `Option` of an adapter is accepted, too: with `None`, the endpoint is alone.
    pub fn pubsub(mut self, adapter: impl IntoAdapter) -> Self {
        let adapter = adapter.into_adapter();
        self.adapter = adapter.map(|adapter| Box::new(adapter) as Box<dyn AnyAdapter>);
        self
    }

    /// Sets the maximum number of bytes of all topics' [histories](crate::History), 64 MiB by default.
    ///
    /// When they are full, a broadcast displaces older ones of its own topic, and a topic without a history does not get one:
    /// the replies to its joins have no position.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// let builder = Endpoint::builder().max_history_bytes(512 * 1024 * 1024);
    /// ```
    pub fn max_history_bytes(mut self, bytes: usize) -> Self {
        self.max_history_bytes = bytes;
        self
    }

    /// Sets the words that hide a parameter from the log, in place of the default `password`, `secret` and `token`.
    ///
    /// A parameter with one of them in its name, in any case and at any depth, is logged as `[FILTERED]`, and so is a
    /// value that looks like a query string with one. Parameters are those of connections, joins and messages. The last
    /// call of this or [`keep_parameters`](Self::keep_parameters) counts.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// let builder = Endpoint::builder().filter_parameters(["password", "secret", "token", "iban"]);
    /// ```
    pub fn filter_parameters<W: AsRef<str>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.filter = Filter::discard(words);
        self
    }

    /// Sets the names of the only parameters that the log shows, with all that they contain.
    ///
    /// The values of all others are logged as `[FILTERED]`. The same as Phoenix's `filter_parameters: {:keep, [...]}`.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// let builder = Endpoint::builder().keep_parameters(["id", "vsn"]);
    /// ```
    pub fn keep_parameters<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.filter = Filter::keep(names);
        self
    }

    /// Adds a value of the app for handlers and channels, such as its configuration or database pool. There is one per
    /// type: a second one of a type replaces the first.
    ///
    /// [`Endpoint::state`], [`Socket::state`](crate::Socket::state) and [`ConnectInfo::state`](crate::ConnectInfo::state)
    /// return it.
    ///
    /// ```
    /// # use axum_channels::{Endpoint, Socket};
    /// #[derive(Clone)]
    /// struct Config { greeting: String }
    ///
    /// let builder = Endpoint::builder().state(Config { greeting: "hello".into() });
    ///
    /// fn greeting(socket: &Socket) -> &str {
    ///     &socket.state::<Config>().greeting
    /// }
    /// ```
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, state: T) -> Self {
        self.states.insert(state);
        self
    }

    /// Builds the endpoint.
    ///
    /// # Panics
    /// With a [`pubsub`](Self::pubsub) adapter, outside of a tokio runtime, on which the adapter runs.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::Endpoint;
    /// let endpoint = Endpoint::builder().build();
    /// ```
    #[must_use]
    pub fn build(self) -> Endpoint {
        // Otherwise a client's large message would enlarge the process permanently.
        allocator::return_large_blocks();
        let cluster = self
            .adapter
            .map(|adapter| Cluster::new(adapter, Handle::current()));
        let pubsub = PubSub::new(cluster.clone(), self.max_history_bytes);
        let pubsub = match kept_topics(&self.sockets) {
            Some(kept_topics) => pubsub.with_kept_topics(kept_topics),
            None => pubsub,
        };
        let shared = Arc::new(Shared {
            states: self.states,
            tracker: Tracker::new(cluster),
            pubsub: Arc::new(pubsub),
            disconnected: Disconnected::default(),
            presence_callbacks: self.presence_callbacks,
            check_origin: self.check_origin.at(self.url.as_ref()),
            url: self.url,
            proxies: self.proxies,
            filter: Arc::new(self.filter),
            mounted: Mutex::default(),
            merging: Mutex::default(),
            adapter: OnceLock::new(),
            is_shutting_down: AtomicBool::new(false),
        });
        shared.run_adapter();
        let sockets = self.sockets.into_iter();
        let sockets = sockets.map(|socket| socket.mount(&shared)).collect();
        Endpoint::new(shared, sockets)
    }
}

/// Returns the limits of the topics with a history. `None` if no route has one.
fn kept_topics(sockets: &[Socket]) -> Option<KeptTopics> {
    let tables = sockets.iter().map(|socket| {
        let Handlers { table, routes, .. } = &socket.handlers;
        let histories: Vec<_> = routes.iter().map(|route| route.history).collect();
        (table.rules.clone(), histories)
    });
    let has_history = |histories: &[Option<History>]| histories.iter().any(Option::is_some);
    let tables: Vec<_> = tables.filter(|(_, it)| has_history(it)).collect();
    let limits = |topic: &str, (rules, histories): &(Arc<Rules>, Vec<Option<History>>)| {
        let RouteId(route) = rules.route(topic)?;
        *histories.get(route as usize)?
    };
    (!tables.is_empty()).then(|| -> KeptTopics {
        Box::new(move |topic| tables.iter().find_map(|table| limits(topic, table)))
    })
}

impl fmt::Debug for EndpointBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sockets = self
            .sockets
            .iter()
            .map(|socket| (&socket.path, &socket.options));
        f.debug_map().entries(sockets).finish()
    }
}
