use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// So many make a crowd. It has left when only a quarter is still there.
const CROWD: usize = 1000;

/// Notices when most of a crowd have left: what they used is free then, and the allocator's, which has to be asked to give it
/// back to the system.
#[derive(Default)]
pub(super) struct Crowd {
    /// The most that were there since a crowd has last left.
    most: AtomicUsize,
}

impl Crowd {
    /// So many are there now.
    pub(super) fn has_come(&self, now: usize) {
        self.most.fetch_max(now, Relaxed);
    }

    /// So many are there now. Whether a crowd has left: true once for each.
    pub(super) fn has_left(&self, now: usize) -> bool {
        let most = self.most.load(Relaxed);
        most >= CROWD
            && now <= most / 4
            && self
                .most
                .compare_exchange(most, now, Relaxed, Relaxed)
                .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_that_leaves_is_noticed_once() {
        let crowd = Crowd::default();
        crowd.has_come(2000);
        let left = [1500, 501, 500, 400, 0].map(|now| crowd.has_left(now));
        assert_eq!(left, [false, false, true, false, false]);
    }

    #[test]
    fn a_few_are_no_crowd() {
        let crowd = Crowd::default();
        crowd.has_come(999);
        assert!(!crowd.has_left(0));
        crowd.has_come(1000);
        assert!(crowd.has_left(0));
    }

    #[test]
    fn the_next_crowd_is_noticed_again() {
        let crowd = Crowd::default();
        crowd.has_come(1000);
        assert!(crowd.has_left(100));
        crowd.has_come(1001);
        assert!(crowd.has_left(250));
    }
}
