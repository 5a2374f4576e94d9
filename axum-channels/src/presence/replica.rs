use super::delta::{Delta, Join};
use crate::message::{PresenceDiff, Presences};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Presences of another node on a topic: what has been merged of its changes.
///
/// A presence that has ended stays so, whatever arrives later. So changes may arrive in any order, more than once, and
/// with gaps: once all have arrived, or the whole list, the replica is the node's own list.
///
/// Other nodes drop the presences of a node that seems to be gone. If it comes back, it starts another incarnation, whose
/// changes replace those of earlier ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Replica {
    incarnation: u64,
    /// Ranges `after..=until` of decided numbers, in order. Without gaps, it is one range.
    decided: Vec<(u64, u64)>,
    /// Undecided presences that have ended already.
    ended: BTreeSet<u64>,
    /// Keys of the existing presences.
    keys: HashMap<u64, Box<str>>,
    metas: BTreeMap<Box<str>, BTreeMap<u64, Map<String, Value>>>,
}

impl Replica {
    pub(super) fn incarnation(&self) -> u64 {
        self.incarnation
    }

    /// Merges a change, and returns the resulting change of the topic's presences. It may be empty.
    pub(super) fn merge(&mut self, delta: Delta) -> PresenceDiff {
        let mut diff = PresenceDiff::default();
        if delta.incarnation < self.incarnation {
            return diff;
        }
        let is_new = delta.incarnation > self.incarnation;
        if is_new {
            self.incarnation = delta.incarnation;
            self.decided.clear();
            self.ended.clear();
        }
        let joined: BTreeSet<u64> = delta.joins.iter().map(|join| join.number).collect();
        let is_in_range = |number| delta.after < number && number <= delta.until;
        let known = self.keys.keys().copied();
        let ended: Vec<u64> = known
            .filter(|number| (is_new || is_in_range(*number)) && !joined.contains(number))
            .collect();
        for number in delta.leaves.into_iter().chain(ended) {
            self.end(number, &mut diff);
        }
        for join in delta.joins {
            self.add(join, &mut diff);
        }
        self.decide(delta.after, delta.until);
        diff
    }

    /// Returns the numbers of the existing presences.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.keys.keys().copied()
    }

    /// Ends presences, and returns the resulting change.
    pub(super) fn end_all(&mut self, numbers: &[u64]) -> PresenceDiff {
        let mut diff = PresenceDiff::default();
        for number in numbers {
            self.end(*number, &mut diff);
        }
        diff
    }

    /// Returns the leaves of all presences.
    pub(super) fn into_leaves(self) -> PresenceDiff {
        let mut diff = PresenceDiff::default();
        for (key, metas) in self.metas {
            for meta in metas.into_values() {
                diff.leaves.add(&key, meta);
            }
        }
        diff
    }

    /// Adds the presences to a list.
    pub(super) fn list(&self, list: &mut Presences) {
        for (key, metas) in &self.metas {
            for meta in metas.values() {
                list.add(key, meta.clone());
            }
        }
    }

    /// Returns the metadata of a key's presences.
    pub(super) fn get(&self, key: &str) -> impl Iterator<Item = &Map<String, Value>> {
        self.metas.get(key).into_iter().flat_map(BTreeMap::values)
    }

    /// Adds a presence, unless it is known or has ended.
    fn add(&mut self, Join { number, key, meta }: Join, diff: &mut PresenceDiff) {
        let has_ended = self.is_decided(number) || self.ended.contains(&number);
        if has_ended || self.keys.contains_key(&number) {
            return;
        }
        diff.joins.add(&key, meta.clone());
        self.keys.insert(number, key.clone());
        self.metas.entry(key).or_default().insert(number, meta);
    }

    fn end(&mut self, number: u64, diff: &mut PresenceDiff) {
        let Some(key) = self.keys.remove(&number) else {
            if !self.is_decided(number) {
                self.ended.insert(number);
            }
            return;
        };
        let Some(metas) = self.metas.get_mut(&key) else {
            return;
        };
        if let Some(meta) = metas.remove(&number) {
            diff.leaves.add(&key, meta);
        }
        if metas.is_empty() {
            self.metas.remove(&key);
        }
    }

    fn is_decided(&self, number: u64) -> bool {
        let at = self.decided.partition_point(|(_, until)| *until < number);
        self.decided
            .get(at)
            .is_some_and(|(after, _)| *after < number)
    }

    /// Adds a range of decided numbers, and joins it with those that it touches.
    fn decide(&mut self, after: u64, until: u64) {
        if after >= until {
            return;
        }
        let start = self.decided.partition_point(|(_, end)| *end < after);
        let end = self.decided.partition_point(|(start, _)| *start <= until);
        let touched = self.decided.get(start..end).unwrap_or_default();
        let first = touched
            .first()
            .map_or(after, |(first, _)| after.min(*first));
        let last = touched.last().map_or(until, |(_, last)| until.max(*last));
        self.decided.splice(start..end.max(start), [(first, last)]);
        self.ended
            .retain(|number| *number <= after || *number > until);
    }
}

#[cfg(test)]
mod tests;
