//! The adapter for Redis.
//!
//! - [`Redis`]: settings, and the calls of the node.
//! - `session`: one connection, from its start to its failure.
//! - `link`: the current connection, and the topics that it is subscribed to.
//! - `format`: names and messages in the engine. `phoenix`: those of Phoenix.
//! - `outbox`: messages that wait for it. `journal`: this node's presences in the engine. `leases`: nodes that are alive.

mod backoff;
mod error;
mod format;
mod journal;
mod leases;
mod link;
mod names;
mod outbox;
mod phoenix;
mod session;

pub use error::RedisError;

use crate::error::{Error, Result};
use crate::log;
use crate::message::Topic;
use crate::pubsub::cluster::{Adapter, Message, Node};
use crate::sync::lock;
use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, ConnectionInfo, IntoConnectionInfo, ProtocolVersion};
use backoff::Backoff;
use bytes::Bytes;
use format::Format;
use link::Link;
use names::Names;
use outbox::{Kind, Outbox};
use phoenix::Phoenix;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// Adapter for Redis 6 or later, Valkey, and other engines that speak RESP3.
///
/// The nodes of an app have the same engine and [prefix](Self::prefix). Each has one connection. Redis does not divide
/// channels by database: apps that share an engine need different prefixes.
///
/// ```no_run
/// use axum_channels::Endpoint;
/// use axum_channels::cluster::Redis;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let redis = Redis::new(std::env::var("REDIS_URL")?)?.prefix("my_app");
/// redis.check().await?; // or go on alone until the engine comes
/// let endpoint = Endpoint::builder().pubsub(redis).build();
/// # Ok(())
/// # }
/// ```
///
/// # While the engine is away
///
/// The app goes on. Clients of this node receive what it publishes; joins are answered. Messages to other nodes are queued,
/// for the duration of a [lease](Self::lease) and up to [some bytes](Self::max_queued_bytes): those beyond are lost, which
/// is counted and logged. The adapter connects again after 50 ms to 2 s, subscribes to its topics, and brings the presences
/// of all nodes up to date. [`Stats::connected`](super::cluster::Stats::connected) is for health checks.
///
/// When the engine comes back, nodes connect at different times: a later one misses messages sent before. A message
/// that was sent when the connection broke may or may not have arrived. It is counted as lost, and not sent
/// again: messages arrive at most once.
///
/// # Presences
///
/// A node keeps a lease in the engine. When it shuts down, its presences leave at once; when it is killed, within the
/// duration of a lease; when it was paused for as long and goes on, or when the engine has lost its data, they come back by
/// themselves.
pub struct Redis {
    client: Client,
    format: Format,
    lease: Duration,
    link: Link,
    outbox: Outbox,
    /// Generation of the node's presences in the engine.
    generation: AtomicU64,
    leaving: watch::Sender<Leaving>,
    /// Time at which the last connection failed.
    away_since: Mutex<Option<Instant>>,
}

/// Progress of a node that leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leaving {
    No,
    Asked,
    Done,
}

/// Maximum duration of a connection attempt, and of an answer.
const LIMIT: Duration = Duration::from_secs(3);

/// Default of [`Redis::max_queued_bytes`].
const MAX_QUEUED: usize = 16 * 1024 * 1024;

impl Redis {
    /// Creates an adapter for the engine at a URL: `redis://user:password@host:port/database`.
    ///
    /// Everything but the host may be left out. `valkey:` is the same as `redis:`; `rediss:` and `valkeys:` are for TLS,
    /// with the feature `redis-tls`. `redis+unix:///path/to/socket` is a Unix socket.
    ///
    /// # Errors
    /// If the URL is invalid. No connection is made: see [`check`](Self::check).
    ///
    /// # Examples
    /// ```
    /// use axum_channels::cluster::Redis;
    ///
    /// let redis = Redis::new("redis://127.0.0.1:6379")?;
    /// # Ok::<_, axum_channels::cluster::RedisError>(())
    /// ```
    pub fn new(url: impl AsRef<str>) -> Result<Self, RedisError> {
        let prefix = "axum_channels".to_owned();
        Redis::with_format(url.as_ref(), Format::Own(Arc::new(Names { prefix })))
    }

