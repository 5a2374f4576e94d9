use std::fmt;

/// Error of [`Redis`](super::Redis): an invalid URL, or an engine that does not answer.
///
/// Its text is one sentence, without the password of the URL.
///
/// ```
/// use axum_channels::cluster::Redis;
///
/// let error = Redis::new("http://localhost").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "this is no URL of Redis, such as `redis://user:password@localhost:6379/0`: its scheme is `http`"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedisError {
    /// The URL cannot be read.
    InvalidUrl {
        /// Reason, in a few words.
        reason: String,
    },
    /// The URL starts with `rediss:`, and the feature `redis-tls` is off.
    TlsIsOff,
    /// [`Redis::phoenix`](super::Redis::phoenix) was given the URL of a cluster.
    PhoenixCluster,
    /// The engine does not answer: see [`Redis::check`](super::Redis::check).
    Unreachable {
        /// Host and port, several of a cluster, or the path of a Unix socket.
        addr: String,
        /// Error of the connection.
        reason: String,
    },
}

impl fmt::Display for RedisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RedisError::InvalidUrl { reason } => write!(
                f,
                "this is no URL of Redis, such as `redis://user:password@localhost:6379/0`: {reason}"
            ),
            RedisError::TlsIsOff => f.write_str(
                "the URL of Redis asks for TLS: switch on the feature `redis-tls` of axum-channels",
            ),
            RedisError::PhoenixCluster => f.write_str(
                "nodes of Phoenix share one server: its URL starts with `redis:`, also if it is part of a cluster",
            ),
            RedisError::Unreachable { addr, reason } => {
                write!(f, "Redis at {addr} does not answer: {reason}")
            }
        }
    }
}

impl std::error::Error for RedisError {}
