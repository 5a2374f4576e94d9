//! The adapter for Redis.
//!
//! - `Redis`: settings.
//! - `address`: URLs. `engine`: how the engine is reached.
//! - `connection`: what the shared part of adapters asks of it, by a `server` or by a `cluster`.
//! - `commands`: commands for both. `history`: histories, by two scripts.
//! - `refusal`: answers that refuse a command.
//! - `format`, `names`: names and messages in the engine. `phoenix`: those of Phoenix.

mod address;
mod cluster;
mod commands;
mod connection;
mod engine;
mod error;
mod format;
mod history;
mod names;
mod phoenix;
mod refusal;
mod server;

pub use error::RedisError;

use crate::engine::{Core, Engine};
use crate::error::Result;
use crate::message::Topic;
use crate::pubsub::History;
use crate::pubsub::cluster::{Adapter, Message, Node, Stored};
use address::Address;
use bytes::Bytes;
use engine::RedisEngine;
use format::Format;
use names::{Names, Scope};
use phoenix::Phoenix;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Adapter for Redis 6 or later, Valkey, and other engines that speak RESP3.
///
/// The nodes of an app have the same engine and [prefix](Self::prefix). Each has one connection, or some to a
/// [cluster](#clusters). Redis does not divide channels by database: apps that share an engine need different prefixes.
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
/// # Clusters
///
/// The URL of a Redis Cluster is `redis-cluster://`, with some of its servers, by which the others are found. It needs
/// version 7 or later, for its sharded channels: a broadcast goes to the server that has the slot of its topic, and to nobody
/// else. A node has two connections to each server that takes writes. The keys of a topic have one slot, by braces:
/// `my_app:presences{:room:1}`. Everything above holds, and besides:
///
/// - A slot that moves to another server takes its topics along: the node subscribes again. It may miss what was published in
///   between, without noticing; presences are brought up to date. Histories begin anew, since the new server may have
///   older data.
/// - While one of the servers that take writes is away, the whole engine is. When a replica takes its place, all nodes connect
///   again. What the replica had not received yet is written again, but for histories, which begin anew.
/// - A user needs these rights besides those above: `+asking +cluster|slots +cluster|info +ssubscribe +sunsubscribe +spublish`.
///
/// # Presences
///
/// A node keeps a lease in the engine. When it shuts down, its presences leave at once; when it is killed, within the
/// duration of a lease; when it was paused for as long and goes on, or when the engine has lost its data, they come back by
/// themselves.
pub struct Redis {
    core: Core<RedisEngine>,
}

impl Redis {
    /// Creates an adapter for the engine at a URL: `redis://user:password@host:port/database`.
    ///
    /// Everything but the host may be left out. `valkey:` is the same as `redis:`; `rediss:` and `valkeys:` are for TLS,
    /// with the feature `redis-tls`. `redis+unix:///path/to/socket` is a Unix socket.
    ///
    /// `redis-cluster://user:password@host:port,host:port` is a [cluster](#clusters), by one or more of its servers, all of
    /// which have the same user; so are `valkey-cluster:`, and `rediss-cluster:` and `valkeys-cluster:` for TLS. The servers
    /// then announce names that their certificates have (`cluster-announce-hostname`). A cluster has no other database than 0.
    ///
    /// # Errors
    /// If the URL is invalid. No connection is made: see [`check`](Self::check).
    ///
    /// # Examples
    /// ```
    /// use axum_channels::cluster::Redis;
    ///
    /// let redis = Redis::new("redis://127.0.0.1:6379")?;
    /// let cluster = Redis::new("redis-cluster://10.0.0.1:6379,10.0.0.2:6379")?;
    /// # Ok::<_, axum_channels::cluster::RedisError>(())
    /// ```
    pub fn new(url: impl AsRef<str>) -> Result<Self, RedisError> {
        let address = Address::parse(url.as_ref())?;
        let names = Names::new("axum_channels", address.scope());
        Ok(Redis::with_format(address, Format::Own(Arc::new(names))))
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
    /// As [`new`](Self::new), and if the URL is that of a cluster: Phoenix connects to one server. That may be one of a
    /// cluster, which sends the messages to all of its servers.
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
        let address = Address::parse(url.as_ref())?;
        if address.scope() == Scope::Cluster {
            return Err(RedisError::PhoenixCluster);
        }
        let phoenix = Phoenix::new(pubsub, node.into());
        Ok(Redis::with_format(
            address,
            Format::Phoenix(Arc::new(phoenix)),
        ))
    }

    fn with_format(address: Address, format: Format) -> Self {
        let core = Core::new(RedisEngine { address, format });
        Redis { core }
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
            *names = Arc::new(Names::new(&prefix.into(), names.scope()));
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
        let engine = &self.core.engine;
        let checked = engine.check().await;
        checked.map_err(|error| engine.unreachable(&error))
    }
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
            .field("addr", &self.core.engine.addr())
            .field("channel", &self.core.engine.format.shared_channel())
            .field("lease", &self.core.lease())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod fuzz;

#[cfg(test)]
mod tests;
