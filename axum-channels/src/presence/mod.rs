//! Presences: metadata tracked under a key on a topic, by this node and by others.
//!
//! A node reads from its own memory: each keeps a replica of the others' presences on the topics that it is subscribed to.
//!
//! Source of the messages: Phoenix's `Phoenix.Presence` and `Phoenix.Tracker`. Changes are made by the task of their
//! connection, one after the other, so each client's joins and leaves are published in order.

mod delta;
mod nodes;
mod replica;

use crate::client_id::ClientId;
use crate::guard::{call_guarded, panicked};
use crate::log;
use crate::message::{PresenceDiff, Presences, Topic};
use crate::pubsub::cluster::Cluster;
use crate::session::{Key, MetaChange};
use crate::sync::lock;
use nodes::{Floors, Outbound, Replicas};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

const SHARDS: usize = 16;

/// All tracked presences, by topic.
pub(crate) struct Tracker {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    /// Number of owners. While it is zero, the end of a channel takes no lock.
    owners: AtomicUsize,
    next_ref: AtomicU64,
    /// Refs of another run of the program differ: clients compare them after they have reconnected.
    run: u32,
    /// The other nodes, if there is an adapter.
    outbound: Option<Outbound>,
    floors: Mutex<Floors>,
}

/// Owner of presences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    /// One channel of one client.
    Channel { client: ClientId, key: Key },
    /// A [`TrackedPresence`](crate::TrackedPresence), by its number.
    Task(u64),
}

#[derive(Default)]
struct Shard {
    topics: HashMap<Topic, BTreeMap<Box<str>, Vec<Entry>>>,
    /// Keys that an owner tracks. An owner has one topic.
    owners: HashMap<Owner, Vec<Box<str>>>,
    /// Number of the last presence that other nodes were sent, for topics with presences of this node.
    sent: HashMap<Topic, u64>,
    /// Presences of other nodes.
    replicas: HashMap<Topic, Replicas>,
}

struct Entry {
    owner: Owner,
    meta: Map<String, Value>,
}

const REF: &str = "phx_ref";

impl Tracker {
    pub(crate) fn new(cluster: Option<Arc<Cluster>>) -> Self {
        let hasher = RandomState::new();
        Tracker {
            shards: Default::default(),
            owners: AtomicUsize::new(0),
            next_ref: AtomicU64::new(1),
            run: hasher.hash_one(REF) as u32,
            hasher,
            outbound: cluster.map(Outbound::new),
            floors: Mutex::default(),
        }
    }

    /// Tracks a key, and returns the diff to publish. `None` if this owner tracks the key already.
    pub(crate) fn track(
        &self,
        topic: &Topic,
        owner: Owner,
        key: &str,
        meta: Map<String, Value>,
    ) -> Option<PresenceDiff> {
        let mut shard = lock(self.shard(topic));
        let keys = shard.owners.entry(owner).or_default();
        if keys.iter().any(|known| **known == *key) {
            return None;
        }
        if keys.is_empty() {
            self.owners.fetch_add(1, Relaxed);
        }
        keys.push(key.into());
        let meta = self.with_ref(meta);
        let keys = shard.topics.entry(topic.clone()).or_default();
        let entries = keys.entry(key.into()).or_default();
        entries.push(Entry {
            owner,
            meta: meta.clone(),
        });
        let delta = self.delta(&mut shard, topic, Some((key, &meta)), []);
        drop(shard);
        self.send(topic, delta);
        Some(PresenceDiff::default().join(key, meta))
    }

    /// Returns a new owner of presences.
    pub(crate) fn task(&self) -> Owner {
        Owner::Task(self.next_ref.fetch_add(1, Relaxed))
    }

    /// Changes a key's metadata, and returns the diff to publish. `None` if this owner does not track the key.
    ///
    /// The change is the user's code: it is not called under the lock. An owner makes one change at a time.
    pub(crate) fn update(
        &self,
        topic: &Topic,
        owner: Owner,
        key: &str,
        change: MetaChange,
    ) -> Option<PresenceDiff> {
        let known = lock(self.shard(topic)).meta(topic, owner, key)?.clone();
        let meta = changed(topic, change, known)?;
        let mut shard = lock(self.shard(topic));
        let known = shard.meta(topic, owner, key)?;
        let mut meta = self.with_ref(meta);
        if let Some(previous) = known.get(REF) {
            meta.insert("phx_ref_prev".to_owned(), previous.clone());
        }
        let old = std::mem::replace(known, meta.clone());
        let delta = self.delta(&mut shard, topic, Some((key, &meta)), [&old]);
        drop(shard);
        self.send(topic, delta);
        Some(PresenceDiff::default().join(key, meta).leave(key, old))
    }

