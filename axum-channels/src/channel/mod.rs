//! Channels, as users implement them: one for each topic and client.

mod error;
mod event;
mod instance;
mod routes;

pub use error::{Error, Result, UnknownEvent};
pub(crate) use instance::{Envelope, Handling, Instance, Joining, ending};
pub use routes::Channels;
pub(crate) use routes::{Route, RouteTable};

use crate::message::{Payload, Refused, Reply, Topic};
use crate::session::Reason;
use crate::socket::Socket;
use tracing::level_filters::LevelFilter;

/// Handler of a topic's messages: one value for each client that has joined the topic.
///
/// A client that joins a topic routed here (see [`Channels`]) gets its own value, created by [`join`](Self::join); each of
/// its messages on the topic goes to [`handle_in`](Self::handle_in), one after the other. Different channels, of one client
/// or of many, run concurrently, so a slow one does not delay others. A [`Refused`] is an error reply. An unexpected error or
/// a panic ends this channel and nothing else; its client receives `phx_error`, and a Phoenix client joins again.
///
/// ```
/// use axum_channels::{Channel, Payload, Refused, Reply, Result, Socket, Topic, UnknownEvent};
///
/// struct RoomChannel;
///
/// impl Channel for RoomChannel {
///     async fn join(topic: &Topic, _payload: Payload, _socket: &Socket) -> Result<Self> {
///         match topic.as_str() {
///             "room:vip" => Err(Refused::new("unauthorized").into()),
///             _ => Ok(Self),
///         }
///     }
///
///     async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
///         match event {
///             "ping" => Ok(Reply::ok(payload)),
///             "shout" => {
///                 socket.broadcast("shout", payload);
///                 Ok(Reply::none())
///             }
///             _ => Err(UnknownEvent::new(event).into()),
///         }
///     }
/// }
/// ```
pub trait Channel: Sized + Send + 'static {
    /// Accepts a join, or refuses it.
    ///
    /// The client is subscribed to the topic's broadcasts once this returns `Ok`: it receives none before the reply, and
    /// all after it. The reply is an empty object, or what [`Socket::set_join_response`] was given; an error is a refusal: see
    /// [`Error`].
    ///
    /// A history that is read here may lack broadcasts between the reading and the subscription. Read it in a message of
    /// the channel to itself, as Phoenix's `send(self(), :after_join)`: the channel handles it once the client is
    /// subscribed, before any message of the client. Broadcasts in the meantime may then be in both.
    ///
    /// ```
    /// use axum_channels::{Channel, HandleInfo, Payload, Refused, Result, Socket, Topic};
    /// use serde_json::json;
    ///
    /// struct RoomChannel;
    /// struct AfterJoin;
    ///
    /// impl Channel for RoomChannel {
    ///     async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
    ///         socket.sender::<Self>().send(AfterJoin)?;
    ///         Ok(Self)
    ///     }
    /// }
    ///
    /// impl HandleInfo<AfterJoin> for RoomChannel {
    ///     async fn handle_info(&mut self, _: AfterJoin, socket: &Socket) -> Result<()> {
    ///         socket.push("history", json!({"messages": messages(socket.topic()).await}));
    ///         Ok(())
    ///     }
    /// }
    /// # async fn messages(_: &Topic) -> Vec<String> { Vec::new() }
    /// ```
    fn join(
        topic: &Topic,
        payload: Payload,
        socket: &Socket,
    ) -> impl Future<Output = Result<Self>> + Send;

    /// Handles a message. The default ends the channel with [`UnknownEvent`].
    ///
    /// An error is a reply or ends the channel: see [`Error`].
    ///
    /// The next message on this topic waits until the future is done. Up to [128 messages and 4
    /// MiB](crate::SocketOptions::max_waiting) are queued. Beyond that the client is not read for a while, and then
    /// answered with the error `{"reason":"channel busy"}`.
    ///
    /// # Cancel safety
    /// A received message is handled to its end, even if its client disconnects meanwhile or the endpoint shuts down;
    /// replies are then dropped. The future is dropped at an await in two cases only: its client joins the topic again, as
    /// in Phoenix, or [the time limit](crate::SocketOptions::drain_timeout) for handlers of disconnected clients is over.
    fn handle_in(
        &mut self,
        event: &str,
        payload: Payload,
        socket: &Socket,
    ) -> impl Future<Output = Result<Reply>> + Send {
        let (_, _) = (payload, socket);
        std::future::ready(Err(UnknownEvent::new(event).into()))
    }

    /// Converts an error of [`join`](Self::join) or [`handle_in`](Self::handle_in) into the reply that the client receives,
    /// or returns `None` if the error is unexpected. The default converts none.
    ///
    /// It decides which error types of the app may be shown, so that `?` works on all of them. [`Refused`] and
    /// [`InvalidPayload`](crate::InvalidPayload) are replies without it; it may convert them, too.
    ///
    /// ```
    /// use axum_channels::{Channel, Error, Payload, Refused, Reply, Result, Socket, Topic};
    /// # use std::fmt;
    ///
    /// #[derive(Debug)]
    /// enum ChatError { // with thiserror, or by hand
    ///     TooLong,
    ///     Database(std::io::Error),
    /// }
    /// # impl fmt::Display for ChatError {
    /// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("a line has at most 280 characters") }
    /// # }
    /// # impl std::error::Error for ChatError {}
    ///
    /// struct RoomChannel;
    ///
    /// impl Channel for RoomChannel {
    ///     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
    ///         Ok(Self)
    ///     }
    ///
    ///     async fn handle_in(&mut self, _: &str, payload: Payload, _: &Socket) -> Result<Reply> {
    ///         let line: String = payload.parse()?; // {"reason": "invalid type: …"}
    ///         save(&line)?; // {"reason": "a line has at most 280 characters"}
    ///         Ok(Reply::none())
    ///     }
    ///
    ///     fn refusal(error: &Error) -> Option<Refused> {
    ///         match error.downcast_ref::<ChatError>()? {
    ///             ChatError::Database(_) => None, // logged, and ends the channel
    ///             shown => Some(Refused::new(shown.to_string())),
    ///         }
    ///     }
    /// }
    ///
    /// fn save(line: &str) -> Result<(), ChatError> {
    ///     # std::fs::metadata(".").map_err(ChatError::Database)?;
    ///     if line.len() <= 280 { Ok(()) } else { Err(ChatError::TooLong) }
    /// }
    /// ```
    fn refusal(error: &Error) -> Option<Refused> {
        let _ = error;
        None
    }

    /// Events whose broadcasts go to [`handle_out`](Self::handle_out) instead of the client. None by default.
    ///
    /// Each of them costs every channel on the topic a turn of its own: intercept only events that differ between clients.
    const INTERCEPTS: &'static [&'static str] = &[];

    /// Log level of a join of this channel: [`LevelFilter::INFO`] by default, and [`LevelFilter::OFF`] for none.
    ///
    /// The same as Phoenix's `log_join`.
    ///
    /// ```
    /// use axum_channels::{Channel, LevelFilter, Payload, Refused, Result, Socket, Topic};
    ///
    /// struct CursorChannel;
    ///
    /// impl Channel for CursorChannel {
    ///     const LOG_JOIN: LevelFilter = LevelFilter::DEBUG;
    ///     const LOG_HANDLE_IN: LevelFilter = LevelFilter::OFF;
    ///
    ///     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
    ///         Ok(Self)
    ///     }
    /// }
    /// ```
    const LOG_JOIN: LevelFilter = LevelFilter::INFO;

    /// Log level of a message that this channel has handled: [`LevelFilter::DEBUG`] by default.
    ///
    /// The same as Phoenix's `log_handle_in`.
    const LOG_HANDLE_IN: LevelFilter = LevelFilter::DEBUG;

    /// Handles a broadcast that is [intercepted](Self::INTERCEPTS): pushes it, changed or not, or drops it.
    ///
    /// The default pushes it unchanged.
    ///
    /// The queue of broadcasts has the limit of messages for `handle_in`; a channel further behind is ended with
    /// `phx_error`.
    ///
    /// ```
    /// use axum_channels::{Channel, Payload, Refused, Result, Socket, Topic};
    ///
    /// struct RoomChannel { muted: Vec<String> }
    ///
    /// impl Channel for RoomChannel {
    ///     const INTERCEPTS: &'static [&'static str] = &["shout"];
    ///
    ///     async fn join(_: &Topic, payload: Payload, _: &Socket) -> Result<Self> {
    ///         Ok(Self { muted: payload.parse().unwrap_or_default() })
    ///     }
    ///
    ///     async fn handle_out(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<()> {
    ///         let from = payload.get("from");
    ///         if !self.muted.iter().any(|name| from.as_ref().is_some_and(|from| from == name)) {
    ///             socket.push(event, payload);
    ///         }
    ///         Ok(())
    ///     }
    /// }
    /// ```
    fn handle_out(
        &mut self,
        event: &str,
        payload: Payload,
        socket: &Socket,
    ) -> impl Future<Output = Result<()>> + Send {
        socket.push(event, payload);
        std::future::ready(Ok(()))
    }

    /// Called at the end of the channel, before it is dropped, for example to notify others.
    ///
    /// It is called once for every channel that was joined, even if it was busy when it ended; only a channel that panicked
    /// is dropped without it. It cannot await: spawn a task for longer work. A panic in it is logged, and so is one in the
    /// channel's `Drop`.
    ///
    /// The client receives what it pushes before the `phx_error` of a channel that failed, and after the `phx_close` of one
    /// that was left or stopped, as in Phoenix.
    ///
    /// ```
    /// use axum_channels::{Channel, Payload, Reason, Refused, Result, Socket, Topic};
    /// use serde_json::json;
    ///
    /// struct Seat { name: String }
    ///
    /// impl Channel for Seat {
    ///     async fn join(_: &Topic, payload: Payload, _: &Socket) -> Result<Self> {
    ///         Ok(Self { name: payload.parse()? })
    ///     }
    ///
    ///     fn terminate(&mut self, reason: Reason, socket: &Socket) {
    ///         socket.broadcast("stood up", json!({"name": self.name, "left": reason == Reason::Left}));
    ///     }
    /// }
    /// ```
    fn terminate(&mut self, reason: Reason, socket: &Socket) {
        let (_, _) = (reason, socket);
    }
}

/// A channel that receives messages of a type `M` from elsewhere in the app.
///
/// See [`Sender`](crate::Sender), and [`Socket::subscribe`] for broadcasts of other topics.
///
/// A channel may implement this for many types. Messages are queued among those of the client.
///
/// ```
/// # use axum_channels::{Channel, Payload, Refused, Result, Socket, Topic};
/// # struct Account;
/// # impl Channel for Account {
/// #     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> { Ok(Self) }
/// # }
/// use axum_channels::HandleInfo;
///
/// struct Expired;
///
/// impl HandleInfo<Expired> for Account {
///     async fn handle_info(&mut self, _: Expired, socket: &Socket) -> Result<()> {
///         socket.push("expired", serde_json::json!({}));
///         socket.stop();
///         Ok(())
///     }
/// }
/// ```
pub trait HandleInfo<M>: Channel {
    /// Handles a message. An error ends the channel, as in [`Channel::handle_in`].
    fn handle_info(
        &mut self,
        message: M,
        socket: &Socket,
    ) -> impl Future<Output = Result<()>> + Send;
}
