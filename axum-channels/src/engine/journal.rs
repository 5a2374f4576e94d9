use super::Write;
use crate::message::Topic;
use crate::pubsub::cluster::{Node, NodeId};
use bytes::Bytes;
use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;
use tokio::time::Instant;

/// Presences of this node in the engine, for nodes that subscribe later.
///
/// A node has numbered fields for each topic. Each of them is a message about its presences: the first are a whole list, the
/// others changes since. A change costs in proportion to its size; when the changes take more room than the list, they are
/// replaced by a new one. Messages are merged in any order and repeatedly, so nothing here is a transaction: a message is
/// written before it is published, and a new list before the old fields are deleted.
///
/// The name of a field has the node, the generation of its presences, and a number. The node's lease holds its generation:
/// fields of earlier ones count as absent. A node that may have lost its fields, or its lease, starts another generation.
pub(super) struct Journal {
    generation: u64,
    topics: HashMap<Topic, Written>,
    /// Fields of earlier generations, which are deleted some at a time.
    old: Vec<(Topic, Write)>,
}

/// Fields of a topic.
struct Written {
    numbers: Range<u64>,
    /// Bytes of the list, and of the changes since.
    list: usize,
    changes: usize,
    /// Number of the first change.
    first_change: u64,
    /// Time at which the list was written.
    at: Instant,
}

/// Bytes of changes that never cause a new list.
const SOME: usize = 4096;

/// Maximum number of changes, each of which a newcomer reads.
const MAX_CHANGES: u64 = 1000;

/// Time after which a list is written again: otherwise the engine would delete it after [`KEPT`](super::KEPT).
const REWRITE: Duration = Duration::from_secs(200);

/// Maximum number of topics whose fields are written again, or deleted, at a time.
const AT_ONCE: usize = 512;

/// Node and generation of a field, which are in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) node: NodeId,
    pub(crate) generation: u64,
}

impl Journal {
    pub(super) fn new() -> Self {
        Journal {
            generation: 0,
            topics: HashMap::new(),
            old: Vec::new(),
        }
    }

    /// Starts a generation, of which nothing is written yet.
    pub(super) fn start(&mut self, generation: u64) {
        self.forget_all();
        self.generation = generation;
    }

    fn forget_all(&mut self) {
        for (topic, written) in std::mem::take(&mut self.topics) {
            let delete = self.delete(&topic, written.numbers);
            self.old.push((topic, delete));
        }
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Writes a change of the node's presences on a topic.
    pub(super) fn write(
        &mut self,
        writes: &mut Vec<Write>,
        (node, max_bytes): (&Node, usize),
        topic: &Topic,
        change: &Bytes,
    ) {
        let has_presences = node.has_presences(topic);
        match self.topics.get_mut(topic) {
            Some(written) if has_presences && written.has_room(change.len()) => {
                let number = written.numbers.end;
                written.numbers.end += 1;
                written.changes += change.len();
                let numbers = written.numbers.clone();
                writes.push(self.put(topic, number, change.clone()));
                writes.push(self.keep(topic, numbers));
            }
            _ => self.write_list(writes, node, topic, max_bytes),
        }
    }

    /// Writes the whole list of the node's presences on a topic, or deletes it if it is empty.
    pub(super) fn write_list(
        &mut self,
        writes: &mut Vec<Write>,
        node: &Node,
        topic: &Topic,
        max_bytes: usize,
    ) {
        let gone = self.topics.remove(topic);
        let gone = gone.map_or(0..0, |written| written.numbers);
        let mut numbers = gone.end..gone.end;
        if node.has_presences(topic) {
            let list = node.presence_parts(topic, max_bytes);
            let bytes = list.iter().map(Bytes::len).sum();
            for part in list {
                writes.push(self.put(topic, numbers.end, part));
                numbers.end += 1;
            }
            let written = Written {
                numbers: numbers.clone(),
                list: bytes,
                changes: 0,
                first_change: numbers.end,
                at: Instant::now(),
            };
            self.topics.insert(topic.clone(), written);
        }
        if !(numbers.is_empty() && gone.is_empty()) {
            writes.push(self.keep(topic, numbers));
        }
        if !gone.is_empty() {
            writes.push(self.delete(topic, gone));
        }
    }

    fn put(&self, topic: &Topic, number: u64, message: Bytes) -> Write {
        Write::Put {
            topic: topic.clone(),
            generation: self.generation,
            number,
            message,
        }
    }

    fn keep(&self, topic: &Topic, numbers: Range<u64>) -> Write {
        Write::Keep {
            topic: topic.clone(),
            generation: self.generation,
            numbers,
        }
    }

    fn delete(&self, topic: &Topic, numbers: Range<u64>) -> Write {
        Write::Delete {
            topic: topic.clone(),
            generation: self.generation,
            numbers,
        }
    }

    /// Writes lists again that were not written for a while, and deletes old fields, some at a time.
    pub(super) fn tidy(&mut self, writes: &mut Vec<Write>, node: &Node, max_bytes: usize) {
        let rest = self.old.len().saturating_sub(AT_ONCE);
        for (topic, delete) in self.old.split_off(rest) {
            if !self.topics.contains_key(&topic) {
                writes.push(self.keep(&topic, 0..0)); // nobody has come back
            }
            writes.push(delete);
        }
        let due = self.topics.iter();
        let due = due.filter(|(_, written)| written.at.elapsed() > REWRITE);
        let due: Vec<_> = due.take(AT_ONCE).map(|(topic, _)| topic.clone()).collect();
        for topic in due {
            self.write_list(writes, node, &topic, max_bytes);
        }
    }

    /// Deletes all fields of this node.
    pub(super) fn end(&mut self) -> Vec<Write> {
        self.forget_all();
        let old = std::mem::take(&mut self.old).into_iter();
        old.flat_map(|(topic, delete)| [self.keep(&topic, 0..0), delete])
            .collect()
    }
}

impl Written {
    fn has_room(&self, bytes: usize) -> bool {
        let changes = self.numbers.end - self.first_change;
        changes < MAX_CHANGES && self.changes + bytes <= self.list.max(SOME)
    }
}
