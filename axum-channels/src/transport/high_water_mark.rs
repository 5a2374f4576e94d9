use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Minimum peak. The count has receded when it is down to a quarter of the peak.
const MIN_PEAK: usize = 1000;

/// High-water mark of connections.
///
/// Detects that most connections are gone. Their memory is then free, but the allocator returns it to the system only on
/// request.
#[derive(Default)]
pub(super) struct HighWaterMark {
    /// Highest count since the last reset.
    peak: AtomicUsize,
}

impl HighWaterMark {
    /// Raises the peak to the current count.
    pub(super) fn raise(&self, now: usize) {
        self.peak.fetch_max(now, Relaxed);
    }

    /// Returns whether the current count has receded from the peak: `true` once for each peak.
    pub(super) fn has_receded(&self, now: usize) -> bool {
        let peak = self.peak.load(Relaxed);
        peak >= MIN_PEAK
            && now <= peak / 4
            && self
                .peak
                .compare_exchange(peak, now, Relaxed, Relaxed)
                .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falling_to_a_quarter_of_the_peak_is_reported_once() {
        let mark = HighWaterMark::default();
        mark.raise(2000);
        let left = [1500, 501, 500, 400, 0].map(|now| mark.has_receded(now));
        assert_eq!(left, [false, false, true, false, false]);
    }

    #[test]
    fn a_peak_below_the_minimum_is_not_reported() {
        let mark = HighWaterMark::default();
        mark.raise(999);
        assert!(!mark.has_receded(0));
        mark.raise(1000);
        assert!(mark.has_receded(0));
    }

    #[test]
    fn the_next_peak_is_reported_again() {
        let mark = HighWaterMark::default();
        mark.raise(1000);
        assert!(mark.has_receded(100));
        mark.raise(1001);
        assert!(mark.has_receded(250));
    }
}
