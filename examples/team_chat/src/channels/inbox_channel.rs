//! The channel for `inbox:*`, with one topic for each user.

use axum_channels::{Channel, Payload, Refused, Reply, Result, Socket, Topic, UnknownEvent};

/// State of one client in one topic, from join to leave.
#[derive(Debug)]
pub struct InboxChannel;

impl Channel for InboxChannel {
    /// Accepts only the user that the topic belongs to: the name after the colon, as in the socket's `id`.
    ///
    /// The client is subscribed after this returns. To read a history without a gap, see `Channel::join`.
    async fn join(topic: &Topic, _payload: Payload, socket: &Socket) -> Result<Self> {
        let owner = topic.split_once(':').map(|(_, owner)| owner);
        let user = socket.id().and_then(|id| id.split_once(':'));
        if owner.is_none() || owner != user.map(|(_, name)| name) {
            return Err(Refused::new("unauthorized").into());
        }
        Ok(Self)
    }

    /// Handles an event from the client. `Err(Refused::new("too long").into())` is an error reply, as is a payload that
    /// cannot be parsed. Any other error ends this channel; the client then joins it again.
    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            // A reply to this client.
            "ping" => Ok(Reply::ok(payload)),
            // A broadcast to all clients in the topic.
            "shout" => {
                socket.broadcast("shout", payload);
                Ok(Reply::none())
            }
            _ => Err(UnknownEvent::new(event).into()),
        }
    }
}
