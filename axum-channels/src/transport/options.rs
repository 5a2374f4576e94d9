use crate::origin::CheckOrigin;
use crate::rate_limit::RateLimit;
use std::time::Duration;
use tracing::level_filters::LevelFilter;

/// Limits of a socket, and who may connect to it. See [`websocket`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SocketOptions {
    pub(crate) timeout: Duration,
    pub(crate) max_frame_bytes: usize,
    pub(crate) max_channels: usize,
    pub(crate) max_queued_bytes: usize,
    pub(crate) max_waiting: usize,
    pub(crate) max_waiting_bytes: usize,
    pub(crate) check_origin: Option<CheckOrigin>,
    pub(crate) longpoll: bool,
    pub(crate) connect_timeout: Duration,
    pub(crate) join_timeout: Duration,
    pub(crate) drain_timeout: Duration,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) log: LevelFilter,
}

/// A socket that clients reach by WebSocket, with Phoenix's defaults.
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
        max_frame_bytes: 10_000_000,
        max_channels: 100,
        max_queued_bytes: 1024 * 1024,
        max_waiting: 128,
        max_waiting_bytes: 4 * 1024 * 1024,
        check_origin: None,
        longpoll: false,
        connect_timeout: Duration::from_secs(10),
        join_timeout: Duration::from_secs(10),
        drain_timeout: Duration::from_secs(5),
        rate_limit: None,
        log: LevelFilter::INFO,
    }
}

impl SocketOptions {
    /// A client that sends nothing for this long over its WebSocket is disconnected: 60 seconds by default.
    ///
    /// Phoenix's client sends a heartbeat every 30. It is looked after sixteen times within the timeout, so a client may get
    /// up to a sixteenth more.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().timeout(std::time::Duration::from_secs(90));
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long [`SocketHandler::connect`](crate::SocketHandler::connect) may take: 10 seconds by default. After that the
    /// client is answered with 500.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().connect_timeout(std::time::Duration::from_secs(2));
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long [`Channel::join`](crate::Channel::join) may take: 10 seconds by default, as long as Phoenix's client waits.
    /// After that it is answered with the error `{"reason":"join crashed"}`.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().join_timeout(std::time::Duration::from_secs(2));
    /// ```
    pub fn join_timeout(mut self, timeout: Duration) -> Self {
        self.join_timeout = timeout;
        self
    }

    /// Time that the channels of a client that is gone have to handle what was received from it: 5 seconds by default.
    ///
    /// Messages that came before the end of a connection are handled in order, then each channel
    /// [terminates](crate::Channel::terminate). Replies and pushes go nowhere. A handler that is still running after that time
    /// is dropped at its `await`, and logged.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().drain_timeout(std::time::Duration::from_secs(30));
    /// ```
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = timeout;
        self
    }

    /// The longest message that a client may send, in however many frames: 10,000,000 bytes by default.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().max_frame_bytes(64 * 1024);
    /// ```
    pub fn max_frame_bytes(mut self, bytes: usize) -> Self {
        self.max_frame_bytes = bytes;
        self
    }

    /// How many topics a client may have joined at once: 100 by default. The next join is refused.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().max_channels(8);
    /// ```
    pub fn max_channels(mut self, channels: usize) -> Self {
        self.max_channels = channels;
        self
    }

    /// How much may wait for a client that reads more slowly than it is sent to: 1 MiB by default, besides what the
    /// kernel takes. A client further behind is disconnected, so that it holds up neither memory nor others.
    ///
    /// A client that long-polls is sent nothing between two polls: for it, 16 times as much may wait.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().max_queued_bytes(256 * 1024);
    /// ```
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.max_queued_bytes = bytes;
        self
    }

    /// Maximum number of messages that wait for a channel which is busy with an earlier one: 128 by default.
    ///
    /// When they wait, the client is not read until the channel has handled one, but for 10 seconds at most (half the
    /// [timeout](Self::timeout) if that is less): its other channels have to wait as well. After that, what is sent to the
    /// busy channel is answered with the error `{"reason":"channel busy"}`, until half of what waits has been handled.
    ///
    /// As many messages from the app may wait for it, and as many again until its connection takes them. What is sent
    /// beyond that is [refused](crate::SendError::Full); a broadcast ends the channel that was to handle it.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().max_waiting(16);
    /// ```
    pub fn max_waiting(mut self, messages: usize) -> Self {
        self.max_waiting = messages;
        self
    }

    /// Maximum number of bytes that messages take which wait for a busy channel: 4 MiB by default, and one message.
    ///
    /// Everything that the client sent counts: topics, events and refs as well as payloads. When so much waits, the same
    /// happens as with [too many messages](Self::max_waiting).
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().max_waiting_bytes(256 * 1024);
    /// ```
    pub fn max_waiting_bytes(mut self, bytes: usize) -> Self {
        self.max_waiting_bytes = bytes;
        self
    }

    /// Limit to the messages that one client may send, and to their bytes: none by default.
    ///
    /// ```
    /// # use axum_channels::{RateLimit, websocket};
    /// let options = websocket().rate_limit(RateLimit::messages(20).bytes(64 * 1024));
    /// ```
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// Lets clients connect by long-polling, too, for networks that let no WebSocket through. Off by default.
    ///
    /// Their path ends in `/longpoll`. phoenix.js falls back to it by itself if it is given `longPollFallbackMs`. Channels are
    /// the same; only binary payloads do not reach such a client. It is gone when it does not poll for
    /// 15 seconds after its last answer.
    ///
    /// ```
    /// # use axum_channels::websocket;
    /// let options = websocket().longpoll();
    /// ```
    pub fn longpoll(mut self) -> Self {
        self.longpoll = true;
        self
    }

    /// The level at which the log has a client that connected or was refused: [`LevelFilter::INFO`] by default, and
    /// [`LevelFilter::OFF`] for none. Phoenix's `log`.
    ///
    /// ```
    /// # use axum_channels::{LevelFilter, websocket};
    /// let options = websocket().log(LevelFilter::OFF);
    /// ```
    pub fn log(mut self, level: impl Into<LevelFilter>) -> Self {
        self.log = level.into();
        self
    }

    /// Which pages may connect to this socket, if not those that may connect to the endpoint's others.
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
