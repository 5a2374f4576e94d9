use super::subprotocol::subprotocol;
use crate::codec::{Codecs, Serializer};
use crate::origin::CheckOrigin;
use crate::rate_limit::RateLimit;
use axum::http::HeaderValue;
use std::borrow::Cow;
use std::time::Duration;
use tracing::level_filters::LevelFilter;

/// Options of a socket: transports, limits, serializers, origin check. [`websocket`] and [`longpoll`] create them.
///
/// They are passed to [`EndpointBuilder::socket_with`](crate::EndpointBuilder::socket_with).
///
/// ```
/// use axum_channels::{Endpoint, RateLimit, SocketHandler, websocket};
/// use std::time::Duration;
///
/// fn endpoint<S: SocketHandler>() -> Endpoint {
///     let options = websocket()
///         .longpoll() // besides WebSockets
///         .timeout(Duration::from_secs(45))
///         .rate_limit(RateLimit::messages(20));
///     Endpoint::builder().socket_with::<S>("/socket", options).build()
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SocketOptions {
    pub(crate) timeout: Duration,
    pub(crate) max_message_bytes: usize,
    pub(crate) max_channels: usize,
    pub(crate) max_queued_bytes: usize,
    pub(crate) max_queued_messages: usize,
    pub(crate) max_queued_message_bytes: usize,
    pub(crate) check_origin: Option<CheckOrigin>,
    pub(crate) codecs: Codecs,
    /// Path of each transport after the socket's, if it is on.
    pub(crate) websocket: Option<TransportPath>,
    pub(crate) longpoll: Option<TransportPath>,
    pub(crate) subprotocols: Vec<HeaderValue>,
    pub(crate) connect_timeout: Duration,
    pub(crate) join_timeout: Duration,
    pub(crate) drain_timeout: Duration,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) log: LevelFilter,
}

/// Creates the options of a socket on the WebSocket transport, with Phoenix's defaults where Phoenix has the option.
///
/// [`SocketOptions::longpoll`] adds long-polling.
///
/// ```
/// use axum_channels::{CheckOrigin, websocket};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), axum_channels::InvalidOrigin> {
/// let options = websocket()
///     .timeout(Duration::from_secs(45))
///     .check_origin(CheckOrigin::hosts(["//example.com"])?);
/// # Ok(())
/// # }
/// ```
pub fn websocket() -> SocketOptions {
    SocketOptions {
        timeout: Duration::from_secs(60),
        max_message_bytes: 10_000_000,
        max_channels: 100,
        max_queued_bytes: 1024 * 1024,
        max_queued_messages: 128,
        max_queued_message_bytes: 4 * 1024 * 1024,
        check_origin: None,
        codecs: Codecs::default(),
        websocket: Some(TransportPath::WEBSOCKET),
        longpoll: None,
        subprotocols: Vec::new(),
        connect_timeout: Duration::from_secs(10),
        join_timeout: Duration::from_secs(10),
        drain_timeout: Duration::from_secs(5),
        rate_limit: None,
        log: LevelFilter::INFO,
    }
}

/// Creates the options of a socket on the long-poll transport alone, as Phoenix's `websocket: false`.
///
/// Their defaults are those of [`websocket`].
///
/// ```
/// use axum_channels::{Endpoint, SocketHandler, longpoll};
///
/// fn endpoint<S: SocketHandler>() -> Endpoint {
///     Endpoint::builder().socket_with::<S>("/socket", longpoll()).build() // GET, POST /socket/longpoll
/// }
/// ```
pub fn longpoll() -> SocketOptions {
    SocketOptions {
        websocket: None,
        ..websocket().longpoll()
    }
}

