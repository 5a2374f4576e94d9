//! The work that publishing makes on the current thread, for those who may make only so much at a time.

use std::cell::Cell;

/// How a subscriber stands after a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pressure {
    Low,
    /// Its queue fills faster than it is emptied: who publishes should wait a moment.
    High,
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
