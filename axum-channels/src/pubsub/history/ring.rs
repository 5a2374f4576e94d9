use super::budget::Budget;
use super::{History, New};
use crate::message::{Epoch, Payload, Position, Ref, Topic};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::time::Instant;

/// The last broadcasts of a topic, within limits. It has neither a clock nor a lock.
pub(super) struct Ring {
    limits: History,
    budget: Arc<Budget>,
    epoch: Epoch,
    /// Number after which all broadcasts are kept.
    start: u64,
    /// Number of the last broadcast, kept or not. 0 before the first.
    last: u64,
    /// The last broadcasts, without a gap.
    kept: VecDeque<Arc<Kept>>,
    bytes: usize,
}

/// A broadcast that is kept.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) event: Box<str>,
    pub(super) payload: Payload,
    number: u64,
    pub(super) position: Ref,
    /// Id of the client that has sent it, if it is excluded.
    from: Option<Topic>,
    at: Instant,
}

impl Kept {
    /// Memory of a broadcast, and of its share of a queue with up to twice the capacity that it needs.
    fn weight(&self) -> usize {
        let counts = 4 * size_of::<usize>(); // of two `Arc`s
        let slots = 2 * size_of::<Arc<Kept>>();
        self.event.len() + self.payload.bytes().len() + size_of::<Kept>() + counts + slots
    }

    /// Returns whether a client with this id is excluded from the broadcast.
    pub(super) fn excludes(&self, id: Option<&Topic>) -> bool {
        id.is_some() && self.from.as_ref() == id
    }
}