    /// Creates an adapter that connects the endpoint with nodes of a Phoenix app, which use `phoenix_pubsub_redis` 3.
    ///
    /// `pubsub` is the name of the app's `Phoenix.PubSub`, such as `MyApp.PubSub`. `node` is the name of this node: it
    /// differs from those of all others, and stays the same.
    ///
    /// `MyAppWeb.Endpoint.broadcast/3` then reaches the clients of this endpoint, `disconnect` included, and the broadcasts
    /// of this endpoint reach those of the Phoenix nodes. Presences do not cross: each node has its own. Payloads are those
    /// that JSON can express, or bytes; a struct other than a date or a time of Elixir is not, and its message is counted
    /// as [malformed](crate::cluster::Stats::malformed). All topics share one channel, so each node receives everything.
    /// [`prefix`](Self::prefix) has no effect.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    ///
    /// # Examples
    /// ```
    /// use axum_channels::cluster::Redis;
    ///
    /// // {Phoenix.PubSub, name: MyApp.PubSub, adapter: Phoenix.PubSub.Redis, url: "…", node_name: "phoenix-1"}
    /// let redis = Redis::phoenix("redis://127.0.0.1:6379", "MyApp.PubSub", "rust-1")?;
    /// # Ok::<_, axum_channels::cluster::RedisError>(())
    /// ```
    pub fn phoenix(
        url: impl AsRef<str>,
        pubsub: &str,
        node: impl Into<String>,
    ) -> Result<Self, RedisError> {
        let phoenix = Phoenix::new(pubsub, node.into());
        Redis::with_format(url.as_ref(), Format::Phoenix(Arc::new(phoenix)))
    }

    fn with_format(url: &str, format: Format) -> Result<Self, RedisError> {
        Ok(Redis {
            client: client(url)?,
            format,
            lease: Duration::from_secs(15),
            link: Link::new(),
            outbox: Outbox::new(MAX_QUEUED),
            generation: AtomicU64::new(0),
            leaving: watch::Sender::new(Leaving::No),
            away_since: Mutex::new(None),
        })
    }

    /// Sets the start of all names in the engine, `axum_channels` by default: the name of the app.
    ///
    /// ```
    /// # use axum_channels::cluster::Redis;
    /// # fn set(redis: Redis) -> Redis {
    /// redis.prefix("my_app")
    /// # }
    /// ```
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        if let Format::Own(names) = &mut self.format {
            let prefix = prefix.into();
            *names = Arc::new(Names { prefix });
        }
        self
    }

    /// Sets the time after which the presences of a node that was killed are gone at the latest, 15 seconds by default.
    ///
    /// The lease itself expires after two fifths of that time, and is renewed each fifth. All nodes need the same.
    ///
    /// ```
    /// # use axum_channels::cluster::Redis;
    /// # use std::time::Duration;
    /// # fn set(redis: Redis) -> Redis {
    /// redis.lease(Duration::from_secs(30))
    /// # }
    /// ```
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(100));
        self
    }

    /// Sets the maximum number of bytes that wait for the engine while it is away or slow, 16 MiB by default.
    ///
    /// ```
    /// # use axum_channels::cluster::Redis;
    /// # fn set(redis: Redis) -> Redis {
    /// redis.max_queued_bytes(1024 * 1024)
    /// # }
    /// ```
    #[must_use]
    pub fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.outbox = Outbox::new(bytes);
        self
    }

    /// Checks that the engine answers, for a program that should end with a sentence if it does not.
    ///
    /// Without this, an endpoint goes on alone until the engine comes.
    ///
    /// # Errors
    /// If it cannot be reached, or refuses the user, the password or the database.
    ///
    /// # Examples
    /// ```no_run
    /// # use axum_channels::cluster::{Redis, RedisError};
    /// # async fn start(redis: &Redis) -> Result<(), RedisError> {
    /// redis.check().await // Redis at localhost:6379 does not answer: Connection refused (os error 111)
    /// # }
    /// ```
    pub async fn check(&self) -> Result<(), RedisError> {
        let checked = async {
            let mut connection = self.connect(config()).await?;
            ::redis::cmd("PING").exec_async(&mut connection).await
        };
        checked.await.map_err(|error| RedisError::Unreachable {
            addr: self.addr(),
            reason: error.to_string(),
        })
    }

    async fn connect(
        &self,
        config: AsyncConnectionConfig,
    ) -> ::redis::RedisResult<MultiplexedConnection> {
        let client = &self.client;
        client
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }

    fn addr(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }
}

