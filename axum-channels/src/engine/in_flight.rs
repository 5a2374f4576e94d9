use super::outbox::{Batch, Kind, Outgoing};
use super::{Core, Engine};
use crate::message::Topic;
use crate::pubsub::cluster::Node;

/// Messages that were sent, and may be lost unless the engine answers. Those that it keeps are sent again.
pub(super) struct InFlight<'a, E: Engine> {
    core: &'a Core<E>,
    node: &'a Node,
    broadcasts: u64,
    /// Broadcasts that the engine keeps.
    stored: Vec<Outgoing>,
    /// Topics with changes of presences.
    topics: Vec<Topic>,
}

impl<'a, E: Engine> InFlight<'a, E> {
    pub(super) fn new(core: &'a Core<E>, node: &'a Node, batch: &Batch) -> Self {
        let (mut broadcasts, mut stored, mut topics) = (0, Vec::new(), batch.lists.clone());
        for outgoing in &batch.messages {
            match outgoing.kind {
                Kind::Broadcast => broadcasts += 1,
                Kind::Stored { .. } => stored.push(outgoing.clone()),
                Kind::Presences => topics.push(outgoing.topic.clone()),
            }
        }
        InFlight {
            core,
            node,
            broadcasts,
            stored,
            topics,
        }
    }

    pub(super) fn arrived(mut self) {
        self.broadcasts = 0;
        self.stored.clear();
        self.topics.clear();
    }
}

impl<E: Engine> Drop for InFlight<'_, E> {
    fn drop(&mut self) {
        self.core.outbox.settle();
        self.core.outbox.put_back(self.stored.drain(..));
        if self.broadcasts > 0 {
            let reason = format!("the connection to {} broke", E::NAME);
            self.node.lost(self.broadcasts, &reason);
        }
        for topic in self.topics.drain(..) {
            self.core.outbox.push_list(topic);
        }
    }
}
