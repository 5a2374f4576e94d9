use super::subject::token;
use crate::engine::Field;
use crate::pubsub::History;
use crate::pubsub::cluster::NodeId;

/// Names in the engine. All start with the app's prefix.
///
/// The buckets are those of the Key/Value Store of JetStream, so that its tools show what is in them.
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        Names {
            prefix: token(prefix),
        }
    }

    /// Returns the subject that carries the messages of a topic.
    pub(super) fn topic(&self, topic: &str) -> String {
        [&self.prefix, ".topic.", &token(topic)].concat()
    }

    /// Returns the subjects of the messages of all topics.
    pub(super) fn topics(&self) -> String {
        format!("{}.topic.>", self.prefix)
    }

    /// Returns the stream for the histories with these limits. Its name has those that a stream has.
    pub(super) fn stream(&self, limits: History) -> String {
        format!("{}_history_{}", self.prefix, kind(limits))
    }

    /// Returns the subjects of the histories with these limits. The part after the last dot is that of the topic's messages.
    pub(super) fn histories(&self, limits: History) -> String {
        format!("{}.history.{}.>", self.prefix, kind(limits))
    }

    /// Returns the subject of a topic's history.
    pub(super) fn history(&self, topic: &str, limits: History) -> String {
        format!("{}.history.{}.{}", self.prefix, kind(limits), token(topic))
    }

    /// Returns the subject for the ids of nodes that leave.
    pub(super) fn leaving(&self) -> String {
        format!("{}.leaving", self.prefix)
    }

    /// Returns the bucket of the journals.
    pub(super) fn presences(&self) -> Bucket {
        Bucket(format!("{}_presences", self.prefix))
    }

    /// Returns the bucket of the leases.
    pub(super) fn nodes(&self) -> Bucket {
        Bucket(format!("{}_nodes", self.prefix))
    }
}

fn kind(limits: History) -> String {
    format!("{}_{}", limits.messages(), limits.age().as_millis())
}

/// A bucket of the Key/Value Store.
pub(super) struct Bucket(String);

impl Bucket {
    /// Returns the stream that is the bucket.
    pub(super) fn stream(&self) -> String {
        format!("KV_{}", self.0)
    }

    /// Returns the subjects of all keys.
    pub(super) fn all(&self) -> String {
        format!("$KV.{}.>", self.0)
    }

    /// Returns the key for the state of a node's journal of a topic: which of its fields exist.
    pub(super) fn head(&self, topic: &str, node: NodeId) -> String {
        format!("$KV.{}.{}.{node}", self.0, token(topic))
    }

    /// Returns the key of a field of a journal.
    pub(super) fn field(&self, topic: &str, field: Field, number: u64) -> String {
        let Field { node, generation } = field;
        format!("{}.{generation}.{number}", self.head(topic, node))
    }

    /// Returns the key of a lease. A new generation has another one.
    pub(super) fn lease(&self, Field { node, generation }: Field) -> String {
        format!("$KV.{}.{node}.{generation}", self.0)
    }

    /// Returns the node and the generation of a lease's key.
    pub(super) fn parse_lease(&self, key: &str) -> Option<Field> {
        let rest = key.strip_prefix("$KV.")?.strip_prefix(&self.0)?;
        let (node, generation) = rest.strip_prefix('.')?.split_once('.')?;
        Some(Field {
            node: node.parse().ok()?,
            generation: generation.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_lease_is_read_back_and_others_are_not() {
        let bucket = Names::new("my app").nodes();
        let field = Field {
            node: NodeId::from_bytes([0xab; 16]),
            generation: 12,
        };
        let key = bucket.lease(field);
        assert!(key.starts_with("$KV.my=20app_nodes.abab"), "{key}");
        assert_eq!(bucket.parse_lease(&key), Some(field));
        for other in ["", "$KV.my=20app_nodes.x.1", "$KV.other.abab.1"] {
            assert_eq!(bucket.parse_lease(other), None, "{other}");
        }
        assert_eq!(bucket.parse_lease(&key.replace(".12", ".x")), None);
    }
}
