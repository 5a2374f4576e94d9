//! The adapter for Redis.
//!
//! - `Redis`: settings.
//! - `server`: how the engine is reached. `connection`: what the shared part of adapters asks of it.
//! - `history`: histories, by two scripts.
//! - `refusal`: answers that refuse a command.
//! - `format`, `names`: names and messages in the engine. `phoenix`: those of Phoenix.

mod connection;
mod error;
mod format;
mod history;
mod names;
mod phoenix;
mod refusal;
mod server;

pub use error::RedisError;

use crate::engine::Core;
use crate::error::Result;
use crate::message::Topic;
use crate::pubsub::History;
use crate::pubsub::cluster::{Adapter, Message, Node, Stored};
use ::redis::{Client, ConnectionInfo, IntoConnectionInfo, ProtocolVersion};
use bytes::Bytes;
use format::Format;
use names::Names;
use phoenix::Phoenix;
use server::Server;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

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
/// # Histories
///
/// Topics with a [history](crate::History) are kept in the engine, by two scripts: a stream of each topic's broadcasts, which
/// expires with their age, and its position, which expires a day later. Their broadcasts are delivered by the engine alone, wait
/// while it is away, however long, and are stored once. A server that was restarted has lost the histories, even if it has their
/// data: it may lack the last of them.
///
/// # Refusals
///
/// A server that answers, and refuses to write, stays connected: its memory is full (`OOM`), the user has too few rights (`NOPERM`),
/// it is a replica (`READONLY`). That is logged once, with a remedy, and
/// [`Stats::refusing`](super::cluster::Stats::refusing) is `true` until it writes again. Broadcasts of topics with a history wait
/// meanwhile, as while the engine is away, for as long as their history goes back; everything else goes on. From a
/// replica, a node connects anew after 30 seconds: the URL may lead to the primary by then.
///
/// # Permissions
///
/// All keys and channels start with the prefix. With the prefix `my_app`, a user needs no more than this:
///
/// ```text
/// ACL SETUSER my_app on >secret resetchannels ~my_app:* &my_app:* -@all +ping +info +subscribe +unsubscribe
///   +publish +evalsha +script|load +time +get +set +psetex +pexpire +expire +mget +del +hset +hmget +hgetall +hdel
///   +xadd +xdel +xlen +xrange
/// ```
///
/// # Presences
///
/// A node keeps a lease in the engine. When it shuts down, its presences leave at once; when it is killed, within the
/// duration of a lease; when it was paused for as long and goes on, or when the engine has lost its data, they come back by
/// themselves.
pub struct Redis {
    core: Core<Server>,
}

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
        let client = client(url)?;
        let core = Core::new(Server { client, format });
        Ok(Redis { core })
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
        if let Format::Own(names) = &mut self.core.engine.format {
            let prefix = prefix.into();
            *names = Arc::new(Names { prefix });
        }
        self
    }

    /// Sets the time after which the presences of a node that was killed are gone at the latest, 15 seconds by default.
    ///
    /// The lease itself expires after two fifths of that time, and is renewed each tenth. All nodes need the same.
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
        self.core.set_lease(lease);
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
        self.core.set_max_queued_bytes(bytes);
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
        self.core
            .engine
            .ping()
            .await
            .map_err(|error| RedisError::Unreachable {
                addr: self.addr(),
                reason: error.to_string(),
            })
    }

    fn addr(&self) -> String {
        let client = &self.core.engine.client;
        client.get_connection_info().addr().to_string()
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

impl Adapter for Redis {
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
impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("addr", &self.addr())
            .field("channel", &self.core.engine.format.shared_channel())
            .field("lease", &self.core.lease())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) use phoenix::fuzz::phoenix as fuzz;

#[cfg(test)]
mod tests;
