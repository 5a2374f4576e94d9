use crate::engine::Field;
use crate::pubsub::cluster::NodeId;

const TOPIC: &str = ":topic";
const LEAVING: &str = ":leaving";

/// Names in the engine, of the library's own format.
///
/// All start with the app's prefix; a topic, which may be any text, is the end of its name. In a cluster that end is in
/// braces: the engine then keeps all names of a topic in the same place.
pub(super) struct Names {
    prefix: String,
    scope: Scope,
}

/// Engines that the names are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Server,
    Cluster,
}

impl Scope {
    /// Returns the command that publishes the messages of a topic. In a cluster, `PUBLISH` would go to all servers.
    pub(super) fn publish(self) -> &'static str {
        match self {
            Scope::Server => "PUBLISH",
            Scope::Cluster => "SPUBLISH",
        }
    }
}

impl Names {
    pub(super) fn new(prefix: &str, scope: Scope) -> Self {
        let prefix = match scope {
            Scope::Server => prefix.to_owned(),
            Scope::Cluster => prefix.replace('{', "%7B"), // only the braces of topics have a meaning
        };
        Names { prefix, scope }
    }

    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    fn of_topic(&self, kind: &str, topic: &str) -> String {
        self.parts(kind, topic).concat()
    }

    fn parts<'a>(&'a self, kind: &'a str, topic: &'a str) -> [&'a str; 5] {
        match self.scope {
            Scope::Server => [&self.prefix, kind, ":", topic, ""],
            Scope::Cluster => [&self.prefix, kind, "{:", topic, "}"],
        }
    }

    /// Returns the channel that carries the messages of a topic.
    pub(super) fn topic(&self, topic: &str) -> String {
        self.of_topic(TOPIC, topic)
    }

    /// Returns the texts that its name consists of: each message has it, and needs no copy.
    pub(super) fn parts_of_topic<'a>(&'a self, topic: &'a str) -> [&'a str; 5] {
        self.parts(TOPIC, topic)
    }

    /// Returns the topic whose messages a channel of a cluster carries.
    pub(super) fn topic_of<'a>(&self, channel: &'a [u8]) -> Option<&'a str> {
        let channel = std::str::from_utf8(channel).ok()?;
        let topic = channel.strip_prefix(&self.prefix)?.strip_prefix(TOPIC)?;
        topic.strip_prefix("{:")?.strip_suffix('}')
    }

    /// Returns the hash of a topic's presences, with the fields of all nodes.
    pub(super) fn presences(&self, topic: &str) -> String {
        self.of_topic(":presences", topic)
    }

    /// Returns the hash with the epoch of a topic's history, and the number of its last broadcast.
    pub(super) fn position(&self, topic: &str) -> String {
        self.of_topic(":position", topic)
    }

    /// Returns the stream with a topic's last broadcasts.
    pub(super) fn history(&self, topic: &str) -> String {
        self.of_topic(":history", topic)
    }

    /// Returns the number of the last broadcast that a node has stored: in a cluster, on a topic.
    pub(super) fn sent(&self, node: NodeId, topic: &str) -> String {
        let sent = format!(":sent:{node}");
        match self.scope {
            Scope::Server => [&*self.prefix, &sent].concat(),
            Scope::Cluster => self.of_topic(&sent, topic),
        }
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
    #[test]
    fn a_channel_of_a_cluster_has_its_topic_whatever_that_is() {
        for prefix in ["my_app", "{a}", "a{"] {
            let names = Names::new(prefix, Scope::Cluster);
            for topic in ["room:1", "", "}", "{", "a}b", "{}:topic{:}", "é\0"] {
                let channel = names.topic(topic);
                assert_eq!(names.topic_of(channel.as_bytes()), Some(topic), "{channel}");
            }
            for other in [
                names.leaving(),
                names.presences("a"),
                "my_app:topic:a".to_owned(),
            ] {
                assert_eq!(names.topic_of(other.as_bytes()), None, "{other}");
            }
        }
    }

    #[test]
    fn names_for_a_server_have_no_braces() {
        let names = Names::new("my_app", Scope::Server);
        let node = NodeId::from_bytes([0xab; 16]);
        assert_eq!(names.topic("room:1"), "my_app:topic:room:1");
        assert_eq!(names.sent(node, "room:1"), format!("my_app:sent:{node}"));
    }
}
