use super::format::Format;
use super::names::{Names, Scope, field as field_name, parse_field};
use crate::engine::{Field, KEPT, Lease, Write};
use crate::pubsub::cluster::NodeId;
use ::redis::{Cmd, RedisWrite};
use bytes::Bytes;
use std::collections::{BTreeSet, HashMap};
use std::io::Write as _;

/// The commands of a node: the same for a server and for a cluster, but for the names.
///
/// A topic has a hash with the fields of all nodes; a node's lease is a key that expires.
#[derive(Clone)]
pub(super) struct Commands {
    pub(super) format: Format,
    pub(super) node: NodeId,
}

/// Fields of a topic's presences, by their names.
pub(super) type Fields = HashMap<String, Vec<u8>>;

impl Commands {
    /// Returns the command of a write. `None` if there is nothing to do: Phoenix has no presences. Histories have scripts.
    pub(super) fn write(&self, write: &Write) -> Option<Cmd> {
        let command = match write {
            Write::Publish { topic, message, .. } => self.publish(topic, message),
            Write::Put {
                topic,
                generation,
                number,
                message,
            } => {
                let field = field_name(self.field(*generation), *number);
                Cmd::hset(self.names()?.presences(topic), field, &message[..])
            }
            Write::Keep { topic, numbers, .. } if !numbers.is_empty() => {
                Cmd::expire(self.names()?.presences(topic), KEPT.as_secs() as i64)
            }
            Write::Delete {
                topic,
                generation,
                numbers,
            } if !numbers.is_empty() => {
                let field = self.field(*generation);
                let numbers = numbers.clone();
                let fields: Vec<_> = numbers.map(|number| field_name(field, number)).collect();
                Cmd::hdel(self.names()?.presences(topic), fields)
            }
            Write::Keep { .. } | Write::Delete { .. } | Write::Store { .. } => return None,
        };
        Some(command)
    }

    fn publish(&self, topic: &str, message: &[u8]) -> Cmd {
        let scope = self.names().map_or(Scope::Server, Names::scope);
        let name = scope.publish();
        let channel = self.format.channel(topic);
        let length: usize = channel.iter().map(|part| part.len()).sum();
        let mut publish = Cmd::with_capacity(3, name.len() + length + message.len());
        publish.arg(name);
        let mut argument = publish.writer_for_next_arg();
        for part in channel {
            let _ = argument.write_all(part.as_bytes()); // to memory: it has no errors
        }
        drop(argument);
        publish.arg(message);
        publish
    }

    pub(super) fn names(&self) -> Option<&Names> {
        self.format.names()
    }

    fn field(&self, generation: u64) -> Field {
        let node = self.node;
        Field { node, generation }
    }

    /// Returns the name of this node's lease. `None` without presences, as are the commands for it.
    fn lease(&self) -> Option<String> {
        Some(self.names()?.lease(self.node))
    }

    pub(super) fn start_lease(&self, Lease { generation, expiry }: Lease) -> Option<Cmd> {
        let millis = expiry.as_millis() as u64;
        Some(Cmd::pset_ex(self.lease()?, generation, millis))
    }

    /// Its answer is whether there was a lease.
    pub(super) fn renew_lease(&self, Lease { expiry, .. }: Lease) -> Option<Cmd> {
        Some(Cmd::pexpire(self.lease()?, expiry.as_millis() as i64))
    }

    pub(super) fn end_lease(&self) -> Option<Cmd> {
        Some(Cmd::del(self.lease()?))
    }

    /// Notifies the other nodes that this one leaves.
    pub(super) fn leave(&self) -> Option<Cmd> {
        let leaving = self.names()?.leaving();
        Some(Cmd::publish(leaving, self.node.to_string()))
    }
}

/// Returns the nodes with presences among the fields of a topic.
pub(super) fn nodes_of(fields: &Fields) -> BTreeSet<NodeId> {
    let fields = fields.keys();
    fields
        .filter_map(|name| Some(parse_field(name)?.node))
        .collect()
}

/// Returns the messages of nodes that are alive, and the names of the other fields.
pub(super) fn alive(
    fields: Fields,
    generations: &HashMap<NodeId, u64>,
) -> (Vec<Bytes>, Vec<String>) {
    let is_alive = |name: &str| {
        let field = parse_field(name)?;
        let generation = generations.get(&field.node)?;
        Some(field.generation >= *generation)
    };
    let (alive, dead): (Vec<_>, Vec<_>) = fields
        .into_iter()
        .partition(|(name, _)| is_alive(name) == Some(true));
    let messages = alive.into_iter().map(|(_, message)| message.into());
    let names = dead.into_iter().map(|(name, _)| name);
    (messages.collect(), names.collect())
}

/// Returns the generations of the nodes that have one.
pub(super) fn generations_of(
    nodes: BTreeSet<NodeId>,
    generations: Vec<Option<u64>>,
) -> HashMap<NodeId, u64> {
    let alive = nodes.into_iter().zip(generations);
    alive
        .filter_map(|(node, generation)| Some((node, generation?)))
        .collect()
}
