//! The channel API: the traits that an app implements, their errors, and the routes to them.

mod event;
mod handler;
mod instance;
mod routes;
mod sender;
mod subscribe;
mod timers;

pub use handler::SocketHandler;
pub(crate) use instance::{
    Accepted, Envelope, Handling, Instance, JoinOptions, Joining, ending, refusal,
};
pub use routes::Channels;
pub(crate) use routes::Route;
pub use sender::Sender;

use crate::error::{Error, Result, UnknownEvent};
use crate::message::{Payload, Refused, Reply, Topic};
use crate::session::Reason;
use crate::socket::Socket;
use tracing::level_filters::LevelFilter;

/// Handler of a topic's messages: one value for each client that has joined the topic.
///
/// A client that joins a topic routed here (see [`Channels`]) gets its own value, created by [`join`](Self::join); each
/// of its messages on the topic goes to [`handle_in`](Self::handle_in), one after the other. Different channels, of one
/// client or of many, run concurrently, so a slow one does not delay others.
///
/// Callbacks return a [`Result`]. A [`Refused`] or an invalid payload becomes an error reply, and the channel goes on.
/// Any other [`Error`] or a panic ends this channel and nothing else: its client receives `phx_error`, and a Phoenix
/// client joins again.
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
    /// all after it. The reply is an empty object, or the payload passed to [`Socket::set_join_response`].
    ///
    /// A history that is read here may lack broadcasts between the reading and the subscription. Send the channel a
    /// message instead, as Phoenix's `send(self(), :after_join)`, and read the history in its `handle_info`: that runs
    /// once the client is subscribed, before any message of the client. A broadcast of that moment may then be sent
    /// twice, once in the history.
    ///
    /// # Errors
    /// An error refuses the join. Its reply is the refusal, or `{"reason":"join crashed"}` if the error is unexpected:
    /// see [`Error`]. A panic has the same reply, and so has a join that takes longer than [10
    /// seconds](crate::SocketOptions::join_timeout).
    ///
    /// # Cancel safety
    /// The future is dropped at an await when that time is over, and in the cases listed at
    /// [`handle_in`](Self::handle_in).
    ///
    /// # Examples
    /// ```
    /// use axum_channels::{Channel, HandleInfo, Payload, Result, Socket, Topic};
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

    /// Handles a message from the client, and returns the reply to it.
    ///
    /// The default returns [`UnknownEvent`], which ends the channel. [`Payload::parse_event`] parses event and payload
    /// into an enum.
    ///
    /// The next message on this topic waits until the future is done. Up to [128 messages and 4
    /// MiB](crate::SocketOptions::max_queued_messages) are queued. Beyond that the client is not read for up to 10 seconds, and
    /// then answered with the error `{"reason":"channel busy"}`.
    ///
    /// # Errors
    /// A refusal is an error reply, and the channel goes on; any other error ends the channel: see [`Error`].
    ///
    /// # Cancel safety
    /// A received message is handled to its end, even if its client disconnects meanwhile or the endpoint shuts down;
    /// replies are then dropped. The future is dropped at an await in two cases only: its client joins the topic again,
    /// as in Phoenix, or [the time limit](crate::SocketOptions::drain_timeout) for handlers of disconnected clients is
    /// over.
    fn handle_in(
        &mut self,
        event: &str,
        payload: Payload,
        socket: &Socket,
    ) -> impl Future<Output = Result<Reply>> + Send {
        let (_, _) = (payload, socket);
        std::future::ready(Err(UnknownEvent::new(event).into()))
    }

    /// Converts an error of [`join`](Self::join) or [`handle_in`](Self::handle_in) into the refusal that the client
    /// receives.
    ///
    /// It decides which error types of the app the client may see, so that `?` works on all of them. `None` stands for an
    /// unexpected error, which ends the channel; the default returns it for every error. [`Refused`] and
    /// [`InvalidPayload`](crate::InvalidPayload) are then replies nevertheless; return another [`Refused`] here to change
    /// them. Errors of other callbacks are not converted; those of `connect` are by
    /// [`SocketHandler::refusal`](crate::SocketHandler::refusal).
    ///
    /// ```
    /// use axum_channels::{Channel, Error, Payload, Refused, Reply, Result, Socket, Topic};
    /// # use std::fmt;
    ///
    /// #[derive(Debug)]
    /// enum ChatError { // implements std::error::Error, for example by thiserror
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
    ///         let line: String = payload.parse()?; // reply: {"reason": "invalid type: …"}
    ///         save(&line)?; // reply: {"reason": "a line has at most 280 characters"}
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
    #[must_use]
    fn refusal(error: &Error) -> Option<Refused> {
        let _ = error;
        None
    }

    /// Events whose broadcasts go to [`handle_out`](Self::handle_out) instead of the client. None by default.
    ///
    /// The same as Phoenix's `intercept`. Each such broadcast is handled by every channel on the topic instead of being
    /// encoded once for all of them: intercept only events that differ between clients.
    const INTERCEPTS: &'static [&'static str] = &[];

    /// Log level of joins of this channel: [`LevelFilter::INFO`] by default, [`LevelFilter::OFF`] to disable it.
    ///
    /// The same as Phoenix's `log_join`.
    ///
    /// ```
    /// use axum_channels::{Channel, LevelFilter, Payload, Result, Socket, Topic};
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

    /// Log level of client messages that this channel has handled: [`LevelFilter::DEBUG`] by default,
    /// [`LevelFilter::OFF`] to disable it.
    ///
    /// The same as Phoenix's `log_handle_in`.
    const LOG_HANDLE_IN: LevelFilter = LevelFilter::DEBUG;

    /// Handles a broadcast that is [intercepted](Self::INTERCEPTS): pushes it, changed or not, or drops it.
    ///
    /// The default pushes it unchanged.
    ///
    /// Up to [1 MiB](crate::SocketOptions::max_queued_bytes) of broadcasts, and 128 of any size, are queued; a channel further
    /// behind is ended with `phx_error`.
    ///
    /// On a topic with a [history](crate::History), it is called again for broadcasts that a client has missed. What it pushes
    /// has the position of the broadcast, for clients that have asked for it.
    ///
    /// # Errors
    /// Every error ends the channel, a [`Refused`] included, since there is no message to reply to.
    ///
    /// # Examples
    /// ```
    /// use axum_channels::{Channel, Payload, Result, Socket, Topic};
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

    /// Cleans up at the end of the channel, before it is dropped, for example to notify other clients.
    ///
    /// It is called once for every channel that was joined, even if it was busy when it ended; only a channel that
    /// panicked is dropped without it. It cannot await: spawn a task for longer work. A panic in it is logged, and so is
    /// one in the channel's `Drop`.
    ///
    /// The client receives the pushes of this method before the `phx_error` of a channel that failed, and after the
    /// `phx_close` of one that was left or stopped, as in Phoenix. It does not receive the broadcasts: its subscription
    /// has ended.
    ///
    /// ```
    /// use axum_channels::{Channel, Payload, Reason, Result, Socket, Topic};
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

/// Handler of a channel for messages of the type `M` from elsewhere in the app, as Phoenix's `handle_info`.
///
/// Messages come from a [`Sender`](crate::Sender), from its [timers](crate::Sender::send_after), or as an
/// [`Event`](crate::Event) from another topic to which the channel is [subscribed](Socket::subscribe). A channel may
/// implement this for many types. Messages are queued among those of the client, and handled one after the other.
///
/// ```
/// # use axum_channels::{Channel, Payload, Result, Socket, Topic};
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle messages of the type `{M}`",
    note = "add `impl HandleInfo<{M}> for {Self}`"
)]
pub trait HandleInfo<M>: Channel {
    /// Handles a message.
    ///
    /// # Errors
    /// Every error ends the channel, a [`Refused`] included, since there is no client's message to reply to.
    ///
    /// # Cancel safety
    /// The same as that of [`Channel::handle_in`].
    fn handle_info(
        &mut self,
        message: M,
        socket: &Socket,
    ) -> impl Future<Output = Result<()>> + Send;
}
