use super::connection::Connection;
use super::format::Format;
use super::phoenix::{Broadcast, Phoenix};
use crate::engine::{Ended, Engine, LIMIT};
use crate::error::{Error, Result};
use crate::pubsub::cluster::{MAX_BYTES, Message, Node};
use ::redis::aio::{MultiplexedConnection, SendError};
use ::redis::{AsyncConnectionConfig, Client, PushInfo, PushKind, RedisResult, Value};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// A Redis, and the format of what is in it.
pub(super) struct Server {
    pub(super) client: Client,
    pub(super) format: Format,
}

impl Engine for Server {
    type Connection = Connection;

    const NAME: &'static str = "Redis";

    async fn connect(&self, node: &Node, _lease: Duration, ended: Ended) -> Result<Connection> {
        let (receiver, format) = (node.clone(), self.format.clone());
        let receive = move |push: PushInfo| -> Result<(), SendError> {
            match push.kind {
                PushKind::Message => receive(&receiver, &format, &push.data),
                PushKind::Disconnection => ended.report(Error::msg("the connection was closed")),
                _ => {}
            }
            Ok(())
        };
        let mut connection = self.open(config().set_push_sender(receive)).await?;
        connection.subscribe(self.format.shared_channel()).await?;
        Ok(Connection {
            connection,
            format: self.format.clone(),
            node: node.id(),
            scripts: Arc::default(),
        })
    }

    fn encode(&self, message: &Message<'_>) -> Option<Bytes> {
        self.format.encode(message)
    }

    fn max_bytes(&self) -> usize {
        MAX_BYTES
    }

    fn has_presences(&self) -> bool {
        self.format.names().is_some()
    }
}

impl Server {
    pub(super) async fn ping(&self) -> RedisResult<()> {
        let mut connection = self.open(config()).await?;
        ::redis::cmd("PING").exec_async(&mut connection).await
    }

    async fn open(&self, config: AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
        let client = &self.client;
        client
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }
}

fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(LIMIT))
        .set_response_timeout(Some(LIMIT))
}

/// Passes a message of the engine on, by its channel.
fn receive(node: &Node, format: &Format, message: &[Value]) {
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
