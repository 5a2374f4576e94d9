//! Presences of several nodes: changes of this node's for the others, and those of others here.

use super::delta::{Delta, Join};
use super::replica::Replica;
use super::{REF, Shard, Tracker};
use crate::message::{PresenceDiff, Topic};
use crate::pubsub::cluster::{Body, Cluster, Known, Malformed, Message, NodeId, Peer};
use crate::sync::lock;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Presences of other nodes on a topic.
pub(super) type Replicas = HashMap<NodeId, Replica>;

/// Lowest incarnation of each node that is not gone, for nodes that were removed.
pub(super) type Floors = HashMap<NodeId, u64>;

/// Connection to the other nodes.
pub(super) struct Outbound {
    cluster: Arc<Cluster>,
    /// Incarnation of this node's presences. Read under the lock of a shard.
    incarnation: AtomicU64,
}

impl Outbound {
    pub(super) fn new(cluster: Arc<Cluster>) -> Self {
        Outbound {
            cluster,
            incarnation: AtomicU64::new(0),
        }
    }
}

impl Tracker {
    /// Returns a change of this node's presences for the other nodes. `None` if there are none.
    ///
    /// It is called under the lock of the topic's shard, so that the ranges of changes have no gaps.
    pub(super) fn delta<'a>(
        &self,
        shard: &mut Shard,
        topic: &Topic,
        joined: Option<(&str, &Map<String, Value>)>,
        left: impl IntoIterator<Item = &'a Map<String, Value>>,
    ) -> Option<Delta> {
        let outbound = self.outbound.as_ref()?;
        let joined = joined.and_then(|(key, meta)| join(key, meta));
        let after = shard.sent.get(topic).copied().unwrap_or(0);
        let until = joined.as_ref().map_or(after, |join| join.number);
        match shard.topics.contains_key(topic) {
            true => shard.sent.insert(topic.clone(), until),
            false => shard.sent.remove(topic),
        };
        Some(Delta {
            incarnation: outbound.incarnation.load(Relaxed),
            after,
            until,
            joins: joined.into_iter().collect(),
            leaves: left.into_iter().filter_map(number).collect(),
        })
    }

    /// Sends a change to the other nodes.
    pub(super) fn send(&self, topic: &Topic, delta: Option<Delta>) {
        if let (Some(outbound), Some(delta)) = (&self.outbound, delta) {
            let cluster = &outbound.cluster;
            cluster.publish(topic, Body::Presences(&delta.encode()), None);
        }
    }

    /// Returns whether this node has presences on a topic.
    pub(crate) fn has(&self, topic: &str) -> bool {
        lock(self.shard(topic)).topics.contains_key(topic)
    }

    /// Returns the whole list of this node's presences on a topic, for other nodes. It may be empty.
    pub(crate) fn state(&self, topic: &str) -> Option<Vec<u8>> {
        Some(self.list_of(topic)?.encode())
    }

    /// Returns the same in parts of at most `max_bytes`, and the number of presences that are larger and left out.
    #[cfg(any(feature = "nats", feature = "redis"))]
    pub(crate) fn parts(&self, topic: &str, max_bytes: usize) -> (Vec<Vec<u8>>, u64) {
        let Some(list) = self.list_of(topic) else {
            return (Vec::new(), 0);
        };
        let (parts, left_out) = list.split(max_bytes);
        (parts.iter().map(Delta::encode).collect(), left_out)
    }

    fn list_of(&self, topic: &str) -> Option<Delta> {
        let shard = lock(self.shard(topic));
        let whole = self.whole(&shard, topic);
        whole.or_else(|| self.nothing())
    }

    /// Returns an empty list. It is called under the lock of the topic's shard: a later presence has a higher number.
    fn nothing(&self) -> Option<Delta> {
        let outbound = self.outbound.as_ref()?;
        Some(Delta {
            incarnation: outbound.incarnation.load(Relaxed),
            until: self.next_ref.load(Relaxed) - 1,
            ..Delta::default()
        })
    }

    fn whole(&self, shard: &Shard, topic: &str) -> Option<Delta> {
        let outbound = self.outbound.as_ref()?;
        let entries = shard.topics.get(topic)?.iter();
        let entries = entries.flat_map(|(key, entries)| entries.iter().map(move |it| (key, it)));
        Some(Delta {
            incarnation: outbound.incarnation.load(Relaxed),
            after: 0,
            until: *shard.sent.get(topic)?,
            joins: entries
                .filter_map(|(key, entry)| join(key, &entry.meta))
                .collect(),
            leaves: Vec::new(),
        })
    }

    /// Merges a change of another node's presences, and returns the resulting change for clients. It may be empty.
    pub(crate) fn merge(
        &self,
        node: NodeId,
        topic: &str,
        change: &[u8],
    ) -> Result<PresenceDiff, Malformed> {
        let delta = Delta::decode(change)?;
        let floors = lock(&self.floors);
        if floors
            .get(&node)
            .is_some_and(|floor| delta.incarnation < *floor)
        {
            return Ok(PresenceDiff::default());
        }
        let mut shard = lock(self.shard(topic)); // with the floors: the node may be removed
        let replicas = shard.replicas.entry(topic.into()).or_default();
        Ok(replicas.entry(node).or_default().merge(delta))
    }

    /// Returns the other nodes whose presences are known.
    pub(crate) fn peers(&self) -> Vec<Peer> {
        let mut peers = HashMap::new();
        for shard in &self.shards {
            for (node, replica) in lock(shard).replicas.values().flatten() {
                let incarnation = peers.entry(*node).or_insert(0);
                *incarnation = replica.incarnation().max(*incarnation);
            }
        }
        let peers = peers.into_iter();
        peers
            .map(|(id, incarnation)| Peer { id, incarnation })
            .collect()
    }

    /// Drops the presences of a node that is gone, and returns the change of each topic.
    ///
    /// Messages that the node sent before, and that arrive later, are ignored. A later incarnation stays.
    pub(crate) fn remove(&self, Peer { id, incarnation }: Peer) -> Vec<(Topic, PresenceDiff)> {
        let mut floors = lock(&self.floors);
        let mut diffs = Vec::new();
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.replicas.retain(|topic, replicas| {
                if let Entry::Occupied(replica) = replicas.entry(id)
                    && replica.get().incarnation() <= incarnation
                {
                    diffs.push((topic.clone(), replica.remove().into_leaves()));
                }
                !replicas.is_empty()
            });
        }
        let floor = floors.entry(id).or_default();
        *floor = incarnation.saturating_add(1).max(*floor);
        diffs
    }

    /// Returns the presences of other nodes on a topic, before a list of them is loaded.
    pub(crate) fn known(&self, topic: &str) -> Vec<Known> {
        let shard = lock(self.shard(topic));
        let replicas = shard.replicas.get(topic).into_iter().flatten();
        let known = replicas.map(|(node, replica)| Known {
            node: *node,
            incarnation: replica.incarnation(),
            numbers: replica.numbers().collect(),
        });
        known.collect()
    }

    /// Ends presences of a node that a list did not contain, and returns the resulting change for clients.
    pub(crate) fn end(&self, topic: &str, known: &Known) -> PresenceDiff {
        let mut shard = lock(self.shard(topic));
        let replicas = shard.replicas.get_mut(topic);
        let replica = replicas.and_then(|replicas| replicas.get_mut(&known.node));
        let replica = replica.filter(|replica| replica.incarnation() == known.incarnation);
        replica.map_or_else(PresenceDiff::default, |replica| {
            replica.end_all(&known.numbers)
        })
    }

    /// Drops the presences of other nodes on a topic, whose changes do not arrive any more.
    pub(crate) fn forget(&self, topic: &Topic) {
        let mut shard = lock(self.shard(topic));
        shard.replicas.remove(topic);
        let room = 2 * shard.replicas.len();
        shard.replicas.shrink_to(room);
    }

    /// Starts another incarnation of this node's presences, and sends all of them to the other nodes.
    pub(crate) fn restore(&self) {
        let Some(outbound) = &self.outbound else {
            return;
        };
        outbound.incarnation.fetch_add(1, Relaxed);
        for shard in &self.shards {
            let shard = lock(shard);
            let topics = shard.sent.keys();
            let lists = topics.map(|topic| (topic.clone(), self.whole(&shard, topic)));
            let lists: Vec<_> = lists.collect();
            drop(shard);
            for (topic, list) in lists {
                let parts = list.map(|list| list.split(Message::room(&topic)));
                for part in parts.into_iter().flat_map(|(parts, _)| parts) {
                    self.send(&topic, Some(part)); // one that was left out was refused when it was tracked
                }
            }
        }
    }
}

impl Shard {
    /// Returns the presences of other nodes on a topic, in the order of the nodes' ids.
    pub(super) fn replicas_of(&self, topic: &str) -> impl Iterator<Item = &Replica> {
        let replicas = self.replicas.get(topic).into_iter().flatten();
        let mut replicas: Vec<_> = replicas.collect();
        replicas.sort_unstable_by_key(|(node, _)| **node);
        replicas.into_iter().map(|(_, replica)| replica)
    }
}

fn join(key: &str, meta: &Map<String, Value>) -> Option<Join> {
    Some(Join {
        number: number(meta)?,
        key: key.into(),
        meta: meta.clone(),
    })
}

/// Returns the number of a presence, which is the end of its ref.
fn number(meta: &Map<String, Value>) -> Option<u64> {
    u64::from_str_radix(meta.get(REF)?.as_str()?.get(8..)?, 16).ok()
}
