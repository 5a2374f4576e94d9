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
        format!("{}:topic:{topic}", self.prefix)
    }

    /// Returns the hash of a topic's presences: see [`Journal`](super::journal::Journal).
    pub(super) fn presences(&self, topic: &str) -> String {
        format!("{}:presences:{topic}", self.prefix)
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