impl Ring {
    pub(super) fn new(limits: History, budget: Arc<Budget>, epoch: Epoch) -> Self {
        Ring {
            limits,
            budget,
            epoch,
            start: 0,
            last: 0,
            kept: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Returns the position of the last broadcast.
    pub(super) fn position(&self) -> Position {
        Position {
            epoch: self.epoch,
            number: self.last,
        }
    }

    /// Begins anew, with another epoch, or after broadcasts that were missed.
    pub(super) fn restart(&mut self, epoch: Epoch, last: u64) {
        while self.drop_oldest() {}
        (self.epoch, self.start, self.last) = (epoch, last, last);
    }

    /// Counts numbers that no broadcast has.
    pub(super) fn advance(&mut self, last: u64) {
        self.last = self.last.max(last);
    }

    /// Returns whether this broadcast is kept, with this number.
    pub(super) fn has(&self, number: u64, new: &New<'_>) -> bool {
        let found = self.kept.binary_search_by_key(&number, |kept| kept.number);
        found.is_ok_and(|at| {
            let kept = &self.kept[at];
            *kept.event == *new.event && kept.payload.bytes() == new.payload.bytes()
        })
    }

    /// Adds the next broadcast.
    pub(super) fn push(&mut self, new: &New<'_>, now: Instant) -> Arc<Kept> {
        self.push_as(self.last + 1, new, now)
    }

    /// Adds a broadcast of the time `at`, and drops older ones beyond the limits. One that alone exceeds them is not kept
    /// either.
    pub(super) fn push_as(&mut self, number: u64, new: &New<'_>, at: Instant) -> Arc<Kept> {
        self.last = number;
        let kept = Arc::new(Kept {
            event: new.event.into(),
            payload: new.payload.clone(),
            number,
            position: self.position().to_ref(),
            from: new.from.cloned(),
            at,
        });
        self.expire(at);
        let weight = kept.weight();
        while !self.has_room(weight) || !self.budget.take(weight) {
            if !self.drop_oldest() {
                self.start = number;
                return kept;
            }
        }
        self.bytes += weight;
        self.kept.push_back(kept.clone());
        kept
    }

    /// Returns the broadcasts after a position. `None` if one of them is not kept.
    pub(super) fn since(&mut self, position: Position, now: Instant) -> Option<Vec<Arc<Kept>>> {
        self.expire(now);
        let is_known =
            position.epoch == self.epoch && (self.start..=self.last).contains(&position.number);
        let is_known_to_client = |kept: &Arc<Kept>| kept.number <= position.number;
        let first = self.kept.partition_point(is_known_to_client);
        is_known.then(|| self.kept.range(first..).cloned().collect())
    }

    /// Drops broadcasts that are too old.
    pub(super) fn expire(&mut self, now: Instant) {
        let max_age = self.limits.max_age;
        let is_old = |kept: &Arc<Kept>| now.saturating_duration_since(kept.at) >= max_age;
        while self.kept.front().is_some_and(is_old) {
            self.drop_oldest();
        }
    }

    /// Drops everything, and counts a broadcast that nobody has received: no earlier position is recovered.
    pub(super) fn forget(&mut self) {
        self.restart(self.epoch, self.last + 1);
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.kept.len() < self.limits.max_messages && self.bytes + bytes <= self.limits.max_bytes
    }

    /// Returns `false` if there is none.
    fn drop_oldest(&mut self) -> bool {
        let Some(oldest) = self.kept.pop_front() else {
            return false;
        };
        self.start = oldest.number;
        let weight = oldest.weight();
        self.bytes -= weight;
        self.budget.give_back(weight);
        if 4 * self.kept.len() <= self.kept.capacity() {
            self.kept.shrink_to(2 * self.kept.len());
        }
        true
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A ring, and the time that has passed for it.
    struct Rig {
        ring: Ring,
        budget: Arc<Budget>,
        now: Instant,
    }

    impl Rig {
        fn new(limits: History, max_bytes: usize) -> Self {
            let budget = Arc::new(Budget::new(max_bytes));
            let epoch = Epoch::random().expect("random numbers");
            Rig {
                ring: Ring::new(limits, budget.clone(), epoch),
                budget,
                now: Instant::now(),
            }
        }

        fn push_bytes(&mut self, bytes: usize) {
            let payload = Payload::from(&"x".repeat(bytes));
            let new = New {
                event: "e",
                payload: &payload,
                from: None,
            };
            self.ring.push(&new, self.now);
        }

        /// Returns the numbers of the broadcasts after one with this number.
        fn since(&mut self, number: u64) -> Option<Vec<u64>> {
            let position = Position {
                number,
                ..self.ring.position()
            };
            let missed = self.ring.since(position, self.now)?;
            let positions = missed.iter().map(|kept| kept.position.as_text());
            let numbers = positions.map(|text| Position::parse(&text).map(|it| it.number));
            numbers.collect()
        }
    }

    #[test]
    fn the_last_messages_are_kept_and_a_gap_is_told() {
        let mut rig = Rig::new(History::last(3), 10_000);
        assert_eq!((rig.since(0), rig.since(1)), (Some(vec![]), None));
        for _ in 0..5 {
            rig.push_bytes(1);
        }
        assert_eq!(rig.ring.position().number, 5);
        assert_eq!([0, 1].map(|number| rig.since(number)), [None, None]);
        assert_eq!(rig.since(2), Some(vec![3, 4, 5]));
        assert_eq!(rig.since(4), Some(vec![5]));
        assert_eq!(rig.since(5), Some(vec![]));
        assert_eq!([6, u64::MAX].map(|number| rig.since(number)), [None, None]);
    }

    #[test]
    fn positions_of_another_epoch_or_from_before_a_loss_are_not_recovered() {
        let mut rig = Rig::new(History::last(3), 10_000);
        rig.push_bytes(1);
        let other = Position {
            epoch: Epoch::random().expect("random numbers"),
            number: 1,
        };
        assert!(rig.ring.since(other, rig.now).is_none());
        assert_eq!(rig.since(1), Some(vec![]));
        rig.ring.forget();
        assert_eq!(rig.budget.used(), 0);
        assert_eq!((rig.since(1), rig.since(2)), (None, Some(vec![])));
        rig.push_bytes(1);
        assert_eq!((rig.since(1), rig.since(2)), (None, Some(vec![3])));
    }

    #[test]
    fn old_messages_are_dropped_with_the_time() {
        let mut rig = Rig::new(History::last(3).max_age(Duration::from_secs(10)), 10_000);
        rig.push_bytes(1);
        rig.now += Duration::from_secs(6);
        rig.push_bytes(1);
        rig.now += Duration::from_secs(3);
        assert_eq!(rig.since(0), Some(vec![1, 2]));
        rig.now += Duration::from_secs(1);
        assert_eq!((rig.since(0), rig.since(1)), (None, Some(vec![2])));
        rig.now += Duration::from_secs(6);
        assert_eq!((rig.since(1), rig.since(2)), (None, Some(vec![])));
        assert_eq!((rig.budget.used(), rig.ring.kept.capacity()), (0, 0));
    }

    #[test]
    fn bytes_are_limited_for_the_topic_and_for_all() {
        let weight = {
            let mut rig = Rig::new(History::last(9), 10_000);
            rig.push_bytes(100);
            rig.budget.used()
        };
        for (of_topic, of_all) in [(3 * weight, 10_000), (10_000, 3 * weight)] {
            let mut rig = Rig::new(History::last(9).max_bytes(of_topic), of_all);
            for _ in 0..5 {
                rig.push_bytes(100);
            }
            assert_eq!((rig.since(1), rig.since(2)), (None, Some(vec![3, 4, 5])));
            assert_eq!(rig.budget.used(), 3 * weight);
            rig.push_bytes(3 * weight); // larger than the limit
            assert_eq!((rig.since(5), rig.since(6)), (None, Some(vec![])));
            assert_eq!(rig.budget.used(), 0);
            rig.push_bytes(100);
            assert_eq!(rig.since(6), Some(vec![7]));
            drop(rig.ring);
            assert_eq!(rig.budget.used(), 0);
        }
    }

    #[test]
    fn a_history_of_no_messages_keeps_the_position_alone() {
        let mut rig = Rig::new(History::last(0), 10_000);
        rig.push_bytes(1);
        assert_eq!((rig.since(0), rig.since(1)), (None, Some(vec![])));
    }
}
