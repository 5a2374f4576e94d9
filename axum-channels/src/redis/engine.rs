use super::RedisError;
use super::address::Address;
use super::cluster::{Cluster, Connector};
use super::commands::Commands;
use super::connection::Connection;
use super::format::Format;
use super::phoenix::{Broadcast, Phoenix};
use super::server::Server;
use crate::engine::{Ended, Engine, LIMIT, Pack};
use crate::error::{Error, Result};
use crate::pubsub::cluster::{MAX_BYTES, Message, Node, pack};
use ::redis::aio::{MultiplexedConnection, SendError};
use ::redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, RedisResult, Value, cmd};
use bytes::Bytes;
use std::time::Duration;

/// A Redis, and the format of what is in it.
pub(super) struct RedisEngine {
    pub(super) address: Address,
    pub(super) format: Format,
}

impl Engine for RedisEngine {
    type Connection = Connection;

    const NAME: &'static str = "Redis";

    fn addr(&self) -> String {
        self.address.to_string()
    }

    async fn connect(&self, node: &Node, _lease: Duration, ended: Ended) -> Result<Connection> {
        let commands = Commands {
            format: self.format.clone(),
            node: node.id(),
        };
        let connected = match &self.address {
            Address::Server(client) => connect(client, commands, node.clone(), ended)
                .await
                .map(Connection::Server),
            Address::Cluster(seeds) => {
                let connector = Connector {
                    settings: seeds.settings(),
                    commands,
                    node: node.clone(),
                    ended,
                };
                let cluster = Cluster::connect(connector, seeds).await;
                cluster.map(Connection::Cluster)
            }
        };
        Ok(connected.map_err(|error| self.unreachable(&error))?)
    }

    fn encode(&self, message: &Message<'_>) -> Option<Bytes> {
        self.format.encode(message)
    }

    fn pack(&self) -> Option<Pack> {
        self.format.names().is_some().then_some(pack as Pack)
    }

    fn max_bytes(&self) -> usize {
        MAX_BYTES
    }

    fn has_presences(&self) -> bool {
        self.format.names().is_some()
    }
}

impl RedisEngine {
    /// Checks that the engine answers, and is of the kind that its URL says.
    pub(super) async fn check(&self) -> Result<()> {
        match &self.address {
            Address::Server(client) => {
                let mut connection = open(client, config()).await?;
                cmd("PING").exec_async(&mut connection).await?;
                refuse_cluster(&self.format, &mut connection).await
            }
            Address::Cluster(seeds) => seeds.check().await,
        }
    }

    /// Returns the error of a connection that failed, with the address.
    pub(super) fn unreachable(&self, error: &Error) -> RedisError {
        RedisError::Unreachable {
            addr: self.addr(),
            reason: error.to_string(),
        }
    }
}

/// Connects to a server, which is no part of a cluster.
async fn connect(client: &Client, commands: Commands, node: Node, ended: Ended) -> Result<Server> {
    let format = commands.format.clone();
    let receive = move |push: PushInfo| -> Result<(), SendError> {
        match push.kind {
            PushKind::Message => receive(&node, &format, &push.data),
            PushKind::Disconnection => ended.report(Error::msg("the connection was closed")),
            _ => {}
        }
        Ok(())
    };
    let mut connection = open(client, config().set_push_sender(receive)).await?;
    refuse_cluster(&commands.format, &mut connection).await?;
    connection
        .subscribe(commands.format.shared_channel())
        .await?;
    Ok(Server::new(connection, commands))
}

/// Returns an error if a server is part of a cluster, where one connection is not enough for presences.
async fn refuse_cluster(format: &Format, connection: &mut MultiplexedConnection) -> Result<()> {
    if format.names().is_none() {
        return Ok(()); // a cluster sends what Phoenix publishes to all of its servers
    }
    let answer: RedisResult<String> = cmd("INFO").arg("cluster").query_async(connection).await;
    match answer {
        Ok(info) if info.contains("cluster_enabled:1") => Err(Error::msg(
            "the server is part of a cluster, whose URL starts with `redis-cluster:`",
        )),
        _ => Ok(()), // the user may not be allowed to ask
    }
}

pub(super) async fn open(
    client: &Client,
    config: AsyncConnectionConfig,
) -> RedisResult<MultiplexedConnection> {
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

pub(super) fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(LIMIT))
        .set_response_timeout(Some(LIMIT))
}

/// Passes a message of the engine on, by its channel.
pub(super) fn receive(node: &Node, format: &Format, message: &[Value]) {
    let [Value::BulkString(channel), Value::BulkString(message)] = message else {
        return;
    };
    match format {
        Format::Phoenix(phoenix) => receive_from_phoenix(node, phoenix, message),
        Format::Own(names) if names.is_leaving(channel) => node.remove_by_id(message),
        Format::Own(_) => node.receive(message),
    }
}

fn receive_from_phoenix(node: &Node, phoenix: &Phoenix, message: &[u8]) {
    match phoenix.decode(message, |topic| node.has(topic)) {
        Ok(Some(Broadcast {
            topic,
            event,
            payload,
        })) => node.broadcast(&topic, &event, &payload),
        Ok(None) => {}
        Err(malformed) => node.malformed(malformed, message.len()),
    }
}
