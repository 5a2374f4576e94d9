use super::{Endpoint, Inner, SocketOptions};
use crate::channel::Channels;
use crate::pubsub::PubSub;
use crate::runner::Handlers;
use crate::session::Rules;
use crate::socket::{Hub, SocketHandler, States};
use crate::transport::{CheckOrigin, Connect, Connected, Mount, Registry};
use std::any::type_name;
use std::fmt;
use std::sync::Arc;

/// Puts an [`Endpoint`] together.
///
/// ```
/// # use axum_channels::{ConnectInfo, Params, Refused, SocketHandler};
/// # struct UserSocket;
/// # impl SocketHandler for UserSocket {
/// #     async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self, Refused> { Ok(Self) }
/// # }
/// use axum_channels::{CheckOrigin, Endpoint, websocket};
///
/// let endpoint = Endpoint::builder()
///     .socket::<UserSocket>("/socket", websocket())
///     .check_origin(CheckOrigin::hosts(["//example.com"]))
///     .build();
/// ```
#[must_use]
pub struct EndpointBuilder {
    sockets: Vec<Socket>,
    states: States,
    check_origin: CheckOrigin,
}

/// A socket to be mounted.
struct Socket {
    path: String,
    options: SocketOptions,
    handlers: Handlers,
    connect: Connect,
}

impl EndpointBuilder {
    pub(super) fn new() -> Self {
        EndpointBuilder {
            sockets: Vec::new(),
            states: States::default(),
            check_origin: CheckOrigin::default(),
        }
    }

    /// Mounts a socket handler: clients connect to `path` followed by `/websocket`.
    ///
    /// ```
    /// # use axum_channels::{Endpoint, SocketHandler, websocket};
    /// fn endpoint<S: SocketHandler>() -> Endpoint {
    ///     Endpoint::builder().socket::<S>("/socket", websocket()).build() // GET /socket/websocket
    /// }
    /// ```
    pub fn socket<S: SocketHandler>(self, path: &str, options: SocketOptions) -> Self {
        let mut channels = Channels::new();
        S::channels(&mut channels);
        self.socket_with(path, options, channels)
    }

    pub(crate) fn socket_with<S: SocketHandler>(
        mut self,
        path: &str,
        options: SocketOptions,
        channels: Channels<S>,
    ) -> Self {
        let rules = Arc::new(Rules {
            patterns: channels.patterns,
            max_channels: options.max_channels,
            max_waiting: options.max_waiting,
            max_waiting_bytes: MAX_WAITING_BYTES,
        });
        self.sockets.push(Socket {
            path: path.trim_end_matches('/').to_owned(),
            options,
            handlers: Handlers {
                name: type_name::<S>(),
                rules,
                routes: channels.routes,
            },
            connect: |params, info| {
                Box::pin(async move {
                    let handler = S::connect(params, info).await?;
                    Ok(Connected {
                        id: handler.id(),
                        handler: Arc::new(handler),
                    })
                })
            },
        });
        self
    }

    /// Which pages may connect, unless a socket says otherwise: those of the same host by default.
    ///
    /// ```
    /// # use axum_channels::{CheckOrigin, Endpoint};
    /// let builder = Endpoint::builder().check_origin(CheckOrigin::hosts(["//example.com"]));
    /// ```
    pub fn check_origin(mut self, check: CheckOrigin) -> Self {
        self.check_origin = check;
        self
    }

    /// Gives handlers and channels a value of the app, such as its configuration or database pool. There is one of a type.
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

    /// The endpoint.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// let endpoint = Endpoint::builder().build();
    /// ```
    #[must_use]
    pub fn build(self) -> Endpoint {
        let hub = Arc::new(Hub {
            states: self.states,
            pubsub: Arc::new(PubSub::new()),
        });
        let default = self.check_origin;
        let mount = |Socket {
                         path,
                         options,
                         handlers,
                         connect,
                     }| {
            let mount = Mount {
                hub: hub.clone(),
                handlers: Arc::new(handlers),
                connect,
                registry: Arc::new(Registry::new(options.timeout)),
                check_origin: options
                    .check_origin
                    .clone()
                    .unwrap_or_else(|| default.clone()),
                options,
            };
            (path, Arc::new(mount))
        };
        let mounts = self.sockets.into_iter().map(mount).collect();
        Endpoint {
            inner: Arc::new(Inner { hub, mounts }),
        }
    }
}

/// What the messages that wait for one busy channel may carry, all in all.
const MAX_WAITING_BYTES: usize = 1024 * 1024;

impl fmt::Debug for EndpointBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sockets = self
            .sockets
            .iter()
            .map(|socket| (&socket.path, &socket.options));
        f.debug_map().entries(sockets).finish()
    }
}
