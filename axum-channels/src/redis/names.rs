use crate::engine::Field;
use crate::pubsub::cluster::NodeId;

const LEAVING: &str = ":leaving";

/// Names in the engine, of the library's own format.
///
/// All start with the app's prefix; a topic, which may be any text, is the end of its name.
pub(super) struct Names {
    pub(super) prefix: String,
}

impl Names {
    /// Returns the channel that carries the messages of a topic.
    pub(super) fn topic(&self, topic: &str) -> String {
        [&self.prefix, ":topic:", topic].concat()
    }

    /// Returns the hash of a topic's presences, with the fields of all nodes.
    pub(super) fn presences(&self, topic: &str) -> String {
        format!("{}:presences:{topic}", self.prefix)
    }

    /// Returns the hash with the epoch of a topic's history, and the number of its last broadcast.
    pub(super) fn position(&self, topic: &str) -> String {
        format!("{}:position:{topic}", self.prefix)
    }

    /// Returns the stream with a topic's last broadcasts.
    pub(super) fn history(&self, topic: &str) -> String {
        format!("{}:history:{topic}", self.prefix)
    }

    /// Returns the number of the last broadcast that a node has stored.
    pub(super) fn sent(&self, node: NodeId) -> String {
        format!("{}:sent:{node}", self.prefix)
    }

    /// Returns the lease of a node: it exists while the node is alive, and holds the generation of its presences.
    pub(super) fn lease(&self, node: NodeId) -> String {
        format!("{}:node:{node}", self.prefix)
    }

    /// Returns the channel for the ids of nodes that leave.
    pub(super) fn leaving(&self) -> String {
        format!("{}{LEAVING}", self.prefix)
    }

    pub(super) fn is_leaving(&self, channel: &[u8]) -> bool {
        channel.strip_prefix(self.prefix.as_bytes()) == Some(LEAVING.as_bytes())
    }
}

/// Returns the name of a field in the hash of a topic's presences.
pub(super) fn field(Field { node, generation }: Field, number: u64) -> String {
    format!("{node}:{generation}:{number}")
}

/// Reads the name of a field, without its number.
pub(super) fn parse_field(name: &str) -> Option<Field> {
    let (node, rest) = name.split_once(':')?;
    let (generation, _number) = rest.split_once(':')?;
    Some(Field {
        node: node.parse().ok()?,
        generation: generation.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_field_has_its_node_and_generation() {
        let node = NodeId::from_bytes([0xab; 16]);
        let generation = 3;
        let of = Field { node, generation };
        assert_eq!(field(of, 40), format!("{node}:3:40"));
        assert_eq!(parse_field(&field(of, 40)), Some(of));
        for other in ["", ":3", ":x:40", "::40", "x:3:40"] {
            assert_eq!(parse_field(&format!("{node}{other}")), None, "{other}");
        }
        assert_eq!(parse_field(""), None);
    }
}
