use super::{Socket, Subscription};
use crate::endpoint::Endpoint;
use crate::message::{Payload, Topic};

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
        let pubsub = &self.shared().pubsub;
        from.check(pubsub.publish(topic, event, &payload.into(), Some(id)));
    }
}

impl Socket {
    /// Sends an event to this client alone, on a topic that it need not have joined.
    ///
    /// phoenix.js passes such a message to `socket.onMessage` callbacks, and to channels only if they have joined the topic.
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn result(socket: &Socket, document: &str) {
    ///     socket.push_to(&format!("document:{document}"), "data", serde_json::json!({"result": {}}));
    /// }
    /// ```
    pub fn push_to(&self, topic: &str, event: &str, payload: impl Into<Payload>) {
        let topic = Topic::from(topic).into();
        self.send(None, topic, event, payload.into());
    }

    /// Subscribes this client to another topic that it need not have joined: its broadcasts go straight to the client, as
    /// those of a joined topic do.
    ///
    /// The subscription starts at once and lasts until the returned value is dropped or this channel ends: keep it in a
    /// field. A client that has joined the topic as well receives each broadcast twice. As Absinthe subscribes a client to
    /// the documents that it sends.
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
