use super::Socket;
use crate::message::{Address, Body, EncodeError, Outgoing, Payload, Ref};

impl Socket {
    /// Sends an event to this client alone, on this channel's topic.
    ///
    /// Its payload is an object or bytes: see [Payloads](#payloads).
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn warn(socket: &Socket) {
    ///     socket.push("warning", serde_json::json!({"left": 3}));
    /// }
    /// ```
    pub fn push(&self, event: &str, payload: impl Into<Payload>) {
        let topic = self.topic.clone().into();
        let refs = (self.join_ref.clone(), self.position());
        self.send(refs, topic, event, payload.into());
    }

    pub(super) fn send(
        &self,
        (join_ref, reference): (Option<Ref>, Option<Ref>),
        topic: Address<'_>,
        event: &str,
        payload: Payload,
    ) {
        self.check(self.context.client.send(&Outgoing {
            join_ref,
            reference,
            topic,
            body: Body::Event { event, payload },
        }));
    }

    /// Sends an event to all subscribers of this topic, including this client.
    ///
    /// Its payload is an object or bytes: see [Payloads](#payloads). See
    /// [`Endpoint::broadcast`](crate::Endpoint::broadcast) for the recipients, for topics with many of them, and for
    /// broadcasts on other topics.
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn greet(socket: &Socket) {
    ///     socket.broadcast("hello", serde_json::json!({"to": "all"}));
    /// }
    /// ```
    pub fn broadcast(&self, event: &str, payload: impl Into<Payload>) {
        let pubsub = &self.endpoint().shared().pubsub;
        self.check(pubsub.publish(&self.topic, event, &payload.into(), None));
    }

    /// Sends an event to all subscribers of this topic, except this client.
    ///
    /// [`Endpoint::broadcast_from`](crate::Endpoint::broadcast_from) does the same on other topics.
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn typing(socket: &Socket) {
    ///     socket.broadcast_from("typing", serde_json::json!({}));
    /// }
    /// ```
    pub fn broadcast_from(&self, event: &str, payload: impl Into<Payload>) {
        self.endpoint()
            .broadcast_from(self, &self.topic, event, payload);
    }

    pub(super) fn check(&self, sent: Result<(), EncodeError>) {
        self.context.check_sent(self.key, sent);
    }
}
