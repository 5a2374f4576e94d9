use super::client::Line;
use super::wire::Received;
use crate::message::{Payload, Reply};
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// Topic that a test client has joined: it corresponds to a `Channel` of phoenix.js.
///
/// [`Client::join`](super::Client::join) and [`join`](super::join) create it. Assertions wait up to a second, or the time
/// set by [`within`](Self::within), for a message that fits, and take it, so that the next assertion does not find it
/// again. An assertion that fails panics with all other received messages.
///
/// ```
/// # use axum_channels::testing::TestChannel;
/// # use serde_json::json;
/// # async fn test(mut alice: TestChannel, mut bob: TestChannel) {
/// alice.push("typing", json!({})).refute_reply().await;
/// bob.assert_broadcast("typing", json!({})).await;
/// # }
/// ```
#[derive(Debug)]
pub struct TestChannel {
    pub(super) line: Arc<Line>,
    pub(super) topic: String,
    pub(super) join_ref: String,
    pub(super) response: Payload,
    /// Maximum time that an assertion waits.
    pub(super) limit: Duration,
}

/// Message that a test has pushed: see [`TestChannel::push`]. Waiting for its reply is optional.
///
/// ```
/// # use axum_channels::{Reply, testing::{Push, TestChannel}};
/// # use serde_json::json;
/// # async fn test(mut channel: TestChannel) {
/// let push: Push = channel.push("ping", json!({}));
/// assert_eq!(push.reply().await, Reply::ok(json!({})));
/// # }
/// ```
#[derive(Debug)]
pub struct Push {
    line: Arc<Line>,
    reference: String,
    limit: Duration,
}

impl TestChannel {
    /// Sets the maximum time that an assertion waits, a second by default. Refutations wait for a tenth of it.
    ///
    /// ```
    /// # use axum_channels::{Channel, Endpoint, testing::join};
    /// # use std::time::Duration;
    /// # async fn test<Reports: Channel>(endpoint: Endpoint) {
    /// let mut reports = join::<Reports>(&endpoint, "reports:1").await.within(Duration::from_secs(10));
    /// let done = reports.next_push("done").await; // 10 s
    /// # }
    /// ```
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        TestChannel { limit, ..self }
    }

    /// Returns the payload of the reply to the join.
    ///
    /// ```
    /// # use axum_channels::{Payload, testing::TestChannel};
    /// # fn test(channel: TestChannel) {
    /// assert_eq!(channel.join_response(), &Payload::empty());
    /// # }
    /// ```
    pub fn join_response(&self) -> &Payload {
        &self.response
    }

    /// Pushes a message to the channel. It is sent at once; [`Push::reply`] waits for its reply.
    ///
    /// ```
    /// # use axum_channels::{Reply, testing::TestChannel};
    /// # use serde_json::json;
    /// # async fn test(mut channel: TestChannel) {
    /// let reply = channel.push("ping", json!({"a": 1})).reply().await;
    /// assert_eq!(reply, Reply::ok(json!({"a": 1})));
    ///
    /// channel.push("shout", json!({"hello": "all"}));
    /// channel.assert_broadcast("shout", json!({"hello": "all"})).await;
    /// # }
    /// ```
    pub fn push(&mut self, event: &str, payload: impl Into<Payload>) -> Push {
        let reference = self.line.next_ref();
        self.line.send(
            Some(&self.join_ref),
            &reference,
            &self.topic,
            event,
            &payload.into(),
        );
        Push {
            line: self.line.clone(),
            reference,
            limit: self.limit,
        }
    }

    /// Waits for a broadcast with an event and a payload.
    ///
    /// # Panics
    /// If none arrives within the limit.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Endpoint, testing::TestChannel};
    /// # use serde_json::json;
    /// # async fn test(endpoint: Endpoint, mut channel: TestChannel) {
    /// endpoint.broadcast("user:lobby", "news", json!({"id": 1}));
    /// channel.assert_broadcast("news", json!({"id": 1})).await;
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_broadcast(
        &mut self,
        event: &str,
        payload: impl Into<Payload>,
    ) -> impl Future<Output = ()> {
        self.assert(
            Kind::Broadcast,
            event,
            Some(payload.into()),
            Location::caller(),
        )
    }

    /// Waits for a push, a message to this client alone, with an event and a payload.
    ///
    /// # Panics
    /// If none arrives within the limit.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::testing::TestChannel;
    /// # async fn test(mut channel: TestChannel) {
    /// channel.assert_push("presence_state", serde_json::json!({})).await;
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_push(
        &mut self,
        event: &str,
        payload: impl Into<Payload>,
    ) -> impl Future<Output = ()> {
        self.assert(Kind::Push, event, Some(payload.into()), Location::caller())
    }

    /// Waits for a push with an event and any payload, and returns the payload.
    ///
    /// # Panics
    /// If none arrives within the limit.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::testing::TestChannel;
    /// # async fn test(mut channel: TestChannel) {
    /// let state = channel.next_push("presence_state").await;
    /// assert!(state.get("alice").is_some());
    /// # }
    /// ```
    #[track_caller]
    pub fn next_push(&mut self, event: &str) -> impl Future<Output = Payload> {
        self.next(Kind::Push, event, Location::caller())
    }

    /// Waits for a broadcast with an event and any payload, and returns the payload.
    ///
    /// # Panics
    /// If none arrives within the limit.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::testing::TestChannel;
    /// # async fn test(mut channel: TestChannel) {
    /// let diff = channel.next_broadcast("presence_diff").await;
    /// # }
    /// ```
    #[track_caller]
    pub fn next_broadcast(&mut self, event: &str) -> impl Future<Output = Payload> {
        self.next(Kind::Broadcast, event, Location::caller())
    }

    /// Asserts that no broadcast with an event arrives within a tenth of the limit: 100 ms by default.
    ///
    /// # Panics
    /// If one arrives, or has arrived before.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::testing::TestChannel;
    /// # async fn test(mut channel: TestChannel) {
    /// channel.refute_broadcast("typing").await;
    /// # }
    /// ```
    #[track_caller]
    pub fn refute_broadcast(&mut self, event: &str) -> impl Future<Output = ()> {
        self.refute(Kind::Broadcast, event, Location::caller())
    }

    /// Asserts that no push with an event arrives within a tenth of the limit: 100 ms by default.
    ///
    /// # Panics
    /// If one arrives, or has arrived before.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::testing::TestChannel;
    /// # async fn test(mut channel: TestChannel) {
    /// channel.refute_push("warning").await;
    /// # }
    /// ```
    #[track_caller]
    pub fn refute_push(&mut self, event: &str) -> impl Future<Output = ()> {
        self.refute(Kind::Push, event, Location::caller())
    }

    /// Leaves the topic, and waits for the reply.
    ///
    /// # Panics
    /// If there is no reply within the limit.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::testing::TestChannel;
    /// # async fn test(mut channel: TestChannel) {
    /// channel.leave().await;
    /// channel.assert_closed().await;
    /// # }
    /// ```
    #[track_caller]
    pub fn leave(&mut self) -> impl Future<Output = ()> {
        let (at, push) = (Location::caller(), self.push("phx_leave", Payload::empty()));
        async move {
            push.line.reply(&push.reference, push.limit, at).await;
        }
    }

    /// Waits until the channel is closed (`phx_close`): it was [left](Self::leave), stopped, or joined again.
    ///
    /// # Panics
    /// If it is not closed within the limit.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::testing::{Client, TestChannel};
    /// # async fn test(client: Client, mut channel: TestChannel) {
    /// let again = client.join("user:lobby", serde_json::json!({})).await;
    /// channel.assert_closed().await; // the newer join has replaced it
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_closed(&mut self) -> impl Future<Output = ()> {
        self.assert(Kind::Push, "phx_close", None, Location::caller())
    }

    /// Waits until the channel has crashed (`phx_error`): it returned an unexpected [`Error`](crate::Error), or panicked.
    ///
    /// # Panics
    /// If it has not crashed within the limit.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::testing::TestChannel;
    /// # async fn test(mut channel: TestChannel) {
    /// channel.push("unknown", serde_json::json!({}));
    /// channel.assert_crashed().await;
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_crashed(&mut self) -> impl Future<Output = ()> {
        self.assert(Kind::Push, "phx_error", None, Location::caller())
    }

    async fn assert(
        &mut self,
        kind: Kind,
        event: &str,
        payload: Option<Payload>,
        at: &Location<'_>,
    ) {
        self.take(kind, event, payload, at).await;
    }

    async fn next(&mut self, kind: Kind, event: &str, at: &Location<'_>) -> Payload {
        self.take(kind, event, None, at).await
    }

    /// Waits for a message of this kind, with this payload if there is one.
    async fn take(
        &mut self,
        kind: Kind,
        event: &str,
        payload: Option<Payload>,
        at: &Location<'_>,
    ) -> Payload {
        let is_it = |message: &Received| {
            kind.is(message, self, event)
                && payload
                    .as_ref()
                    .is_none_or(|payload| message.payload == *payload)
        };
        match self.line.inbox.take(self.limit, is_it).await {
            Ok(message) => message.payload,
            Err(instead) => {
                let payload = payload.map_or(String::new(), |payload| format!("{payload:?} "));
                panic!(
                    "{at}: no {} of `{event}` {payload}on {} {instead}",
                    kind.name(),
                    self.topic
                );
            }
        }
    }

    async fn refute(&mut self, kind: Kind, event: &str, at: &Location<'_>) {
        let is_it = |message: &Received| kind.is(message, self, event);
        if self.line.inbox.take(self.limit / 10, is_it).await.is_ok() {
            panic!(
                "{at}: a {} of `{event}` arrived on {}",
                kind.name(),
                self.topic
            );
        }
    }
}

