use std::time::Duration;

/// Pauses between connection attempts: they double, and vary so that the nodes of an app do not come back all at once.
pub(super) struct Backoff {
    next: Duration,
    last: Duration,
}

const FIRST: Duration = Duration::from_millis(50);
const LAST: Duration = Duration::from_secs(2);

impl Backoff {
    /// Creates pauses for a lease, of which the longest is a fifth at most.
    pub(super) fn new(lease: Duration) -> Self {
        let last = LAST.min(lease / 5);
        Backoff { next: FIRST, last }
    }

    /// Returns the pause after a connection that lasted for `lasted`: between half and all of what is next.
    pub(super) fn next(&mut self, lasted: Duration) -> Duration {
        if lasted > LAST {
            self.next = FIRST;
        }
        let pause = self.next;
        self.next = self.last.min(2 * pause);
        let part = getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX));
        pause.mul_f64((1.0 + part) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_two_seconds_vary_and_start_anew_after_a_connection_that_lasted() {
        let mut backoff = Backoff::new(Duration::from_secs(15));
        for expected in [50, 100, 200, 400, 800, 1600, 2000, 2000] {
            let expected = Duration::from_millis(expected);
            let pause = backoff.next(Duration::ZERO);
            assert!(pause >= expected / 2 && pause <= expected, "{pause:?}");
        }
        assert!(backoff.next(Duration::from_secs(60)) <= FIRST);
        let pauses: Vec<_> = (0..20).map(|_| backoff.next(LAST * 2)).collect();
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
