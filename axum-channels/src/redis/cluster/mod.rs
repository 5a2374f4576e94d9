//! A Redis Cluster: keys and channels are divided among servers, by the slots of their names.
//!
//! - `Cluster`: what the shared part of adapters asks of it. A server does the work, for the topics whose slots it has.
//! - `slots`: slots of names, and the servers that have them. `topology`: connections to these servers.
//! - `requests`: commands, and servers' answers that another one has to carry them out.
//! - `subscriptions`: connections for messages.
//! - `seeds`: servers that are asked for the others.
//!
//! A slot may move to another server at any time. The session goes on: what the new server has to carry out is sent to it, in
//! order, and the node subscribes again to topics whose subscription has ended. After a server has failed, or another one took
//! its place, a new session starts from nothing.

mod requests;
mod seeds;
mod slots;
mod subscriptions;
mod topology;
mod try_all;

pub(super) use seeds::Seeds;
pub(super) use topology::Connector;

#[cfg(test)]
pub(super) mod fuzz;

use super::commands::{self, Commands, Fields};
use super::history::stored;
use super::names::Names;
use super::refusal::refusal;
use crate::engine::{self, Lease, Refusals, Refused, Write};
use crate::error::{Error, Result};
use crate::message::Topic;
use crate::pubsub::History;
use crate::pubsub::cluster::{NodeId, Stored};
use ::redis::{Cmd, FromRedisValue, Value, from_redis_value};
use bytes::Bytes;
use requests::{Numbered, Redirection, Request, Sent, Terms, send};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{RwLock, RwLockReadGuard};
use tokio::time::sleep;
use topology::{Primary, Topology};
use try_all::try_all;

/// The connections of a node to a cluster.
#[derive(Clone)]
pub(super) struct Cluster(Arc<Inner>);

struct Inner {
    connector: Connector,
    /// Requests under way hold it; those that were redirected wait for them, and hold up later ones. It is fair.
    topology: RwLock<Arc<Topology>>,
}

type Current<'a> = Arc<RwLockReadGuard<'a, Arc<Topology>>>;

/// Pauses between attempts while slots move, in milliseconds, all different. After the last, the session ends.
const PAUSES: [u64; 8] = [1, 10, 20, 50, 100, 200, 400, 800];

impl Cluster {
    /// Connects to all servers that take writes, by one of the cluster's servers.
    pub(super) async fn connect(connector: Connector, seeds: &Seeds) -> Result<Self> {
        let topology = seeds.connect(&connector).await?;
        let first = topology.primaries.first();
        let first = first.ok_or_else(|| Error::msg("no server of the cluster has slots"))?;
        let shared = connector.commands.format.shared_channel();
        first.subscriptions.subscribe_unsharded(&shared).await?;
        Ok(Cluster(Arc::new(Inner {
            connector,
            topology: RwLock::new(Arc::new(topology)),
        })))
    }

    fn commands(&self) -> &Commands {
        &self.0.connector.commands
    }

    fn names(&self) -> Result<&Names> {
        let names = self.commands().names();
        names.ok_or_else(|| Error::msg("Phoenix has no cluster"))
    }

    async fn topology(&self) -> Arc<Topology> {
        self.0.topology.read().await.clone()
    }

    /// Replaces a topology that is not up to date, as a primary has shown, unless that was done meanwhile.
    async fn renew(
        &self,
        current: &mut Arc<Topology>,
        seen: &Arc<Topology>,
        by: &Primary,
    ) -> Result<()> {
        if Arc::ptr_eq(current, seen) {
            *current = Arc::new(self.0.connector.renew(seen, by).await?);
        }
        Ok(())
    }

