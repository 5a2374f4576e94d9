//! The adapter for NATS.
//!
//! - `Nats`: settings.
//! - `addresses`: the URL. `names`, `subject`: names in the engine.
//! - `server`: how the engine is reached. `connection`, `batch`: what the shared part of adapters asks of it.
//! - `client`: requests and their answers. `handshake`, `reader`, `protocol`: bytes of a connection.
//! - `violation`: errors of the server that concern the rights of the user.
//! - `jet_stream`: buckets of keys and values. `history`: streams of broadcasts.

mod addresses;
mod batch;
mod client;
mod connection;
mod error;
mod handshake;
mod history;
mod jet_stream;
mod names;
mod protocol;
mod reader;
mod server;
mod subject;
mod violation;

pub use error::NatsError;

use crate::engine::Core;
use crate::error::Result;
use crate::message::Topic;
use crate::pubsub::History;
use crate::pubsub::cluster::{Adapter, Message, Node, Stored};
use addresses::Addresses;
use bytes::Bytes;
use names::Names;
use server::Server;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Adapter for NATS 2.9 or later with JetStream, which keeps the presences.
///
/// The nodes of an app have the same engine and [prefix](Self::prefix). Each has one connection.
///
/// ```no_run
/// use axum_channels::Endpoint;
/// use axum_channels::cluster::Nats;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let nats = Nats::new(std::env::var("NATS_URL")?)?.prefix("my_app");
/// nats.check().await?; // or go on alone until the engine comes
/// let endpoint = Endpoint::builder().pubsub(nats).build();
/// # Ok(())
/// # }
/// ```
///
/// # While the engine is away
///
/// The app goes on. Clients of this node receive what it publishes; joins are answered. Messages to other nodes are queued,
/// for the duration of a [lease](Self::lease) and up to [some bytes](Self::max_queued_bytes): those beyond are lost, which
/// is counted and logged. The adapter connects again after 50 ms to 2 s, to the next server of its URL, subscribes to its
/// topics, and brings the presences of all nodes up to date.
/// [`Stats::connected`](super::cluster::Stats::connected) is for health checks.
///
/// When the engine comes back, nodes connect at different times: a later one misses messages sent before. A message
/// that was sent when the connection broke may or may not have arrived. It is counted as lost, and not sent
/// again: messages arrive at most once.
///
/// # Histories
///
/// Topics with a [history](crate::History) are kept in JetStream: a stream in the memory of one server for all topics with the
/// same number of messages and age, `<prefix>_history_<messages>_<milliseconds>`, of up to 64 MiB. Their broadcasts are
/// delivered by the engine alone, wait while it is away, however long, and are stored once within two minutes. Each node limits
/// the bytes of a topic. In a cluster of NATS servers, a restart of the one with the stream is not noticed.
///
/// # Presences
///
/// A node keeps a lease in the engine. When it shuts down, its presences leave at once; when it is killed, within the
/// duration of a lease; when it was paused for as long and goes on, or when the engine has lost its data, they come back by
/// themselves.
///
/// Leases and presences are in two buckets of JetStream's Key/Value Store, `<prefix>_nodes` and `<prefix>_presences`, in the
/// memory of one server. Without JetStream, no connection is used: [`check`](Self::check) fails, and so do the
/// attempts of the adapter, which logs it.
///
/// # Sizes
///
/// A server takes messages of 1 MB unless its `max_payload` is another: a larger broadcast does not reach the other nodes,
/// which is counted and logged. A list of presences is sent in parts; a single presence that is larger stays on its node.
///
/// # Permissions
///
/// A user needs to publish and to subscribe to `<prefix>.>` and `_INBOX.>`, and to publish to `$JS.API.>` and `$KV.>`.
///
/// # Refusals
///
/// A server that answers, and refuses to store something, stays connected: JetStream has no room, or the user may not publish to a
/// subject. That is logged once, with a remedy, and [`Stats::refusing`](super::cluster::Stats::refusing) is `true` until it stores
/// again. Broadcasts of topics with a history wait meanwhile, as while the engine is away, for as long as their history goes back;
/// everything else goes on.
pub struct Nats {
    core: Core<Server>,
}

/// Default of [`Nats::prefix`].
const PREFIX: &str = "axum_channels";

