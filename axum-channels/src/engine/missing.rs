use super::Connection;
use crate::error::Result;
use crate::pubsub::cluster::{Node, NodeId, Peer};
use std::collections::HashSet;

/// Nodes whose lease was missing at the last check.
///
/// A node is gone if its lease is missing twice in a row: after the engine has lost its data, all are missing until the
/// nodes renew them.
#[derive(Default)]
pub(super) struct Missing(HashSet<NodeId>);

impl Missing {
    /// Removes the nodes that are gone. It is called once for each fifth of a lease.
    pub(super) async fn check(&mut self, connection: &impl Connection, node: &Node) -> Result<()> {
        let peers = node.peers();
        if peers.is_empty() {
            self.0.clear();
            return Ok(());
        }
        let ids = peers.iter().map(|peer| peer.id()).collect();
        let alive = connection.generations(ids).await?;
        let missing: Vec<Peer> = peers
            .into_iter()
            .filter(|peer| !alive.contains_key(&peer.id()))
            .collect();
        for peer in &missing {
            if self.0.contains(&peer.id()) {
                node.remove(*peer);
            }
        }
        self.0 = missing.iter().map(|peer| peer.id()).collect();
        Ok(())
    }
}
