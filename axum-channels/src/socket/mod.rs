//! Connected clients, as apps use them: sockets, their handlers, and what channels hold.

mod assigns;
mod channel_slots;
mod connect_info;
mod context;
mod keyed_queue;
mod mailbox;
mod messages;
mod other_topics;
mod position;
mod presence;
mod presence_error;
mod recipient;
mod resource;
mod route_table;
mod subscription;
mod timer;
mod tracked;
mod tracked_presence;

pub use connect_info::ConnectInfo;
pub(crate) use connect_info::{BEARER, offered_subprotocols, tokens};
pub(crate) use context::{Client, Context};
pub(crate) use mailbox::LazyMailbox;
pub use mailbox::SendError;
pub use presence::Presence;
pub use presence_error::PresenceError;
pub(crate) use recipient::{Interceptor, Recipient};
pub(crate) use route_table::{Assigns, RouteTable};
pub use subscription::Subscription;
pub use timer::Timer;
pub use tracked_presence::TrackedPresence;

use crate::endpoint::Endpoint;
use crate::message::{Payload, Ref, Topic};
use crate::session::{AppMessage, Key};
use std::fmt;
use std::sync::Arc;

/// Handle of a channel to its client, its topic and the endpoint: pushes, broadcasts, presences, subscriptions, state.
///
/// All methods return at once: messages are written if the client's connection accepts them, and queued within bounds
/// otherwise. A client that reads too slowly for [the bound](crate::SocketOptions::max_queued_bytes) is disconnected. A
/// clone can be moved into another task, to push or broadcast later; when the client is gone, pushing to it does nothing.
///
/// # Payloads
///
/// The payload of a push or a broadcast is a JSON object or bytes, since clients of the V2 protocol fail on anything
/// else. A channel that sends them another value, such as a `null` that it received, ends with an error as soon as it has
/// finished its current message, whose reply is not sent. The client receives `phx_error`, as from Phoenix; the message
/// is logged and not sent. In a join, the client receives the reply to it first. Replies may be any JSON.
///
/// # Examples
///
/// ```
/// use axum_channels::{Channel, Payload, Result, Socket, Topic};
/// use serde_json::json;
///
/// struct Clock;
///
/// impl Channel for Clock {
///     async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
///         let socket = socket.clone();
///         tokio::spawn(async move {
///             tokio::time::sleep(std::time::Duration::from_secs(1)).await;
///             socket.push("tick", json!({}));
///         });
///         Ok(Self)
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Socket {
    pub(crate) context: Arc<Context>,
    pub(crate) topic: Topic,
    join_ref: Option<Ref>,
    pub(crate) key: Key,
}

impl Socket {
    pub(crate) fn new(
        context: Arc<Context>,
        topic: Topic,
        join_ref: Option<Ref>,
        key: Key,
    ) -> Self {
        Socket {
            context,
            topic,
            join_ref,
            key,
        }
    }

    /// Returns the topic that the client has joined.
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn room(socket: &Socket) -> Option<&str> {
    ///     socket.topic().strip_prefix("room:")
    /// }
    /// ```
    #[must_use]
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// Sets the payload of the reply to the join: any JSON, an empty object by default.
    ///
    /// Call it in [`join`](crate::Channel::join); the last call counts. It has no effect on a refused join, nor after the join.
    ///
    /// ```
    /// use axum_channels::{Channel, Payload, Result, Socket, Topic};
    ///
    /// #[derive(serde::Serialize)]
    /// struct Welcome { members: usize }
    ///
    /// struct RoomChannel;
    ///
    /// impl Channel for RoomChannel {
    ///     async fn join(_: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
    ///         let members = socket.presence().list().len();
    ///         socket.set_join_response(&Welcome { members });
    ///         Ok(Self)
    ///     }
    /// }
    /// ```
    pub fn set_join_response(&self, payload: impl Into<Payload>) {
        self.context.set_join_response(self.key, payload.into());
    }

    /// Takes the payload of the reply to the join.
    pub(crate) fn take_join_response(&self) -> Payload {
        self.context
            .take_join_response(self.key)
            .unwrap_or_default()
    }

    /// Returns the endpoint that the client is connected to: for broadcasts to other topics, presences of them,
    /// disconnects.
    ///
    /// Clone it to use it in another task.
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// # use serde_json::json;
    /// fn order(socket: &Socket, dish: &str) {
    ///     socket.endpoint().broadcast("kitchen", "order", json!({"dish": dish}));
    /// }
    ///
    /// fn sign_out_everywhere(socket: &Socket) {
    ///     if let Some(id) = socket.id() {
    ///         socket.endpoint().disconnect(id);
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.context.endpoint
    }