    /// Untracks a key, and returns the diff to publish. `None` if this owner does not track the key.
    pub(crate) fn untrack(&self, topic: &Topic, owner: Owner, key: &str) -> Option<PresenceDiff> {
        let mut shard = lock(self.shard(topic));
        let keys = shard.owners.get_mut(&owner)?;
        let at = keys.iter().position(|known| **known == *key)?;
        keys.swap_remove(at);
        if keys.is_empty() {
            shard.owners.remove(&owner);
            self.owners.fetch_sub(1, Relaxed);
        }
        let meta = shard.remove(topic, owner, key)?;
        let delta = self.delta(&mut shard, topic, None, [&meta]);
        drop(shard);
        self.send(topic, delta);
        Some(PresenceDiff::default().leave(key, meta))
    }

    /// Untracks all keys of an owner, and returns the diff to publish. `None` if it tracked nothing.
    pub(crate) fn leave(&self, topic: &Topic, owner: Owner) -> Option<PresenceDiff> {
        if self.owners.load(Relaxed) == 0 {
            return None;
        }
        let mut shard = lock(self.shard(topic));
        let keys = shard.owners.remove(&owner)?;
        self.owners.fetch_sub(1, Relaxed);
        let metas = keys.iter().map(|key| shard.remove(topic, owner, key));
        let metas: Vec<_> = metas.collect();
        let delta = self.delta(&mut shard, topic, None, metas.iter().flatten());
        drop(shard);
        self.send(topic, delta);
        let mut diff = PresenceDiff::default();
        for (key, meta) in keys.iter().zip(metas) {
            if let Some(meta) = meta {
                diff = diff.leave(key, meta);
            }
        }
        Some(diff)
    }

    /// Returns the presences of a topic.
    pub(crate) fn list(&self, topic: &str) -> Presences {
        let shard = lock(self.shard(topic));
        let mut list = Presences::default();
        for (key, entries) in shard.topics.get(topic).into_iter().flatten() {
            for entry in entries {
                list.add(key, entry.meta.clone());
            }
        }
        shard
            .replicas_of(topic)
            .for_each(|replica| replica.list(&mut list));
        list
    }

    /// Returns the metadata of a topic's presences under one key.
    pub(crate) fn get(&self, topic: &str, key: &str) -> Vec<Value> {
        let shard = lock(self.shard(topic));
        let entries = shard.topics.get(topic).and_then(|keys| keys.get(key));
        let own = entries.into_iter().flatten().map(|entry| &entry.meta);
        let others = shard
            .replicas_of(topic)
            .flat_map(|replica| replica.get(key));
        own.chain(others).cloned().map(Value::from).collect()
    }

    fn with_ref(&self, mut meta: Map<String, Value>) -> Map<String, Value> {
        let number = self.next_ref.fetch_add(1, Relaxed);
        meta.insert(REF.to_owned(), format!("{:08x}{number:x}", self.run).into());
        meta
    }

    fn shard(&self, topic: &str) -> &Mutex<Shard> {
        &self.shards[self.hasher.hash_one(topic) as usize % SHARDS]
    }
}

/// Returns the changed metadata. `None` if the user's function panicked, which is logged.
fn changed(
    topic: &str,
    MetaChange(change): MetaChange,
    mut meta: Map<String, Value>,
) -> Option<Map<String, Value>> {
    match call_guarded(|| change(&mut meta)) {
        Ok(()) => Some(meta),
        Err(panic) => {
            log::presence_crashed("update", topic, &panicked(&*panic));
            None
        }
    }
}

impl Shard {
    /// Returns the metadata that an owner tracks under a key.
    fn meta(&mut self, topic: &Topic, owner: Owner, key: &str) -> Option<&mut Map<String, Value>> {
        let mut entries = self.topics.get_mut(topic)?.get_mut(key)?.iter_mut();
        let entry = entries.find(|entry| entry.owner == owner)?;
        Some(&mut entry.meta)
    }

    fn remove(&mut self, topic: &Topic, owner: Owner, key: &str) -> Option<Map<String, Value>> {
        let keys = self.topics.get_mut(topic)?;
        let entries = keys.get_mut(key)?;
        let at = entries.iter().position(|entry| entry.owner == owner)?;
        let Entry { meta, .. } = entries.remove(at);
        if entries.is_empty() {
            keys.remove(key);
        }
        if keys.is_empty() {
            self.topics.remove(topic);
            self.topics.shrink_to(2 * self.topics.len());
            self.owners.shrink_to(2 * self.owners.len());
        }
        Some(meta)
    }
}

#[cfg(test)]
mod tests;
