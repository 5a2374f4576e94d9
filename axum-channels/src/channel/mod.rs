//! What users write: a channel stands behind a topic for one client.

mod error;
mod instance;
mod routes;

pub use error::{Error, Result, UnknownEvent};
pub(crate) use instance::{Handling, Instance, Joining, Letter, ending};
pub use routes::Channels;
pub(crate) use routes::Route;

use crate::message::{Payload, Refused, Reply, Topic};
use crate::session::Reason;
use crate::socket::Socket;
use tracing::level_filters::LevelFilter;

/// What stands behind a topic: one value for each client that has joined it.
///
/// A client that joins a topic routed here (see [`Channels`]) gets its own value, made by [`join`](Self::join); each of its
/// messages on the topic goes to [`handle_in`](Self::handle_in), one after the other. Different channels, of one client or
/// of many, run concurrently: a slow one keeps nobody waiting but itself. An error or a panic ends this channel and
/// nothing else; its client is told `phx_error` and, with a Phoenix client, joins again.
///
/// ```
/// use axum_channels::{Channel, Payload, Refused, Reply, Result, Socket, Topic, UnknownEvent};
///
/// struct RoomChannel;
///
/// impl Channel for RoomChannel {
///     async fn join(topic: &Topic, _payload: Payload, _socket: &Socket) -> Result<Self, Refused> {
///         match topic.as_str() {
///             "room:vip" => Err(Refused::new("unauthorized")),
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
    /// Lets a client in, or refuses it.
    ///
    /// The client is subscribed to the topic's broadcasts once this returns `Ok`, before it can have read that it was: it
    /// hears none before its answer, and all after it.
    /// It is answered with [`join_response`](Self::join_response), or with what it was refused for.
    ///
    /// A history that is read here may lack what is broadcast between the reading and the subscription. Read it in a message
    /// of the channel to itself, as Phoenix's `send(self(), :after_join)`: the channel handles it once the client is
    /// subscribed, before anything that the client sends. What is broadcast meanwhile may then be in both.
    ///
    /// ```
    /// use axum_channels::{Channel, HandleInfo, Payload, Refused, Result, Socket, Topic};
    /// use serde_json::json;
    ///
    /// struct RoomChannel;
    /// struct AfterJoin;
    ///
    /// impl Channel for RoomChannel {
    ///     async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self, Refused> {
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
    ) -> impl Future<Output = Result<Self, Refused>> + Send;

    /// What a client that was let in is told: an empty object unless you say more.
    ///
    /// ```
    /// use axum_channels::{Channel, Payload, Refused, Socket, Topic};
    /// use serde_json::json;
    ///
    /// struct Counter { at: u64 }
    ///
    /// impl Channel for Counter {
    ///     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self, Refused> {
    ///         Ok(Self { at: 42 })
    ///     }
    ///
    ///     fn join_response(&mut self) -> Payload {
    ///         json!({"at": self.at}).into()
    ///     }
    /// }
    /// ```
    fn join_response(&mut self) -> Payload {
        Payload::empty()
    }

    /// Handles a message. Without this method, any message ends the channel with [`UnknownEvent`].
    ///
    /// The next message on this topic waits until the future is done: up to
    /// [128 messages and 4 MiB](crate::SocketOptions::max_waiting). Then the client is not read for a while, and after that
    /// answered with the error `{"reason":"channel busy"}`.
    ///
    /// # Cancel safety
    /// A message that was received is handled to its end, also when its client is gone meanwhile or the endpoint shuts down;
    /// replies go nowhere then. The future is dropped where it awaits in two cases only: its client joins the topic again, as
    /// in Phoenix, or [the time limit](crate::SocketOptions::drain_timeout) for handlers of clients that are gone is over.
    fn handle_in(
        &mut self,
        event: &str,
        payload: Payload,
        socket: &Socket,
    ) -> impl Future<Output = Result<Reply>> + Send {
        let (_, _) = (payload, socket);
        std::future::ready(Err(UnknownEvent::new(event).into()))
    }

    /// The broadcasts that go to [`handle_out`](Self::handle_out) instead of the client, by event. None unless you say so.
    ///
    /// Each costs every channel on the topic a turn of its own: intercept what you have to change for each client, and
    /// nothing else.
    const INTERCEPTS: &'static [&'static str] = &[];

    /// The level at which the log has a join of this channel: [`LevelFilter::INFO`] unless you say otherwise, and
    /// [`LevelFilter::OFF`] for none. Phoenix's `log_join`.
    ///
    /// ```
    /// use axum_channels::{Channel, LevelFilter, Payload, Refused, Socket, Topic};
    ///
    /// struct CursorChannel;
    ///
    /// impl Channel for CursorChannel {
    ///     const LOG_JOIN: LevelFilter = LevelFilter::DEBUG;
    ///     const LOG_HANDLE_IN: LevelFilter = LevelFilter::OFF;
    ///
    ///     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self, Refused> {
    ///         Ok(Self)
    ///     }
    /// }
    /// ```
    const LOG_JOIN: LevelFilter = LevelFilter::INFO;

    /// The level at which the log has a message that this channel has handled: [`LevelFilter::DEBUG`] unless you say
    /// otherwise. Phoenix's `log_handle_in`.
    const LOG_HANDLE_IN: LevelFilter = LevelFilter::DEBUG;

    /// Handles a broadcast that is [intercepted](Self::INTERCEPTS): pushes it, changed or not, or does not. Without this
    /// method, it is pushed as it is.
    ///
    /// As many broadcasts may wait for this as messages for `handle_in`; a channel further behind is ended with
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
    ///     async fn join(_: &Topic, payload: Payload, _: &Socket) -> Result<Self, Refused> {
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

    /// The channel has ended, and is dropped after this: the place to tell others.
    ///
    /// This is called once for every channel that was joined, whatever it was doing when it ended; only a channel that
    /// panicked is dropped without it. It cannot wait: spawn a task for what takes time. A panic in it is logged, and so is one
    /// in the channel's `Drop`.
    ///
    /// ```
    /// use axum_channels::{Channel, Payload, Reason, Refused, Socket, Topic};
    /// use serde_json::json;
    ///
    /// struct Seat { name: String }
    ///
    /// impl Channel for Seat {
    ///     async fn join(_: &Topic, payload: Payload, _: &Socket) -> Result<Self, Refused> {
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

/// A channel that takes messages of a type `M` from elsewhere in the app. See [`Sender`](crate::Sender), and
/// [`Socket::subscribe`] for broadcasts of other topics.
///
/// A channel may implement this for many types. Messages wait for their turn among those of the client.
///
/// ```
/// # use axum_channels::{Channel, Payload, Refused, Result, Socket, Topic};
/// # struct Account;
/// # impl Channel for Account {
/// #     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self, Refused> { Ok(Self) }
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
