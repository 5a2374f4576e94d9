//! Counts of the current thread's deliveries and their pressure, for tasks that limit their publishing.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// Load of a subscriber after a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pressure {
    Low,
    /// The queue fills faster than it is emptied: publishers should pause.
    High,
}

/// Time for which publishers pause for a full queue.
const MAX_PAUSE: Duration = Duration::from_millis(100);

/// Pressure of one queue.
///
/// A queue that is rather full asks for a short pause, and again only after it was empty. So a slow subscriber, deliberate
/// or not, delays publishers by that time once for each filling of its queue.
#[derive(Debug, Default)]
pub(crate) struct Gauge(Option<Instant>);

impl Gauge {
    /// Called when the queue is rather full.
    pub(crate) fn full(&mut self) -> Pressure {
        let since = *self.0.get_or_insert_with(Instant::now);
        match since.elapsed() < MAX_PAUSE {
            true => Pressure::High,
            false => Pressure::Low,
        }
    }

    /// Called when the queue is empty.
    pub(crate) fn empty(&mut self) {
        self.0 = None;
    }
}

thread_local! {
    static DELIVERIES: Cell<u64> = const { Cell::new(0) };
    static PRESSURE: Cell<Pressure> = const { Cell::new(Pressure::Low) };
}

/// Returns the number of deliveries of this thread so far.
pub(crate) fn deliveries() -> u64 {
    DELIVERIES.get()
}

/// Returns the highest pressure of this thread's deliveries since [`reset_pressure`].
pub(crate) fn pressure() -> Pressure {
    PRESSURE.get()
}

pub(crate) fn reset_pressure() {
    PRESSURE.set(Pressure::Low);
}

pub(super) fn count(deliveries: usize, pressure: Pressure) {
    DELIVERIES.set(DELIVERIES.get() + deliveries as u64);
    if pressure == Pressure::High {
        PRESSURE.set(pressure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_asks_to_wait_for_a_short_time_and_again_when_it_was_empty() {
        let mut gauge = Gauge::default();
        assert_eq!(gauge.full(), Pressure::High);
        gauge.0 = gauge.0.map(|since| since - MAX_PAUSE);
        assert_eq!(gauge.full(), Pressure::Low);
        gauge.empty();
        assert_eq!(gauge.full(), Pressure::High);
    }
}
