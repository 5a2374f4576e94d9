use super::commands::{self, Commands};
use super::history::{New, Scripts, stored};
use super::names::Names;
use super::refusal::{Source, refusal, refusals};
use crate::engine::{self, Lease, Refusals, Refused, Write};
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

/// A connection of a node to a server.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) connection: MultiplexedConnection,
    pub(super) commands: Commands,
    /// Set with the first history.
    scripts: Arc<OnceCell<Scripts>>,
}

impl Server {
    pub(super) fn new(connection: MultiplexedConnection, commands: Commands) -> Self {
        Server {
            connection,
            commands,
            scripts: Arc::default(),
        }
    }

    pub(super) async fn scripts(&self) -> Result<(&Scripts, &Names)> {
        let names = self.commands.names();
        let names = names.ok_or_else(|| Error::msg("Phoenix has no histories"))?;
        let prepare = || Scripts::prepare(self.connection.clone());
        Ok((self.scripts.get_or_try_init(prepare).await?, names))
    }

    /// Returns the command of a write, if there is something to do.
    pub(super) async fn command(&self, write: &Write) -> Result<Option<Cmd>> {
        let Write::Store {
            topic,
            message,
            limits,
            number,
        } = write
        else {
            return Ok(self.commands.write(write));
        };
        let new = New {
            topic,
            message,
            node: self.commands.node,
            number: *number,
        };
        let (scripts, names) = self.scripts().await?;
        scripts.store(names, *limits, &new).map(Some)
    }

    async fn run(&self, command: Option<Cmd>) -> Result<()> {
        if let Some(command) = command {
            command.exec_async(&mut self.connection.clone()).await?;
        }
        Ok(())
    }
}

impl engine::Connection for Server {
    async fn subscribe(&self, topics: &[Topic]) -> Result<()> {
        if let Some(names) = self.commands.names() {
            let channels: Vec<_> = topics.iter().map(|topic| names.topic(topic)).collect();
            self.connection.clone().subscribe(channels).await?;
        }
        Ok(())
    }

    async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        if let Some(names) = self.commands.names() {
            let channel = names.topic(topic);
            self.connection.clone().unsubscribe(channel).await?;
        }
        Ok(())
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Refusals> {
        let mut pipe = Pipeline::with_capacity(writes.len());
        let (mut sources, mut refused) = (Vec::with_capacity(writes.len()), Refusals::default());
        for write in writes {
            let source = Source::of(&write);
            match self.command(&write).await {
                Err(error) => refused.add(source, refusal(&error).ok_or(error)?),
                Ok(Some(command)) => {
                    pipe.add_command(command); // `ignore` would have an index for each
                    sources.push(source);
                }
                Ok(None) => {}
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
        let load = scripts.load(names, topic, limits)?;
        stored(load.query_async(&mut self.connection.clone()).await?)
    }

    async fn presences(&self, topic: &Topic) -> Result<Vec<Bytes>> {
        let Some(names) = self.commands.names() else {
            return Ok(Vec::new());
        };
        let mut connection = self.connection.clone();
        let key = names.presences(topic);
        let fields = connection.hgetall(&key).await?;
        let generations = self.generations(commands::nodes_of(&fields)).await?;
        let (alive, dead) = commands::alive(fields, &generations);
        if !dead.is_empty() {
            let () = connection.hdel(&key, dead).await?;
        }
        Ok(alive)
    }

    async fn start_lease(&self, lease: Lease) -> Result<()> {
        self.run(self.commands.start_lease(lease)).await
    }

    async fn renew_lease(&self, lease: Lease) -> Result<bool> {
        match self.commands.renew_lease(lease) {
            Some(renew) => Ok(renew.query_async(&mut self.connection.clone()).await?),
            None => Ok(true),
        }
    }

    async fn end_lease(&self, _: Lease) -> Result<()> {
        self.run(self.commands.end_lease()).await?;
        self.run(self.commands.leave()).await
    }

    async fn generations(&self, nodes: BTreeSet<NodeId>) -> Result<HashMap<NodeId, u64>> {
        let Some(names) = self.commands.names().filter(|_| !nodes.is_empty()) else {
            return Ok(HashMap::new());
        };
        let leases: Vec<String> = nodes.iter().map(|node| names.lease(*node)).collect();
        let generations = self.connection.clone().mget(leases).await?;
        Ok(commands::generations_of(nodes, generations))
    }

    async fn ping(&self) -> Result<()> {
        self.run(Some(::redis::cmd("PING"))).await
    }

    fn refusal(error: &Error) -> Option<Refused> {
        refusal(error)
    }
}
