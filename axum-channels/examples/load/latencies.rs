//! Histogram of latencies in bins that grow with the time: a minute of echoes has millions of them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Number of bins per power of two: no figure is off by more than 1/64.
const BINS: usize = 64;

/// Maximum of 2^38 µs.
pub(crate) struct Latencies {
    counts: Vec<AtomicU64>,
    total: AtomicU64,
}

impl Latencies {
    pub(crate) fn new() -> Latencies {
        Latencies {
            counts: (0..BINS * 32).map(|_| AtomicU64::new(0)).collect(),
            total: AtomicU64::new(0),
        }
    }

    /// Adds a latency in µs.
    pub(crate) fn add(&self, micros: u64) {
        // Below BINS a bin is one µs; above, the leading bits select it.
        let shift = micros.max(1).ilog2().saturating_sub(BINS.ilog2());
        let bin = BINS * shift as usize + (micros >> shift) as usize;
        let last = self.counts.len() - 1;
        self.counts[bin.min(last)].fetch_add(1, Relaxed);
        self.total.fetch_add(1, Relaxed);
    }

    pub(crate) fn total(&self) -> u64 {
        self.total.load(Relaxed)
    }

    /// Returns the time in ms within which this share of them ended.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let (wanted, mut seen) = ((self.total() as f64 * share) as u64, 0);
        let reached = |count: &AtomicU64| {
            seen += count.load(Relaxed);
            seen > wanted
        };
        let bin = self.counts.iter().position(reached).unwrap_or(0);
        let shift = (bin / BINS).saturating_sub(1);
        ((bin - BINS * shift) << shift) as f64 / 1000.0
    }
}
