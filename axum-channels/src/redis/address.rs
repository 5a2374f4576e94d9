use super::RedisError;
use super::cluster::Seeds;
use super::names::Scope;
use crate::url::wrong_scheme;
use ::redis::{Client, ConnectionInfo, IntoConnectionInfo, ProtocolVersion};
use std::fmt;

/// The engine that a URL names.
pub(super) enum Address {
    Server(Client),
    Cluster(Seeds),
}

impl Address {
    /// Reads `redis://user:password@host:port/database`, or `redis-cluster:` with hosts separated by commas.
    pub(super) fn parse(url: &str) -> Result<Self, RedisError> {
        let (scheme, rest) = url.split_once(':').unwrap_or_default();
        let base = scheme.strip_suffix("-cluster");
        match (base.unwrap_or(scheme), base) {
            ("redis" | "valkey", _) => {}
            ("redis+unix" | "valkey+unix" | "unix", None) => {}
            ("rediss" | "valkeys", _) if cfg!(feature = "redis-tls") => install_cryptography(),
            ("rediss" | "valkeys", _) => return Err(RedisError::TlsIsOff),
            _ => return Err(invalid(wrong_scheme(url))),
        }
        match base {
            Some(base) => cluster(base, rest),
            None => {
                let client = Client::open(info(url)?);
                let client = client.map_err(|error| unread(&error))?;
                Ok(Address::Server(client))
            }
        }
    }
}

impl Address {
    pub(super) fn scope(&self) -> Scope {
        match self {
            Address::Server(_) => Scope::Server,
            Address::Cluster(_) => Scope::Cluster,
        }
    }
}

/// Reads the rest of a URL after the scheme and its colon. All servers have the same user, and TLS or not.
fn cluster(scheme: &str, rest: &str) -> Result<Address, RedisError> {
    let rest = rest.strip_prefix("//");
    let rest = rest.ok_or_else(|| invalid("it has no host"))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, end) = rest.split_at(end);
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    let infos = hosts.split(',').map(|host| {
        let info = info(&format!("{scheme}://{user}{host}{end}"))?;
        match info.redis_settings().db() {
            0 => Ok(info),
            _ => Err(invalid("a cluster has the database 0 alone")),
        }
    });
    let mut infos = infos.collect::<Result<Vec<_>, _>>()?.into_iter();
    let first = infos.next().ok_or_else(|| invalid("it has no host"))?;
    Ok(Address::Cluster(Seeds::new(first, infos.collect())))
}

fn info(url: &str) -> Result<ConnectionInfo, RedisError> {
    let info: ConnectionInfo = url.into_connection_info().map_err(|error| unread(&error))?;
    let settings = info.redis_settings().clone();
    let settings = settings.set_protocol(ProtocolVersion::RESP3);
    let tcp = info.tcp_settings().clone().set_nodelay(true);
    Ok(info.set_redis_settings(settings).set_tcp_settings(tcp))
}

/// Returns the error of the crate without the name of its kind, which says nothing to the reader of a setting.
fn unread(error: &::redis::RedisError) -> RedisError {
    let kind = format!(" - {:?}", error.kind());
    invalid(error.to_string().replace(&kind, ""))
}

fn invalid(reason: impl Into<String>) -> RedisError {
    RedisError::InvalidUrl {
        reason: reason.into(),
    }
}

/// Installs the cryptography for TLS, unless the app has installed one.
fn install_cryptography() {
    #[cfg(feature = "redis-tls")]
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Hosts and ports, without the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Server(client) => client.get_connection_info().addr().fmt(f),
            Address::Cluster(seeds) => seeds.fmt(f),
        }
    }
}