fn client(url: &str) -> Result<Client, RedisError> {
    let invalid = |reason: String| RedisError::InvalidUrl { reason };
    let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
    match scheme {
        "redis" | "valkey" | "redis+unix" | "valkey+unix" | "unix" => {}
        "rediss" | "valkeys" if cfg!(feature = "redis-tls") => install_cryptography(),
        "rediss" | "valkeys" => return Err(RedisError::TlsIsOff),
        "" => return Err(invalid("it has no scheme".to_owned())),
        other => return Err(invalid(format!("its scheme is `{other}`"))),
    }
    let info: ConnectionInfo = url
        .into_connection_info()
        .map_err(|error| invalid(error.to_string()))?;
    let settings = info.redis_settings().clone();
    let settings = settings.set_protocol(ProtocolVersion::RESP3);
    let tcp = info.tcp_settings().clone().set_nodelay(true);
    let info = info.set_redis_settings(settings).set_tcp_settings(tcp);
    Client::open(info).map_err(|error| invalid(error.to_string()))
}

/// Installs the cryptography for TLS, unless the app has installed one.
fn install_cryptography() {
    #[cfg(feature = "redis-tls")]
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(LIMIT))
        .set_response_timeout(Some(LIMIT))
}

impl Adapter for Redis {
    async fn run(&self, node: Node) -> Result<()> {
        let _ends = Ends(&self.link);
        let mut backoff = Backoff::new(self.lease);
        loop {
            let began = Instant::now();
            let error = session::run(self, &node).await;
            self.went_away(&node, &error);
            sleep(backoff.next(began.elapsed())).await;
        }
    }

    async fn subscribe(&self, topic: &Topic) -> Result<()> {
        match &self.format {
            Format::Own(names) => self.link.subscribe(topic, &names.topic(topic)).await,
            Format::Phoenix(_) => self.link.connection().await.map(drop),
        }
    }

    async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        match &self.format {
            Format::Own(names) => self.link.unsubscribe(topic, &names.topic(topic)).await,
            Format::Phoenix(_) => Ok(()),
        }
    }

    async fn presences(&self, topic: &Topic) -> Result<Vec<Bytes>> {
        let Format::Own(names) = &self.format else {
            return Ok(Vec::new());
        };
        let mut connection = self.link.connection().await?;
        let loaded = leases::presences(&mut connection, names, topic).await;
        self.link.checked(loaded)
    }

    async fn stop(&self) -> Result<()> {
        self.link.connection().await?;
        self.leaving.send_replace(Leaving::Asked);
        let mut leaving = self.leaving.subscribe();
        leaving
            .wait_for(|leaving| *leaving == Leaving::Done)
            .await?;
        Ok(())
    }

    fn publish(&self, message: &Message<'_>) -> Result<()> {
        let kind = match message.broadcast() {
            Some(_) => Kind::Broadcast,
            None => Kind::Presences,
        };
        if let Some(encoded) = self.format.encode(message) {
            self.outbox.push(message.topic(), encoded, kind)?;
        }
        Ok(())
    }
}

impl Redis {
    fn next_generation(&self) -> u64 {
        self.generation.fetch_add(1, Relaxed) + 1
    }

    fn went_away(&self, node: &Node, error: &Error) {
        node.set_connected(false);
        self.link.set_away(&error.to_string());
        let mut away_since = lock(&self.away_since);
        if away_since.is_none() {
            *away_since = Some(Instant::now());
            log::engine_away(error);
        }
    }

    fn came_back(&self, node: &Node) {
        if let Some(since) = lock(&self.away_since).take() {
            log::engine_back(since.elapsed());
        }
        node.set_connected(true);
    }
}

/// Drops the connection when the endpoint is dropped: its task holds the node.
struct Ends<'a>(&'a Link);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.set_away("the endpoint is gone");
    }
}

/// Without the URL, which may have a password.
impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("addr", &self.addr())
            .field("channel", &self.format.shared_channel())
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) use phoenix::fuzz::phoenix as fuzz;

#[cfg(test)]
mod tests;
