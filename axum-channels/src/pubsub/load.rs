//! The work that publishing makes on the current thread, for those who may make only so much at a time.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How a subscriber stands after a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressure {
    Low,
    /// Its queue fills faster than it is emptied: who publishes should wait a moment.
    High,
}

/// Time for which those who fill a queue are asked to wait.
const PATIENCE: Duration = Duration::from_millis(100);

/// The pressure of one queue.
///
/// A queue that is rather full asks to wait for a short time, and then again only after it was empty. So whoever receives
/// slowly, on purpose or not, delays the others by that time for each filling of its queue.
#[derive(Debug, Default)]
pub(crate) struct Gauge(Option<Instant>);

impl Gauge {
    /// The queue is rather full.
    pub(crate) fn full(&mut self) -> Pressure {
        let since = *self.0.get_or_insert_with(Instant::now);
        match since.elapsed() < PATIENCE {
            true => Pressure::High,
            false => Pressure::Low,
        }
    }

    /// The queue is empty.
    pub(crate) fn empty(&mut self) {
        self.0 = None;
    }
}

thread_local! {
    static DELIVERIES: Cell<u64> = const { Cell::new(0) };
    static PRESSURE: Cell<Pressure> = const { Cell::new(Pressure::Low) };
}

/// Returns the number of deliveries that this thread has made so far.
pub(crate) fn deliveries() -> u64 {
    DELIVERIES.get()
}

/// Returns the highest pressure that a delivery of this thread met since [`reset_pressure`].
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
        gauge.0 = gauge.0.map(|since| since - PATIENCE);
        assert_eq!(gauge.full(), Pressure::Low);
        gauge.empty();
        assert_eq!(gauge.full(), Pressure::High);
    }
}
