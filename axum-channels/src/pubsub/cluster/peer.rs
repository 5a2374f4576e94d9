use super::NodeId;

/// Another node with presences on the topics of this one: see [`Node::peers`](super::Node::peers).
///
/// It stands for the presences up to now, not for those that the node [restores](super::Node::restore) later.
///
/// ```
/// # use axum_channels::cluster::Node;
/// fn names(node: &Node) -> Vec<String> {
///     node.peers().iter().map(|peer| peer.id().to_string()).collect()
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer {
    pub(crate) id: NodeId,
    /// Latest known incarnation of its presences.
    pub(crate) incarnation: u64,
}

impl Peer {
    /// Returns the id of the node.
    ///
    /// ```
    /// # use axum_channels::cluster::Peer;
    /// fn lease(peer: Peer) -> String {
    ///     format!("my_app:nodes:{}", peer.id())
    /// }
    /// ```
    #[must_use]
    pub fn id(self) -> NodeId {
        self.id
    }
}

/// Known presences of another node on a topic.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    pub(crate) node: NodeId,
    pub(crate) incarnation: u64,
    pub(crate) numbers: Vec<u64>,
}
