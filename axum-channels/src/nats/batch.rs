use super::client::Request;
use super::connection::State;
use super::jet_stream;
use super::protocol::Operations;
use crate::engine::Write;
use crate::pubsub::History;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Writes, in the steps in which they are carried out.
#[derive(Default)]
pub(super) struct Batch {
    /// Fields, which are stored first.
    pub(super) puts: Vec<Request>,
    /// Heads, of which the last of a key counts.
    pub(super) heads: HashMap<String, String>,
    /// Keys that are deleted.
    pub(super) gone: HashSet<String>,
    pub(super) messages: Operations,
    /// Number of messages that those in `messages` are packed of.
    pub(super) published: u64,
    pub(super) stores: Vec<Store>,
}

/// A message that is kept.
pub(super) struct Store {
    pub(super) limits: History,
    pub(super) number: u64,
    pub(super) request: Request,
}

impl Batch {
    pub(super) fn new(state: &State, writes: Vec<Write>) -> Self {
        let mut batch = Batch::default();
        for write in writes {
            batch.add(state, write);
        }
        batch
    }

    fn add(&mut self, state: &State, write: Write) {
        match write {
            Write::Publish {
                topic,
                message,
                count,
            } => {
                let subject = state.names.topic(&topic);
                self.messages.publish(&subject, &message);
                self.published += count;
            }
            Write::Store {
                topic,
                message,
                limits,
                number,
            } => {
                let id = format!("{}-{number}", state.node);
                let request = Request {
                    subject: state.names.history(&topic, limits),
                    header: Some((jet_stream::ID, id)),
                    payload: message.to_vec(),
                };
                self.stores.push(Store {
                    limits,
                    number,
                    request,
                });
            }
            Write::Put {
                topic,
                generation,
                number,
                message,
            } => {
                let field = state.field(generation);
                let key = state.presences.field(&topic, field, number);
                self.gone.remove(&key);
                self.puts.push(jet_stream::put(key, &message));
            }
            Write::Keep {
                topic,
                generation,
                numbers,
            } => {
                let key = state.presences.head(&topic, state.node);
                let head = Head {
                    generation,
                    numbers,
                };
                self.keep(key, head);
            }
            Write::Delete {
                topic,
                generation,
                numbers,
            } => {
                let field = state.field(generation);
                let gone = numbers.map(|number| state.presences.field(&topic, field, number));
                self.gone.extend(gone);
            }
        }
    }

    /// Writes a head, or deletes it if no fields are left.
    fn keep(&mut self, key: String, head: Head) {
        if head.numbers.is_empty() {
            self.heads.remove(&key);
            self.gone.insert(key);
        } else {
            self.gone.remove(&key);
            self.heads.insert(key, head.to_text());
        }
    }
}

/// Fields of a journal that exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) generation: u64,
    pub(super) numbers: Range<u64>,
}

/// Maximum number of fields that are read of one node: changes of 4096 bytes, and a list in parts.
const MAX_FIELDS: u64 = 10_000;

impl Head {
    pub(super) fn to_text(&self) -> String {
        let Head {
            generation,
            numbers,
        } = self;
        format!("{generation}:{}:{}", numbers.start, numbers.end)
    }

    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(text).ok()?.split(':');
        let mut number = || parts.next()?.parse::<u64>().ok();
        let (generation, start, end) = (number()?, number()?, number()?);
        let is_sane = start < end && end - start <= MAX_FIELDS;
        is_sane.then_some(Head {
            generation,
            numbers: start..end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::Streams;
    use super::super::names::Names;
    use super::*;
    use crate::message::Topic;
    use crate::pubsub::cluster::NodeId;
    use std::sync::Arc;

    fn keys(writes: Vec<Write>) -> (Vec<String>, Vec<String>, Vec<String>) {
        let node = NodeId::from_bytes([0; 16]);
        let state = State::new(Arc::new(Names::new("app")), node, Streams::default());
        let batch = Batch::new(&state, writes);
        let short = |key: &String| key.replace(&node.to_string(), "n");
        let puts = batch.puts.iter().map(|put| short(&put.subject)).collect();
        let heads = batch.heads.iter();
        let mut heads: Vec<_> = heads.map(|(key, head)| short(key) + " " + head).collect();
        let mut gone: Vec<_> = batch.gone.iter().map(short).collect();
        heads.sort_unstable();
        gone.sort_unstable();
        (puts, heads, gone)
    }

    #[test]
    fn what_is_stored_and_deleted_by_turns_is_as_it_was_last() {
        let topic = || Topic::from("a");
        let put = |number| Write::Put {
            topic: topic(),
            generation: 1,
            number,
            message: "".into(),
        };
        let keep = |numbers| Write::Keep {
            topic: topic(),
            generation: 1,
            numbers,
        };
        let delete = |numbers| Write::Delete {
            topic: topic(),
            generation: 1,
            numbers,
        };
        let name = |rest: &str| format!("$KV.app_presences.a.n{rest}");
        let filled = || vec![put(0), keep(0..1), put(1), keep(1..2), delete(0..1)];
        let emptied = || vec![keep(0..0), delete(1..2)];
        assert_eq!(
            keys(filled()),
            (
                vec![name(".1.0"), name(".1.1")],
                vec![name(" 1:1:2")],
                vec![name(".1.0")]
            )
        );
        let (_, heads, gone) = keys([filled(), emptied()].concat());
        assert_eq!(
            (heads, gone),
            (vec![], ["", ".1.0", ".1.1"].map(name).into())
        );
        let (_, heads, gone) = keys([filled(), emptied(), vec![put(0), keep(0..1)]].concat());
        assert_eq!((heads, gone), (vec![name(" 1:0:1")], vec![name(".1.1")]));
    }

    #[test]
    fn a_head_is_read_as_it_was_stored_and_other_values_are_none() {
        let head = Head {
            generation: 3,
            numbers: 5..9,
        };
        assert_eq!(Head::parse(head.to_text().as_bytes()), Some(head));
        for other in ["", "3", "3:9:9", "3:9:5", "x:1:2", "1:0:10001", "1:0:-1"] {
            assert_eq!(Head::parse(other.as_bytes()), None, "{other}");
        }
        assert_eq!(Head::parse(b"\xff"), None);
    }
}
