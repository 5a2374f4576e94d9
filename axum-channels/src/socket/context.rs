use super::{LazyMailbox, RouteTable};
use crate::client_id::ClientId;
use crate::endpoint::Endpoint;
use crate::message::{EncodeError, Outgoing, Topic};
use crate::presence::Owner;
use crate::pubsub::{Subscriber, SubscriberId};
use crate::session::Key;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A client as its channels use it, on any transport.
pub(crate) trait Client: Subscriber {
    /// Sends to this client alone, without waiting.
    ///
    /// # Errors
    /// If the client's format cannot encode the message. That is logged.
    fn send(&self, message: &Outgoing<'_>) -> Result<(), EncodeError>;

    /// Wakes the client's task to take the app's messages.
    fn wake(&self);

    /// Closes the connection of a client that exceeds its rate limit.
    fn close_for_excess(&self);

    /// Closes the connection at the app's request.
    fn disconnect(&self);

    fn client_id(&self) -> ClientId;
}

/// State shared by all channels of a connection.
pub(crate) struct Context {
    pub(crate) endpoint: Endpoint,
    pub(crate) client: Arc<dyn Client>,
    /// The [`SocketHandler`](crate::SocketHandler) that `connect` returned.
    pub(crate) handler: Arc<dyn Any + Send + Sync>,
    /// Return value of [`SocketHandler::id`](crate::SocketHandler::id) for this client.
    pub(crate) id: Option<Topic>,
    pub(crate) mailbox: LazyMailbox,
    pub(crate) routes: Arc<RouteTable>,
}

impl Context {
    /// Identity of a channel of this connection in the tracker.
    pub(crate) fn owner(&self, key: Key) -> Owner {
        Owner::Channel {
            client: self.client.client_id(),
            key,
        }
    }

    /// Maximum number of queued messages per channel.
    pub(crate) fn max_queued_messages(&self) -> usize {
        self.routes.rules.max_queued_messages
    }

    /// Identity of a channel as a subscriber: on its own topic its client is subscribed, or it intercepts for its client.
    pub(crate) fn subscriber_id(&self, channel: Key, is_own_topic: bool) -> SubscriberId {
        SubscriberId {
            client: self.client.client_id(),
            channel: (!is_own_topic).then_some(channel),
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}
