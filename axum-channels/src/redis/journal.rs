use super::names::Names;
use crate::message::Topic;
use crate::pubsub::cluster::{Node, NodeId};
use ::redis::Pipeline;
use bytes::Bytes;
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;
use tokio::time::Instant;

/// Presences of this node in the engine, for nodes that subscribe later.
///
/// A topic has a hash. Each of its fields is a message about the presences of one node: the first a whole list, the others
/// changes since. A change costs in proportion to its size; when the changes take more room than the list, they are
/// replaced by a new one. Messages are merged in any order and repeatedly, so nothing here is a transaction: a message is
/// written before it is published, and a new list before the old fields are deleted.
///
/// The name of a field has the node, the generation of its presences, and a number. The node's lease holds its generation:
/// fields of earlier ones count as absent. A node that may have lost its fields, or its lease, starts another generation.
pub(super) struct Journal {
    generation: u64,
    topics: HashMap<Topic, Written>,
}

/// Fields of a topic.
struct Written {
    numbers: Range<u64>,
    /// Bytes of the list, and of the changes since.
    list: usize,
    changes: usize,
    /// Time at which the hash was written or touched.
    touched: Instant,
}

/// Bytes of changes that never cause a new list.
const SOME: usize = 4096;

/// Time after which the engine deletes a hash that no node touches, such as one of nodes that were killed.
const KEPT: Duration = Duration::from_secs(600);

/// Time after which a hash is touched.
const TOUCH: Duration = Duration::from_secs(200);

/// Node and generation of a field, which are in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) node: NodeId,
    pub(super) generation: u64,
}

impl Field {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (node, rest) = name.split_once(':')?;
        let (generation, _number) = rest.split_once(':')?;
        Some(Field {
            node: node.parse().ok()?,
            generation: generation.parse().ok()?,
        })
    }
}

impl Journal {
    /// Starts a generation, of which nothing is written yet.
    pub(super) fn new(generation: u64) -> Self {
        Journal {
            generation,
            topics: HashMap::new(),
        }
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Writes a change of the node's presences on a topic.
    pub(super) fn write(
        &mut self,
        pipe: &mut Pipeline,
        (names, node): (&Names, &Node),
        topic: &Topic,
        change: &Bytes,
    ) {
        let key = names.presences(topic);
        let has_presences = node.has_presences(topic);
        match self.topics.get_mut(topic) {
            Some(written) if has_presences && written.has_room(change.len()) => {
                let number = written.numbers.end;
                written.numbers.end += 1;
                written.changes += change.len();
                let field = field(node, self.generation, number);
                pipe.hset(&key, field, &change[..]).ignore();
            }
            _ => self.write_list(pipe, (names, node), topic),
        }
    }

    /// Writes the whole list of the node's presences on a topic, or deletes it if it is empty.
    pub(super) fn write_list(
        &mut self,
        pipe: &mut Pipeline,
        (names, node): (&Names, &Node),
        topic: &Topic,
    ) {
        let key = names.presences(topic);
        let old = self.topics.remove(topic);
        let old = old.map_or(0..0, |written| written.numbers);
        if let Some(list) = node.presences(topic) {
            let field = field(node, self.generation, old.end);
            pipe.hset(&key, field, &list[..]).ignore();
            keep(pipe, &key);
            let written = Written {
                numbers: old.end..old.end + 1,
                list: list.len(),
                changes: 0,
                touched: Instant::now(),
            };
            self.topics.insert(topic.clone(), written);
        }
        if !old.is_empty() {
            let fields: Vec<_> = old.map(|at| field(node, self.generation, at)).collect();
            pipe.hdel(&key, fields).ignore();
        }
    }

    /// Has the engine keep the hashes that were not written for a while.
    pub(super) fn touch(&mut self, pipe: &mut Pipeline, names: &Names) {
        let is_due = |written: &&mut Written| written.touched.elapsed() > TOUCH;
        let written = self.topics.iter_mut();
        for (topic, written) in written.filter(|(_, written)| is_due(written)) {
            keep(pipe, &names.presences(topic));
            written.touched = Instant::now();
        }
    }

    /// Deletes all fields of this node.
    pub(super) fn delete(&mut self, pipe: &mut Pipeline, (names, node): (&Names, &Node)) {
        for (topic, written) in self.topics.drain() {
            let numbers = written.numbers;
            let fields: Vec<_> = numbers.map(|at| field(node, self.generation, at)).collect();
            pipe.hdel(names.presences(&topic), fields).ignore();
        }
    }
}

impl Written {
    fn has_room(&self, bytes: usize) -> bool {
        self.changes + bytes <= self.list.max(SOME)
    }
}

fn field(node: &Node, generation: u64, number: u64) -> String {
    format!("{}:{generation}:{number}", node.id())
}

fn keep(pipe: &mut Pipeline, key: &str) {
    pipe.expire(key, KEPT.as_secs() as i64).ignore();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_field_has_its_node_and_generation() {
        let node = NodeId::from_bytes([0xab; 16]);
        let field = |rest: &str| Field::parse(&format!("{node}{rest}"));
        let generation = 3;
        assert_eq!(field(":3:40"), Some(Field { node, generation }));
        for other in ["", ":3", ":x:40", "::40", "x:3:40"] {
            assert_eq!(field(other), None, "{other}");
        }
        assert_eq!(Field::parse(""), None);
    }
}