    /// Returns a handle to the presences of this topic: it lists them, and changes those of this channel.
    ///
    /// ```
    /// # use axum_channels::{Result, Socket};
    /// fn arrive(socket: &Socket, user: &str) -> Result<()> {
    ///     socket.presence().track(user, serde_json::json!({"status": "online"}))?;
    ///     socket.presence().push_state()?;
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn presence(&self) -> Presence<'_> {
        Presence {
            context: &self.context,
            topic: &self.topic,
            key: self.key,
        }
    }

    /// Ends this channel once it has finished its current message.
    ///
    /// The reply to that message is sent, then the client receives `phx_close`, and does not join again by itself.
    /// Messages that are queued for the channel are not handled. [`Channel::terminate`](crate::Channel::terminate) gets
    /// [`Reason::Stopped`](crate::Reason::Stopped).
    ///
    /// ```
    /// use axum_channels::{Reply, Result, Socket};
    ///
    /// async fn bye(socket: &Socket) -> Result<Reply> {
    ///     socket.stop();
    ///     Ok(Reply::ok(serde_json::json!({"left": true}))) // sent before the channel is closed
    /// }
    /// ```
    pub fn stop(&self) {
        let _ = self.context.post(self.key, AppMessage::Stop); // a client that is gone has no channels to stop
    }

    /// Closes this client's connection with the code 1001, after which phoenix.js connects again.
    ///
    /// Messages that were sent before still arrive, unless the client polls: its session ends at once. The reply to the current
    /// message is not sent, nor are later pushes. All channels of the connection end as those of any client that is gone.
    /// [`Endpoint::disconnect`] closes all connections with the same id.
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn expire(socket: &Socket) {
    ///     socket.push("expired", serde_json::json!({}));
    ///     socket.disconnect();
    /// }
    /// ```
    pub fn disconnect(&self) {
        self.context.client.disconnect();
    }

    /// Returns the id of this client's connections: the value of
    /// [`SocketHandler::id`](crate::SocketHandler::id), `None` by default.
    ///
    /// ```
    /// # use axum_channels::{Refused, Socket};
    /// fn require_id(socket: &Socket) -> Result<&str, Refused> {
    ///     socket.id().ok_or_else(|| Refused::new("unauthorized"))
    /// }
    /// ```
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.context.id.as_deref()
    }

    /// Returns the value of type `T` that the endpoint was [built with](crate::EndpointBuilder::state).
    ///
    /// # Panics
    /// If it was built without a `T`. See [`try_state`](Self::try_state).
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// #[derive(Clone)]
    /// struct Database;
    ///
    /// fn database(socket: &Socket) -> &Database {
    ///     socket.state::<Database>()
    /// }
    /// ```
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> &T {
        self.endpoint().state()
    }

    /// Returns the value of type `T` that the endpoint was [built with](crate::EndpointBuilder::state), or `None`.
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn is_limited(socket: &Socket) -> bool {
    ///     socket.try_state::<u32>().is_some()
    /// }
    /// ```
    #[must_use]
    pub fn try_state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.endpoint().try_state()
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("topic", &self.topic)
            .field("join_ref", &self.join_ref)
            .finish_non_exhaustive()
    }
}