/// Path of a transport after its socket's: starts with a slash, and has none at its end.
#[derive(Clone, Debug)]
pub(crate) struct TransportPath(pub(crate) Cow<'static, str>);

impl TransportPath {
    const WEBSOCKET: Self = TransportPath(Cow::Borrowed("/websocket"));
    const LONGPOLL: Self = TransportPath(Cow::Borrowed("/longpoll"));

    fn new(path: &str) -> Self {
        assert!(
            path.starts_with('/'),
            "`{path}` is not the path of a transport: it starts with a slash"
        );
        TransportPath(path.trim_end_matches('/').to_owned().into())
    }
}

impl SocketOptions {
    /// Path of the WebSocket transport, appended to the socket's: `/websocket` by default. `/` is the socket's own path.
    ///
    /// phoenix.js always appends `/websocket` to its URL: another path is for other clients. It has no effect on the
    /// options of [`longpoll`], which have no WebSockets.
    ///
    /// # Panics
    /// If the path does not start with a slash.
    ///
    /// ```
    /// # use axum_channels::{Endpoint, SocketHandler, websocket};
    /// fn endpoint<S: SocketHandler>() -> Endpoint {
    ///     let options = websocket().websocket_path("/v1/ws");
    ///     Endpoint::builder().socket_with::<S>("/socket", options).build() // GET /socket/v1/ws
    /// }
    /// ```
    pub fn websocket_path(mut self, path: &str) -> Self {
        let path = TransportPath::new(path);
        self.websocket = self.websocket.map(|_| path);
        self
    }

    /// Path of the long-poll transport, appended to the socket's: `/longpoll` by default. It also enables the transport.
    ///
    /// # Panics
    /// If the path does not start with a slash.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().longpoll_path("/poll"); // GET, POST /socket/poll
    /// ```
    pub fn longpoll_path(mut self, path: &str) -> Self {
        self.longpoll = Some(TransportPath::new(path));
        self
    }

    /// Subprotocols of the WebSocket, in order of preference, besides Phoenix's own `phoenix`.
    ///
    /// The first that the client offers is selected. A client that offers none is accepted, and so is one that offers
    /// only a [token](crate::ConnectInfo::auth_token). A client that offers only other subprotocols is refused with 403.
    /// Without this option, `phoenix` is selected if it is offered, and no client is refused.
    ///
    /// # Panics
    /// If one of them is not a valid name: letters, digits and some punctuation.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().subprotocols(["sip", "mqtt"]);
    /// ```
    pub fn subprotocols<'p>(mut self, subprotocols: impl IntoIterator<Item = &'p str>) -> Self {
        self.subprotocols = subprotocols.into_iter().map(subprotocol).collect();
        self
    }

    /// Time after which a client that sends nothing over its WebSocket is disconnected: 60 seconds by default.
    ///
    /// The close code is 1002. Phoenix's client sends a heartbeat every 30 seconds. Clients are checked sixteen times
    /// within the timeout, so a disconnect may come up to a sixteenth of it later.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().timeout(std::time::Duration::from_secs(90));
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Maximum duration of [`SocketHandler::connect`](crate::SocketHandler::connect): 10 seconds by default.
    ///
    /// After that, the client is refused with 500.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().connect_timeout(std::time::Duration::from_secs(2));
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Maximum duration of [`Channel::join`](crate::Channel::join): 10 seconds by default, the timeout of Phoenix's
    /// client.
    ///
    /// After that, the reply to the join is the error `{"reason":"join crashed"}`.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().join_timeout(std::time::Duration::from_secs(2));
    /// ```
    pub fn join_timeout(mut self, timeout: Duration) -> Self {
        self.join_timeout = timeout;
        self
    }

    /// Maximum time for channels of a disconnected client to handle the messages received from it: 5 seconds by default.
    ///
    /// Messages received before the end of a connection are handled in order, then each channel
    /// [terminates](crate::Channel::terminate). Replies and pushes are dropped. A handler that is still running after
    /// this time is dropped at its `await`, and logged.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().drain_timeout(std::time::Duration::from_secs(30));
    /// ```
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = timeout;
        self
    }

    /// Maximum size of a client's message, in one frame or many: 10,000,000 bytes by default.
    ///
    /// The connection of a client that sends a larger one is closed with code 1009.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().max_message_bytes(64 * 1024);
    /// ```
    pub fn max_message_bytes(mut self, bytes: usize) -> Self {
        self.max_message_bytes = bytes;
        self
    }

    /// Maximum number of topics that a client may have joined at once: 100 by default.
    ///
    /// The next join is refused with `{"reason":"too many channels joined"}`.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().max_channels(8);
    /// ```
    pub fn max_channels(mut self, channels: usize) -> Self {
        self.max_channels = channels;
        self
    }

    /// Maximum number of bytes queued for a client that reads too slowly: 1 MiB by default, besides the kernel's buffers.
    ///
    /// A client further behind is disconnected, so that it takes neither memory nor time from others. The same size limits
    /// the broadcasts that wait for a channel which [intercepts](crate::Channel::INTERCEPTS) or
    /// [subscribes](crate::Socket::subscribe) to them, unless they are [few](Self::max_queued_messages).
    ///
    /// For a long-polling client, which receives nothing between two polls, the limit is 16 times as high.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().max_queued_bytes(256 * 1024);
    /// ```
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.max_queued_bytes = bytes;
        self
    }

    /// Maximum number of queued messages for a channel that is busy: 128 by default.
    ///
    /// When the queue is full, the client is not read until the channel has handled a message, for 10 seconds at most
    /// (half the [timeout](Self::timeout) if that is less), since its other channels wait as well. After that, messages
    /// to the busy channel are answered with the error `{"reason":"channel busy"}`, until half of the queue has been
    /// handled.
    ///
    /// The same limit applies to the channel's queue of messages from the app, and again to those that the connection's
    /// task has not yet passed to the channel. Messages beyond it are [refused](crate::SendError::Full). A broadcast that
    /// the channel intercepts or receives from another topic ends the channel if it is beyond this limit and beyond
    /// [`max_queued_bytes`](Self::max_queued_bytes), too.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().max_queued_messages(16);
    /// ```
    pub fn max_queued_messages(mut self, messages: usize) -> Self {
        self.max_queued_messages = messages;
        self
    }

    /// Maximum number of queued bytes for a channel that is busy: 4 MiB by default, plus one message.
    ///
    /// Topics, events and refs count as well as payloads. A full queue has the same effect as [too many
    /// messages](Self::max_queued_messages), and so have four times as many bytes in the queues of all channels of a client
    /// together.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().max_queued_message_bytes(256 * 1024);
    /// ```
    pub fn max_queued_message_bytes(mut self, bytes: usize) -> Self {
        self.max_queued_message_bytes = bytes;
        self
    }

    /// Rate limit for the messages and bytes of one client: none by default. See [`RateLimit`].
    ///
    /// ```
    /// # use axum_channels::{RateLimit, websocket};
    /// let options = websocket().rate_limit(RateLimit::messages(20).bytes(64 * 1024));
    /// ```
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// Enables long-polling as well, for networks that block WebSockets. Off by default.
    ///
    /// Its path ends in `/longpoll`. phoenix.js falls back to it with the option `longPollFallbackMs`. Channels are the
    /// same, but binary payloads are not sent to such a client. A poll without messages is answered after 10 seconds; a
    /// session ends when its client has not polled for 15 seconds after its last response. On options of [`longpoll`] it
    /// has no effect.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().longpoll();
    /// ```
    pub fn longpoll(mut self) -> Self {
        self.longpoll.get_or_insert(TransportPath::LONGPOLL);
        self
    }

    /// Adds a serializer for clients that connect with the version `vsn`, such as `3.0.0`, or a later patch release of
    /// it.
    ///
    /// It takes precedence over the serializers added before and over the built-in ones for 1.0.0 and 2.0.0: with one of
    /// these versions it replaces them. For different serializers on each transport, mount the socket once for each.
    ///
    /// The same as Phoenix's `serializer: [{MySerializer, "~> 3.0.0"}]`. See [`serializer`](crate::serializer).
    ///
    /// # Panics
    /// If `vsn` is not three numbers.
    ///
    /// ```
    /// # use axum_channels::{SocketOptions, serializer::Serializer, websocket};
    /// fn options(message_pack: impl Serializer) -> SocketOptions {
    ///     websocket().serializer("3.0.0", message_pack) // in phoenix.js: new Socket("/socket", {vsn: "3.0.0", …})
    /// }
    /// ```
    pub fn serializer(mut self, vsn: &str, serializer: impl Serializer) -> Self {
        match vsn.parse() {
            Ok(version) => self.codecs.insert(version, serializer),
            Err(_) => panic!(
                "`{vsn}` is not a version of a serializer: it has three numbers, such as 3.0.0"
            ),
        }
        self
    }

    /// Log level of connected and refused clients: [`LevelFilter::INFO`] by default, [`LevelFilter::OFF`] to disable it.
    ///
    /// The same as Phoenix's `log`.
    ///
    /// ```
    /// # use axum_channels::{LevelFilter, websocket};
    /// let options = websocket().log(LevelFilter::OFF);
    /// ```
    pub fn log(mut self, level: impl Into<LevelFilter>) -> Self {
        self.log = level.into();
        self
    }

    /// Origin check of this socket, in place of the [endpoint's](crate::EndpointBuilder::check_origin).
    ///
    /// ```
    /// # use axum_channels::{CheckOrigin, websocket};
    /// let options = websocket().check_origin(CheckOrigin::off());
    /// ```
    pub fn check_origin(mut self, check: CheckOrigin) -> Self {
        self.check_origin = Some(check);
        self
    }
}