impl Nats {
    /// Creates an adapter for the engine at a URL: `nats://user:password@host:port`.
    ///
    /// Everything but the host may be left out; `nats://token@host` has a token. `tls://` is for TLS, with the feature
    /// `nats-tls`, which a server that demands TLS needs, too. Several servers of a cluster are separated by commas:
    /// `nats://one:4222,two:4222`. Files of credentials (`.creds`) are not supported.
    ///
    /// # Errors
    /// If the URL is invalid. No connection is made: see [`check`](Self::check).
    ///
    /// # Examples
    /// ```
    /// use axum_channels::cluster::Nats;
    ///
    /// let nats = Nats::new("nats://127.0.0.1:4222")?;
    /// # Ok::<_, axum_channels::cluster::NatsError>(())
    /// ```
    pub fn new(url: impl AsRef<str>) -> Result<Self, NatsError> {
        let addresses = Addresses::parse(url.as_ref())?;
        let core = Core::new(Server::new(addresses, Names::new(PREFIX)));
        Ok(Nats { core })
    }

    /// Sets the start of all names in the engine, `axum_channels` by default: the name of the app.
    ///
    /// ```
    /// # use axum_channels::cluster::Nats;
    /// # fn set(nats: Nats) -> Nats {
    /// nats.prefix("my_app")
    /// # }
    /// ```
    #[must_use]
    pub fn prefix(mut self, prefix: impl AsRef<str>) -> Self {
        self.core.engine.names = Arc::new(Names::new(prefix.as_ref()));
        self
    }

    /// Sets the time after which the presences of a node that was killed are gone at the latest, 15 seconds by default.
    ///
    /// The lease itself expires after two fifths of that time, and is renewed each tenth. All nodes need the same.
    ///
    /// ```
    /// # use axum_channels::cluster::Nats;
    /// # use std::time::Duration;
    /// # fn set(nats: Nats) -> Nats {
    /// nats.lease(Duration::from_secs(30))
    /// # }
    /// ```
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.core.set_lease(lease);
        self
    }

    /// Sets the maximum number of bytes that wait for the engine while it is away or slow, 16 MiB by default.
    ///
    /// ```
    /// # use axum_channels::cluster::Nats;
    /// # fn set(nats: Nats) -> Nats {
    /// nats.max_queued_bytes(1024 * 1024)
    /// # }
    /// ```
    #[must_use]
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.core.set_max_queued_bytes(bytes);
        self
    }

    /// Checks that the engine answers and has JetStream, for a program that should end with a sentence if not.
    ///
    /// Without this, an endpoint goes on alone until the engine comes.
    ///
    /// # Errors
    /// If no server of the URL can be reached, if it refuses the user, or if it has no JetStream.
    ///
    /// # Examples
    /// ```no_run
    /// # use axum_channels::cluster::{Nats, NatsError};
    /// # async fn start(nats: &Nats) -> Result<(), NatsError> {
    /// nats.check().await // NATS at localhost:4222 does not answer: Connection refused (os error 111)
    /// # }
    /// ```
    pub async fn check(&self) -> Result<(), NatsError> {
        self.core.engine.check().await
    }
}

impl Adapter for Nats {
    async fn run(&self, node: Node) -> Result<()> {
        self.core.run(node).await
    }

    async fn subscribe(&self, topic: &Topic) -> Result<()> {
        self.core.subscribe(topic).await
    }

    async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        self.core.unsubscribe(topic).await
    }

    async fn presences(&self, topic: &Topic) -> Result<Vec<Bytes>> {
        self.core.presences(topic).await
    }

    fn has_histories(&self) -> bool {
        self.core.has_histories()
    }

    async fn history(&self, topic: &Topic, limits: History) -> Result<Stored> {
        self.core.history(topic, limits).await
    }

    async fn stop(&self) -> Result<()> {
        self.core.stop().await
    }

    fn lag(&self) -> Duration {
        self.core.lag()
    }

    fn publish(&self, message: &Message<'_>) -> Result<()> {
        self.core.publish(message)
    }
}

/// Without the URL, which may have a password.
impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nats")
            .field("addr", &format_args!("{}", self.core.engine.addresses))
            .field("subject", &self.core.engine.names.leaving())
            .field("lease", &self.core.lease())
            .finish_non_exhaustive()
    }
}

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;

#[cfg(test)]
mod tests;
