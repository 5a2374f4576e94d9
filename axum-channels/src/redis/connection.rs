use super::format::Format;
use super::history::{New, Scripts};
use super::names::{Names, field as field_name, parse_field};
use super::refusal::{Source, refusal, refusals};
use crate::engine::{self, Field, KEPT, Lease, Refusals, Refused, Write};
use crate::error::{Error, Result};
use crate::message::Topic;
use crate::pubsub::History;
use crate::pubsub::cluster::{NodeId, Stored};
use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncCommands, Cmd, Pipeline};
use bytes::Bytes;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::OnceCell;

const PUBLISH: &str = "PUBLISH";

/// A connection of a node to Redis.
///
/// A topic has a hash with the fields of all nodes; a node's lease is a key that expires.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) connection: MultiplexedConnection,
    pub(super) format: Format,
    pub(super) node: NodeId,
    /// Set with the first history.
    pub(super) scripts: Arc<OnceCell<Scripts>>,
}

impl engine::Connection for Connection {
    async fn subscribe(&self, topics: &[Topic]) -> Result<()> {
        if self.format.names().is_some() {
            let channels: Vec<_> = topics.iter().map(|it| self.format.channel(it)).collect();
            self.connection.clone().subscribe(channels).await?;
        }
        Ok(())
    }

    async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        if self.format.names().is_some() {
            let channel = self.format.channel(topic);
            self.connection.clone().unsubscribe(channel).await?;
        }
        Ok(())
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Refusals> {
        let mut pipe = Pipeline::with_capacity(writes.len());
        let (mut sources, mut refused) = (Vec::with_capacity(writes.len()), Refusals::default());
        for write in writes {
            let source = Source::of(&write);
            match self.add(&mut pipe, write).await {
                Err(error) => refused.add(source, refusal(&error).ok_or(error)?),
                Ok(()) if pipe.len() > sources.len() => sources.push(source),
                Ok(()) => {} // it needs no command
            }
        }
        if pipe.is_empty() {
            return Ok(refused); // no commands are an error
        }
        match pipe.exec_async(&mut self.connection.clone()).await {
            Ok(()) => Ok(refused),
            Err(error) => refusals(error, &sources, refused),
        }
    }

    async fn history(&self, topic: &Topic, limits: History) -> Result<Stored> {
        let (scripts, names) = self.scripts().await?;
        let connection = self.connection.clone();
        scripts.load(connection, names, topic, limits).await
    }

    async fn presences(&self, topic: &Topic) -> Result<Vec<Bytes>> {
        let Some(names) = self.format.names() else {
            return Ok(Vec::new());
        };
        let mut connection = self.connection.clone();
        let key = names.presences(topic);
        let fields: HashMap<String, Vec<u8>> = connection.hgetall(&key).await?;
        let nodes = fields
            .keys()
            .filter_map(|name| Some(parse_field(name)?.node));
        let generations = self.generations(nodes.collect()).await?;
        let is_alive = |name: &str| {
            let field = parse_field(name)?;
            let generation = generations.get(&field.node)?;
            Some(field.generation >= *generation)
        };
        let (alive, dead): (Vec<_>, Vec<_>) = fields
            .into_iter()
            .partition(|(name, _)| is_alive(name) == Some(true));
        if !dead.is_empty() {
            let names: Vec<String> = dead.into_iter().map(|(name, _)| name).collect();
            let () = connection.hdel(&key, names).await?;
        }
        let messages = alive.into_iter().map(|(_, message)| message.into());
        Ok(messages.collect())
    }

    async fn start_lease(&self, Lease { generation, expiry }: Lease) -> Result<()> {
        if let Some(lease) = self.lease() {
            let millis = expiry.as_millis() as u64;
            let mut connection = self.connection.clone();
            let () = connection.pset_ex(lease, generation, millis).await?;
        }
        Ok(())
    }

