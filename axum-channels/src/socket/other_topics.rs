use super::{Socket, Subscription};
use crate::endpoint::Endpoint;
use crate::message::{Payload, Topic};

impl Endpoint {
    /// Sends an event to all subscribers of a topic, except the channel that sends it.
    ///
    /// On the channel's own topic, its client is excluded, as in [`Socket::broadcast_from`]. On any other topic, only the
    /// channel's [subscription](Socket::subscribe) is: the client receives the event if it has joined that topic, too.
    /// The same as in Phoenix, where `from` is the process of the channel. A task excludes itself with
    /// [`Events::broadcast_from`](crate::Events::broadcast_from).
    ///
    /// The payload is an object or bytes: see [`Socket`](Socket#payloads).
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
        let own = &from.endpoint().shared().pubsub;
        let publisher = own.publisher(id, from.context.id.as_ref());
        let pubsub = &self.shared().pubsub;
        from.check(pubsub.publish(topic, event, &payload.into(), Some(publisher)));
    }
}

impl Socket {
    /// Sends an event to this client alone, on any topic, joined or not.
    ///
    /// phoenix.js passes such a message to its `socket.onMessage` callbacks, and to a channel only if that has joined the
    /// topic. The payload is an object or bytes: see [`Socket`](Socket#payloads).
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn result(socket: &Socket, document: &str) {
    ///     socket.push_to(&format!("document:{document}"), "data", serde_json::json!({"result": {}}));
    /// }
    /// ```
    pub fn push_to(&self, topic: &str, event: &str, payload: impl Into<Payload>) {
        let topic = Topic::from(topic).into();
        self.send((None, None), topic, event, payload.into());
    }

    /// Subscribes this client to any topic, joined or not: it receives the topic's broadcasts directly.
    ///
    /// The channel does not receive them: that is [`subscribe`](Self::subscribe). The subscription starts at once and
    /// lasts until the returned value is dropped or this channel ends: keep it in a field. A client that has joined the
    /// topic as well receives each broadcast twice. Absinthe subscribes clients to GraphQL documents in this way; in
    /// phoenix.js, `socket.onMessage` receives the broadcasts.
    ///
    /// ```
    /// use axum_channels::{Channel, Payload, Reply, Result, Socket, Subscription, Topic};
    /// use serde_json::json;
    ///
    /// struct Documents { subscriptions: Vec<Subscription> }
    ///
    /// impl Channel for Documents {
    ///     async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
    ///         Ok(Self { subscriptions: Vec::new() })
    ///     }
    ///
    ///     async fn handle_in(&mut self, _: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
    ///         let id = payload.parse::<u64>()?;
    ///         self.subscriptions.push(socket.subscribe_client(&format!("document:{id}")));
    ///         Ok(Reply::ok(json!({"subscriptionId": id})))
    ///     }
    /// }
    /// ```
    pub fn subscribe_client(&self, topic: &str) -> Subscription {
        Subscription::of_client(self, topic.into())
    }
}