    /// Sends requests, those of one slot in order, and returns the answers to those that have a command. Writes may be
    /// refused.
    async fn run(&self, requests: Vec<Request>) -> Result<(Vec<Value>, Refusals)> {
        let topology = Arc::new(self.0.topology.read().await);
        let parts = topology.divide(self.names()?, requests.into_iter().enumerate())?;
        let sending: Vec<_> = parts
            .into_iter()
            .map(|(primary, part)| self.run_part(topology.clone(), primary, part))
            .collect();
        drop(topology);
        let (mut answers, mut refused) = (Vec::new(), Refusals::default());
        for sent in try_all(sending).await? {
            answers.extend(sent.answers);
            refused.merge(sent.refused);
        }
        answers.sort_unstable_by_key(|(number, _)| *number);
        let answers = answers.into_iter().map(|(_, answer)| answer).collect();
        Ok((answers, refused))
    }

    async fn run_part(
        &self,
        topology: Current<'_>,
        primary: Arc<Primary>,
        part: Vec<Numbered>,
    ) -> Result<Sent> {
        let sent = send(&primary.server, (&primary.host, Terms::Owner), part).await?;
        if sent.redirected.is_empty() {
            return Ok(sent);
        }
        let seen = Arc::clone(&**topology);
        drop(topology);
        let mut topology = self.0.topology.write().await;
        self.redirect(&mut topology, seen, primary, sent).await
    }

    /// Sends redirected requests again until all are answered, by a topology that it brings up to date.
    async fn redirect(
        &self,
        topology: &mut Arc<Topology>,
        mut seen: Arc<Topology>,
        mut by: Arc<Primary>,
        mut sent: Sent,
    ) -> Result<Sent> {
        for pause in PAUSES {
            let redirections = || sent.redirected.iter().map(|(_, to)| to);
            if redirections().any(|to| topology.is_old_for(to)) {
                self.renew(topology, &seen, &by).await?;
            }
            for to in redirections() {
                if let Redirection::Ask(host) = to
                    && topology.is_old_for(to)
                {
                    let extended = self.0.connector.extend(topology, host).await?;
                    *topology = Arc::new(extended); // a server that has no slots yet
                }
            }
            seen = topology.clone();
            if let Some(last) = self.send_again(topology, &mut sent).await? {
                by = last;
            }
            if sent.redirected.is_empty() {
                return Ok(sent);
            }
            sleep(Duration::from_millis(pause)).await;
        }
        Err(unsettled())
    }

    /// Sends redirected requests to the servers that they are for. Returns the last that has redirected some of them.
    async fn send_again(
        &self,
        topology: &Topology,
        sent: &mut Sent,
    ) -> Result<Option<Arc<Primary>>> {
        let mut parts: Vec<((usize, Terms), Vec<Numbered>)> = Vec::new();
        for ((number, request), to) in std::mem::take(&mut sent.redirected) {
            let target = topology.target(request.slot(self.names()?), &to)?;
            match parts.iter_mut().find(|(known, _)| *known == target) {
                Some((_, part)) => part.push((number, request)),
                None => parts.push((target, vec![(number, request)])),
            }
        }
        let mut last = None;
        for ((index, terms), part) in parts {
            let primary = &topology.primaries[index];
            let Sent {
                answers,
                redirected,
                refused,
            } = send(&primary.server, (&primary.host, terms), part).await?;
            if !redirected.is_empty() {
                last = Some(primary.clone());
            }
            sent.answers.extend(answers);
            sent.redirected.extend(redirected);
            sent.refused.merge(refused);
        }
        Ok(last)
    }

    /// Sends a command about a key. `None` is no command.
    async fn query<T: FromRedisValue>(
        &self,
        key: String,
        command: Option<Cmd>,
    ) -> Result<Option<T>> {
        let Some(command) = command else {
            return Ok(None);
        };
        let (answers, _) = self.run(vec![Request::Command { key, command }]).await?;
        let answer = answers.into_iter().next();
        Ok(answer.map(from_redis_value).transpose()?)
    }

    fn lease(&self) -> Result<String> {
        Ok(self.names()?.lease(self.commands().node))
    }
}

fn unsettled() -> Error {
    Error::msg("the slots of the cluster do not settle")
}

