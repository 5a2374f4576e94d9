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
        let SentAgain {
            refused,
            unanswered,
            overtaken: mut lost,
        } = SentAgain::of(std::mem::take(&mut self.stored), refusals);
        self.stored = unanswered; // which are put back
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

/// Messages that the engine was to keep, and that are sent again.
struct SentAgain {
    refused: Vec<Outgoing>,
    unanswered: Vec<Outgoing>,
    /// Number of refused ones that a later one of their topic has overtaken, or may have if it has no answer. They are
    /// dropped: nobody receives a topic's broadcasts in another order.
    overtaken: u64,
}

impl SentAgain {
    fn of(stored: Vec<Outgoing>, refusals: &Refusals) -> Self {
        let (mut refused, mut unanswered, mut overtaken) = (Vec::new(), Vec::new(), 0);
        let mut later = HashSet::new();
        for outgoing in stored.into_iter().rev() {
            if is_among(&outgoing, &refusals.stores) {
                match later.contains(&outgoing.topic) {
                    true => overtaken += 1,
                    false => refused.push(outgoing),
                }
                continue;
            }
            later.insert(outgoing.topic.clone());
            if is_among(&outgoing, &refusals.unanswered) {
                unanswered.push(outgoing);
            }
        }
        refused.reverse();
        unanswered.reverse();
        SentAgain {
            refused,
            unanswered,
            overtaken,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::super::outbox::{Outbox, Wanted};
    use super::*;
    use crate::pubsub::History;
    use bytes::Bytes;

    #[test]
    fn a_refused_message_that_a_later_one_without_an_answer_may_have_overtaken_is_dropped() {
        let outbox = Outbox::new(usize::MAX);
        for topic in ["a", "a", "b", "a", "b", "c"] {
            let stored = outbox.store(topic, Bytes::new(), History::last(8));
            stored.expect("room");
        }
        let batch = outbox.take(Wanted::Any).expect("they are queued");
        let refusals = Refusals {
            stores: vec![1, 4, 5, 6],
            unanswered: vec![2, 3],
            ..Refusals::default()
        };
        let numbers = |messages: Vec<Outgoing>| -> Vec<u64> {
            let number = |it: &Outgoing| match it.kind {
                Kind::Stored { number, .. } => number,
                Kind::Broadcast | Kind::Presences => None,
            };
            messages.iter().filter_map(number).collect()
        };
        let again = SentAgain::of(batch.messages, &refusals);
        let refused = numbers(again.refused);
        assert_eq!(
            (refused, numbers(again.unanswered)),
            (vec![4, 5, 6], vec![2, 3])
        );
        assert_eq!(again.overtaken, 1);
    }
}
