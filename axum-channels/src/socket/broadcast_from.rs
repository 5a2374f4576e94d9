use super::Socket;
use crate::endpoint::Endpoint;
use crate::message::Payload;

impl Endpoint {
    /// Sends an event to everyone who has joined a topic, except one channel's client.
    ///
    /// On another topic than the channel's own, the channel itself is excluded, if it is
    /// [subscribed](Socket::subscribe) there: its client may have joined that topic with another channel. As in Phoenix,
    /// where `from` is a process. A task excludes itself with [`Events::broadcast_from`](crate::Events::broadcast_from).
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// # use serde_json::json;
    /// fn moved(socket: &Socket, x: u32) {
    ///     let endpoint = socket.endpoint();
    ///     endpoint.broadcast_from(socket, socket.topic(), "moved", json!({"x": x}));
    ///     endpoint.broadcast_from(socket, "moves", "moved", json!({"x": x, "on": socket.topic().as_str()}));
    /// }
    /// ```
    pub fn broadcast_from(
        &self,
        from: &Socket,
        topic: &str,
        event: &str,
        payload: impl Into<Payload>,
    ) {
        let id = from.context.subscriber_id(from.key, from.topic == *topic);
        from.publish(topic, event, &payload.into(), Some(id));
    }
}
