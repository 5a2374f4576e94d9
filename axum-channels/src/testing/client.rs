use super::channel::TestChannel;
use super::inbox::Inbox;
use super::wire::{self, Inbound};
use crate::message::{Answer, Payload, Reply, Status, Topic};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, split};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};

/// Test client, connected in memory: it corresponds to a `Socket` of phoenix.js.
///
/// [`connect`](super::connect) and similar functions create it. The connection is closed when the client and all of its
/// channels are dropped.
///
/// ```
/// # use axum_channels::{Endpoint, testing::connect};
/// # use serde_json::json;
/// # async fn test(endpoint: Endpoint) {
/// let client = connect(&endpoint, "/socket").await;
/// let mut lobby = client.join("room:lobby", json!({})).await;
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    pub(super) line: Arc<Line>,
    /// Maximum time that an assertion waits.
    limit: Duration,
}

/// Maximum time that an assertion waits, if the test does not set it.
const LIMIT: Duration = Duration::from_secs(1);

/// Interval of heartbeats, as in phoenix.js.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// The connection, shared by a client and its channels. It is closed when all of them are dropped.
pub(super) struct Line {
    pub(super) inbox: Arc<Inbox>,
    out: mpsc::UnboundedSender<Vec<u8>>,
    next_ref: AtomicU64,
}

impl Client {
    pub(super) fn new(stream: DuplexStream) -> Self {
        let (read, write) = split(stream);
        let (out, frames) = mpsc::unbounded_channel();
        let inbox = Arc::new(Inbox::default());
        tokio::spawn(listen(read, inbox.clone(), out.downgrade()));
        tokio::spawn(speak(write, frames));
        Client {
            line: Arc::new(Line {
                inbox,
                out,
                next_ref: AtomicU64::new(1),
            }),
            limit: LIMIT,
        }
    }

    /// Sets the maximum time that an assertion waits, a second by default. Refutations wait for a tenth of it.
    ///
    /// It applies to this client, and to channels that it joins from now on.
    ///
    /// ```
    /// # use axum_channels::{Endpoint, testing::connect};
    /// # use serde_json::json;
    /// # use std::time::Duration;
    /// # async fn test(endpoint: Endpoint) {
    /// let client = connect(&endpoint, "/socket").await.within(Duration::from_secs(10));
    /// let mut reports = client.join("reports:1", json!({})).await;
    /// let reply = reports.push("write", json!({})).reply().await; // 10 s
    /// # }
    /// ```
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Client { limit, ..self }
    }

    /// Joins a topic.
    ///
    /// # Panics
    /// If the join is refused, or has no reply within the limit; the message contains the refusal.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Endpoint, testing::connect};
    /// # use serde_json::json;
    /// # async fn test(endpoint: Endpoint) {
    /// let client = connect(&endpoint, "/socket").await;
    /// let mut channel = client.join("user:lobby", json!({})).await;
    /// # }
    /// ```
    #[track_caller]
    pub fn join(
        &self,
        topic: &str,
        payload: impl Into<Payload>,
    ) -> impl Future<Output = TestChannel> {
        self.join_or_panic(topic, payload.into(), Location::caller())
    }

    pub(super) async fn join_or_panic(
        &self,
        topic: &str,
        payload: Payload,
        at: &Location<'_>,
    ) -> TestChannel {
        match self.join_at(topic, payload, at).await {
            Ok(channel) => channel,
            Err(reply) => panic!("{at}: cannot join {topic}: {reply:?}"),
        }
    }

    /// Joins a topic, or returns the refusal.
    ///
    /// # Errors
    /// The reply to a refused join.
    ///
    /// # Panics
    /// If there is no reply within the limit.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Endpoint, Reply, testing::connect};
    /// # use serde_json::json;
    /// # async fn test(endpoint: Endpoint) {
    /// let client = connect(&endpoint, "/socket").await;
    /// let refused = client.try_join("user:vip", json!({})).await.expect_err("not allowed");
    /// assert_eq!(refused, Reply::error(json!({"reason": "unauthorized"})));
    /// # }
    /// ```
    #[track_caller]
    pub fn try_join(
        &self,
        topic: &str,
        payload: impl Into<Payload>,
    ) -> impl Future<Output = Result<TestChannel, Reply>> {
        self.join_at(topic, payload.into(), Location::caller())
    }

    async fn join_at(
        &self,
        topic: &str,
        payload: Payload,
        at: &Location<'_>,
    ) -> Result<TestChannel, Reply> {
        let join_ref = self.line.next_ref();
        self.line
            .send(Some(&join_ref), &join_ref, topic, "phx_join", &payload);
        match self.line.reply(&join_ref, self.limit, at).await {
            Reply(Answer::Now(Status::Ok, response)) => Ok(TestChannel {
                line: self.line.clone(),
                topic: topic.to_owned(),
                join_ref,
                response,
                limit: self.limit,
            }),
            refused => Err(refused),
        }
    }

    /// Waits until the server closes the connection, and returns the close code; 1006 if it was closed without one.
    ///
    /// # Panics
    /// If it is not closed within the limit, a second by default.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Endpoint, testing::connect};
    /// # async fn test(endpoint: Endpoint) {
    /// let client = connect(&endpoint, "/socket").await;
    /// endpoint.disconnect("user_socket:42");
    /// assert_eq!(client.assert_closed().await, 1001);
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_closed(&self) -> impl Future<Output = u16> {
        let at = Location::caller();
        async move {
            match self.line.inbox.closed(self.limit).await {
                Ok(code) => code.unwrap_or(1006), // RFC 6455, 7.1.5: closed without a frame
                Err(instead) => panic!("{at}: the connection was not closed {instead}"),
            }
        }
    }

    /// Closes the connection as a browser does, and waits until the server has closed it, too.
    ///
    /// The server's channels end. The [`TestChannel`]s remain, with the messages that they received.
    ///
    /// ```
    /// # use axum_channels::{Endpoint, testing::connect};
    /// # async fn test(endpoint: Endpoint) {
    /// let client = connect(&endpoint, "/socket").await;
    /// client.disconnect().await;
    /// # }
    /// ```
    pub async fn disconnect(self) {
        let _ = self.line.out.send(wire::close());
        let _ = self.line.inbox.closed(self.limit).await;
    }
}