    async fn renew_lease(&self, Lease { expiry, .. }: Lease) -> Result<bool> {
        let Some(lease) = self.lease() else {
            return Ok(true);
        };
        let mut connection = self.connection.clone();
        Ok(connection.pexpire(lease, expiry.as_millis() as i64).await?)
    }

    async fn end_lease(&self, _: Lease) -> Result<()> {
        if let Some(names) = self.format.names() {
            let mut pipe = Pipeline::new();
            pipe.del(names.lease(self.node)).ignore();
            pipe.publish(names.leaving(), self.node.to_string())
                .ignore();
            pipe.exec_async(&mut self.connection.clone()).await?;
        }
        Ok(())
    }

    async fn generations(&self, nodes: BTreeSet<NodeId>) -> Result<HashMap<NodeId, u64>> {
        let Some(names) = self.format.names().filter(|_| !nodes.is_empty()) else {
            return Ok(HashMap::new());
        };
        let leases: Vec<String> = nodes.iter().map(|node| names.lease(*node)).collect();
        let generations: Vec<Option<u64>> = self.connection.clone().mget(leases).await?;
        let alive = nodes.into_iter().zip(generations);
        Ok(alive
            .filter_map(|(node, generation)| Some((node, generation?)))
            .collect())
    }

    async fn ping(&self) -> Result<()> {
        let mut connection = self.connection.clone();
        ::redis::cmd("PING").exec_async(&mut connection).await?;
        Ok(())
    }

    fn refusal(error: &Error) -> Option<Refused> {
        refusal(error)
    }
}

impl Connection {
    async fn scripts(&self) -> Result<(&Scripts, &Names)> {
        let names = self.format.names();
        let names = names.ok_or_else(|| Error::msg("Phoenix has no histories"))?;
        let prepare = || Scripts::prepare(self.connection.clone());
        Ok((self.scripts.get_or_try_init(prepare).await?, names))
    }

    fn lease(&self) -> Option<String> {
        Some(self.format.names()?.lease(self.node))
    }

    /// Adds the command of a write to those that are sent together, if it needs one.
    async fn add(&self, pipe: &mut Pipeline, write: Write) -> Result<()> {
        match (write, self.format.names()) {
            (
                Write::Store {
                    topic,
                    message,
                    limits,
                    number,
                },
                _,
            ) => {
                let new = New {
                    topic: &topic,
                    message: &message,
                    node: self.node,
                    number,
                };
                let (scripts, names) = self.scripts().await?;
                pipe.add_command(scripts.store(names, limits, &new)?)
                    .ignore();
            }
            (Write::Publish { topic, message }, _) => {
                let channel = self.format.channel(&topic);
                let mut publish =
                    Cmd::with_capacity(3, PUBLISH.len() + channel.len() + message.len());
                publish.arg(PUBLISH).arg(channel).arg(&message[..]);
                pipe.add_command(publish).ignore();
            }
            (
                Write::Put {
                    topic,
                    generation,
                    number,
                    message,
                },
                Some(names),
            ) => {
                let field = field_name(self.field(generation), number);
                pipe.hset(names.presences(&topic), field, &message[..])
                    .ignore();
            }
            (Write::Keep { topic, numbers, .. }, Some(names)) if !numbers.is_empty() => {
                let key = names.presences(&topic);
                pipe.expire(&key, KEPT.as_secs() as i64).ignore();
            }
            (
                Write::Delete {
                    topic,
                    generation,
                    numbers,
                },
                Some(names),
            ) if !numbers.is_empty() => {
                let field = self.field(generation);
                let fields: Vec<_> = numbers.map(|number| field_name(field, number)).collect();
                pipe.hdel(names.presences(&topic), fields).ignore();
            }
            _ => {} // Phoenix has no presences
        }
        Ok(())
    }

    fn field(&self, generation: u64) -> Field {
        let node = self.node;
        Field { node, generation }
    }
}