impl Push {
    /// Waits for the reply, and returns it.
    ///
    /// # Panics
    /// If there is none within the limit.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Reply, testing::TestChannel};
    /// # async fn test(mut channel: TestChannel) {
    /// let reply: Reply = channel.push("ping", serde_json::json!({})).reply().await;
    /// # }
    /// ```
    #[track_caller]
    pub fn reply(self) -> impl Future<Output = Reply> {
        let at = Location::caller();
        async move { self.line.reply(&self.reference, self.limit, at).await }
    }

    /// Asserts that no reply arrives within a tenth of the limit: 100 ms by default.
    ///
    /// # Panics
    /// If one arrives.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::testing::TestChannel;
    /// # async fn test(mut channel: TestChannel) {
    /// channel.push("shout", serde_json::json!({})).refute_reply().await;
    /// # }
    /// ```
    #[track_caller]
    pub fn refute_reply(self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            let is_it = |message: &Received| message.reference.as_ref() == Some(&self.reference);
            if self.line.inbox.take(self.limit / 10, is_it).await.is_ok() {
                panic!("{at}: a reply arrived");
            }
        }
    }
}

/// Recipients of a message.
#[derive(Clone, Copy)]
enum Kind {
    Broadcast,
    Push,
}

impl Kind {
    fn is(self, message: &Received, channel: &TestChannel, event: &str) -> bool {
        let join_ref = match self {
            Kind::Broadcast => None,
            Kind::Push => Some(channel.join_ref.as_str()),
        };
        message.topic == channel.topic
            && message.event == event
            && message.join_ref.as_deref() == join_ref
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Broadcast => "broadcast",
            Kind::Push => "push",
        }
    }
}