impl Line {
    pub(super) fn next_ref(&self) -> String {
        self.next_ref.fetch_add(1, Relaxed).to_string()
    }

    pub(super) fn send(
        &self,
        join_ref: Option<&str>,
        reference: &str,
        topic: &str,
        event: &str,
        payload: &Payload,
    ) {
        let frame = match payload.as_binary() {
            Some(bytes) => wire::binary(
                [join_ref.unwrap_or_default(), reference, topic, event],
                bytes,
            ),
            None => wire::text(&wire::json(
                [join_ref, Some(reference)],
                [topic, event],
                payload,
            )),
        };
        // If the connection is closed, the wait for an answer reports it.
        let _ = self.out.send(frame);
    }

    pub(super) async fn reply(&self, reference: &str, limit: Duration, at: &Location<'_>) -> Reply {
        let is_it = |message: &wire::Received| {
            message.event == "phx_reply" && message.reference.as_deref() == Some(reference)
        };
        match self.inbox.take(limit, is_it).await {
            Ok(message) => Reply::with_status(&message.status.unwrap_or_default(), message.payload),
            Err(instead) => panic!("{at}: no reply {instead}"),
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

async fn listen(
    mut read: ReadHalf<DuplexStream>,
    inbox: Arc<Inbox>,
    out: mpsc::WeakUnboundedSender<Vec<u8>>,
) {
    loop {
        match wire::read(&mut read).await {
            Ok(Inbound::Message(message)) if message.topic == Topic::PHOENIX => {}
            Ok(Inbound::Message(message)) => inbox.put(message),
            Ok(Inbound::Closed(code)) => {
                if let Some(out) = out.upgrade() {
                    let _ = out.send(wire::close());
                }
                return inbox.close(code);
            }
            Err(_) => return inbox.close(None),
        }
    }
}

/// Sends until the last frame, which is a close, or until all senders are dropped.
async fn speak(mut write: WriteHalf<DuplexStream>, mut frames: mpsc::UnboundedReceiver<Vec<u8>>) {
    let mut heartbeats = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    loop {
        let frame = tokio::select! {
            biased;
            frame = frames.recv() => frame,
            _ = heartbeats.tick() => Some(wire::heartbeat()),
        };
        let Some(frame) = frame else { break };
        if write.write_all(&frame).await.is_err() || wire::is_close(&frame) {
            break;
        }
    }
    let _ = write.shutdown().await;
}
