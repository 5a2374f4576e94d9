use super::outbox::{Batch, Kind, Outgoing};
use super::{Core, Engine, Part, Refusals};
use crate::message::Topic;
use crate::pubsub::cluster::Node;
use std::collections::HashSet;

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

    /// Ends with the answer of the engine. What it has refused to keep is sent again.
    pub(super) fn answered(mut self, refusals: &Refusals) {
        self.broadcasts = 0;
        self.topics.clear();
        if refusals.published > 0 {
            let reason = refusals.reason.as_ref().map_or("", |it| &it.reason);
            self.node.lost(refusals.published, reason);
        }
        if self.stored.is_empty() {
            return;
        }
        let unanswered = self
            .stored
            .extract_if(.., |outgoing| is_among(outgoing, &refusals.unanswered));
        let unanswered: Vec<Outgoing> = unanswered.collect();
        let (refused, overtaken) = refused(&mut self.stored, &refusals.stores);
        self.stored = unanswered; // which are put back
        let mut lost = overtaken;
        if refused.is_empty() && self.stored.is_empty() {
            self.core.outbox.accept();
            self.core.accepted(self.node, Part::Histories);
        } else {
            lost += self.core.outbox.refuse(refused);
        }
        if lost > 0 {
            let reason = format!("{} has refused to keep them", E::NAME);
            self.node.lost(lost, &reason);
        }
    }
}

/// Takes the messages with these numbers. Those that a later one of their topic has overtaken are dropped, and counted: nobody
/// receives a topic's broadcasts in another order.
fn refused(stored: &mut Vec<Outgoing>, numbers: &[u64]) -> (Vec<Outgoing>, u64) {
    let (mut refused, mut overtaken) = (Vec::new(), 0);
    let mut kept = HashSet::new();
    for outgoing in stored.drain(..).rev() {
        if !is_among(&outgoing, numbers) {
            kept.insert(outgoing.topic);
        } else if kept.contains(&outgoing.topic) {
            overtaken += 1;
        } else {
            refused.push(outgoing);
        }
    }
    refused.reverse();
    (refused, overtaken)
}

fn is_among(outgoing: &Outgoing, numbers: &[u64]) -> bool {
    let Kind::Stored { number, .. } = outgoing.kind else {
        return false;
    };
    number.is_some_and(|number| numbers.contains(&number))
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
