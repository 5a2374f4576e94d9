//! Nodes that are alive: those whose lease exists.

use super::journal::Field;
use super::names::Names;
use crate::message::Topic;
use crate::pubsub::cluster::{Node, NodeId, Peer};
use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncCommands, RedisResult};
use bytes::Bytes;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Returns the messages of a topic's presences, those of nodes that are alive. Fields of others are deleted.
pub(super) async fn presences(
    connection: &mut MultiplexedConnection,
    names: &Names,
    topic: &Topic,
) -> RedisResult<Vec<Bytes>> {
    let key = names.presences(topic);
    let fields: HashMap<String, Vec<u8>> = connection.hgetall(&key).await?;
    let nodes = fields
        .keys()
        .filter_map(|name| Some(Field::parse(name)?.node));
    let generations = generations(connection, names, nodes.collect()).await?;
    let is_alive = |name: &str| {
        let field = Field::parse(name)?;
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
    Ok(alive
        .into_iter()
        .map(|(_, message)| message.into())
        .collect())
}

/// Returns the generations of nodes that are alive.
async fn generations(
    connection: &mut MultiplexedConnection,
    names: &Names,
    nodes: BTreeSet<NodeId>,
) -> RedisResult<HashMap<NodeId, u64>> {
    if nodes.is_empty() {
        return Ok(HashMap::new());
    }
    let leases: Vec<String> = nodes.iter().map(|node| names.lease(*node)).collect();
    let generations: Vec<Option<u64>> = connection.mget(leases).await?;
    let alive = nodes.into_iter().zip(generations);
    Ok(alive
        .filter_map(|(node, generation)| Some((node, generation?)))
        .collect())
}

/// Nodes whose lease was missing at the last check.
///
/// A node is gone if its lease is missing twice in a row: after the engine has lost its data, all are missing until the
/// nodes renew them.
#[derive(Default)]
pub(super) struct Missing(HashSet<NodeId>);

impl Missing {
    /// Removes the nodes that are gone. It is called once for each fifth of a lease.
    pub(super) async fn check(
        &mut self,
        connection: &mut MultiplexedConnection,
        names: &Names,
        node: &Node,
    ) -> RedisResult<()> {
        let peers = node.peers();
        let ids = peers.iter().map(|peer| peer.id()).collect();
        let alive = generations(connection, names, ids).await?;
        let missing: Vec<Peer> = peers
            .into_iter()
            .filter(|peer| !alive.contains_key(&peer.id()))
            .collect();
        for peer in &missing {
            if self.0.contains(&peer.id()) {
                node.remove(*peer);
            }
        }
        self.0 = missing.iter().map(|peer| peer.id()).collect();
        Ok(())
    }
}