impl engine::Connection for Cluster {
    async fn subscribe(&self, topics: &[Topic]) -> Result<()> {
        let names = self.names()?;
        let mut channels: Vec<_> = topics.iter().map(|topic| names.topic(topic)).collect();
        for pause in PAUSES {
            let topology = self.topology().await;
            let parts = topology.divide_channels(channels)?;
            let subscribing = parts.into_iter().map(async |(primary, part)| {
                let elsewhere = primary.subscriptions.subscribe(part).await?;
                Ok((primary, elsewhere))
            });
            let mut by = None;
            channels = Vec::new();
            for (primary, elsewhere) in try_all(subscribing).await? {
                if !elsewhere.is_empty() {
                    by = Some(primary);
                    channels.extend(elsewhere);
                }
            }
            let Some(by) = by else {
                return Ok(());
            };
            let mut current = self.0.topology.write().await;
            self.renew(&mut current, &topology, by).await?;
            drop(current);
            sleep(Duration::from_millis(pause)).await;
        }
        Err(unsettled())
    }

    async fn unsubscribe(&self, topic: &Topic) -> Result<()> {
        let channel = self.names()?.topic(topic);
        let topology = self.topology().await;
        let owner = topology.owner(slots::slot(&channel))?;
        let owner = &topology.primaries[owner];
        owner.subscriptions.unsubscribe(&channel).await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Refusals> {
        let requests = writes.into_iter().map(Request::Write).collect();
        let (_, refused) = self.run(requests).await?;
        Ok(refused)
    }

    async fn history(&self, topic: &Topic, limits: History) -> Result<Stored> {
        let topic = topic.clone();
        let (answers, _) = self.run(vec![Request::History { topic, limits }]).await?;
        let loaded = answers.into_iter().next();
        let loaded = loaded.ok_or_else(|| Error::msg("no history was loaded"))?;
        stored(from_redis_value(loaded)?)
    }

    async fn presences(&self, topic: &Topic) -> Result<Vec<Bytes>> {
        let key = self.names()?.presences(topic);
        let fields: Option<Fields> = self.query(key.clone(), Some(Cmd::hgetall(&key))).await?;
        let fields = fields.unwrap_or_default();
        let generations = self.generations(commands::nodes_of(&fields)).await?;
        let (alive, dead) = commands::alive(fields, &generations);
        if !dead.is_empty() {
            let delete = Cmd::hdel(&key, dead);
            self.query::<()>(key, Some(delete)).await?;
        }
        Ok(alive)
    }

    async fn start_lease(&self, lease: Lease) -> Result<()> {
        let start = self.commands().start_lease(lease);
        self.query::<()>(self.lease()?, start).await?;
        Ok(())
    }

    /// Checks that all servers answer, besides: the lease is on one of them.
    async fn renew_lease(&self, lease: Lease) -> Result<bool> {
        let renew = self.commands().renew_lease(lease);
        let renewed = self.query(self.lease()?, renew).await?;
        self.ping().await?;
        Ok(renewed.unwrap_or(true))
    }

    async fn end_lease(&self, _: Lease) -> Result<()> {
        let end = self.commands().end_lease();
        self.query::<()>(self.lease()?, end).await?;
        let leave = self.commands().leave();
        self.query::<()>(self.names()?.leaving(), leave).await?;
        Ok(())
    }

    async fn generations(&self, nodes: BTreeSet<NodeId>) -> Result<HashMap<NodeId, u64>> {
        let names = self.names()?;
        let leases = nodes.iter().map(|node| {
            let key = names.lease(*node);
            let command = Cmd::get(&key);
            Request::Command { key, command }
        });
        let (generations, _) = self.run(leases.collect()).await?;
        let generations = generations.into_iter().map(from_redis_value);
        let generations = generations.collect::<Result<_, _>>()?;
        Ok(commands::generations_of(nodes, generations))
    }

    async fn ping(&self) -> Result<()> {
        let topology = self.topology().await;
        let pings = topology.primaries.iter().map(async |primary| {
            primary.server.ping().await?;
            primary.subscriptions.ping().await
        });
        try_all(pings).await?;
        Ok(())
    }

    fn refusal(error: &Error) -> Option<Refused> {
        refusal(error)
    }
}
