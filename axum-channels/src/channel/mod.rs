//! What users write: a channel stands behind a topic for one client.

mod error;
mod instance;
mod routes;

pub use error::{Error, Result, UnknownEvent};
pub(crate) use instance::{Instance, Joining, Turn};
pub use routes::Channels;
pub(crate) use routes::Route;

use crate::message::{Payload, Refused, Reply, Topic};
use crate::socket::Socket;

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
    /// The client is subscribed to the topic's broadcasts once this returns `Ok`, before it is told so.
    /// It is answered with [`join_response`](Self::join_response), or with what it was refused for.
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
    /// The next message on this topic waits until the future is done; up to 128 wait, after that a message is answered
    /// with the error `{"reason":"channel busy"}`. If the client leaves, disconnects or joins the topic again meanwhile,
    /// the future is dropped where it awaits.
    fn handle_in(
        &mut self,
        event: &str,
        payload: Payload,
        socket: &Socket,
    ) -> impl Future<Output = Result<Reply>> + Send {
        let (_, _) = (payload, socket);
        std::future::ready(Err(UnknownEvent::new(event).into()))
    }
}
