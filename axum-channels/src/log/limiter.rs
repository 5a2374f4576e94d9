use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until};

/// Maximum number of events of one kind within [`WINDOW`].
const LIMIT: u32 = 10;
const WINDOW: Duration = Duration::from_secs(1);

/// Rate limit for events of one kind, so that a client cannot flood the log. The number of suppressed events is reported at
/// the end of their window.
pub(crate) struct Limiter {
    report: fn(u64),
    window: Mutex<Window>,
}

#[derive(Clone, Copy)]
struct Window {
    since: Option<Instant>,
    emitted: u32,
    /// Number of events suppressed and not reported yet.
    missed: u64,
}

impl Limiter {
    pub(crate) const fn new(report: fn(u64)) -> Self {
        let window = Window {
            since: None,
            emitted: 0,
            missed: 0,
        };
        Limiter {
            report,
            window: Mutex::new(window),
        }
    }

    /// Returns whether an event may be emitted now.
    pub(crate) fn admits(&'static self) -> bool {
        let now = Instant::now();
        let mut window = lock(&self.window);
        let since = match window.since {
            Some(since) if now.saturating_duration_since(since) < WINDOW => since,
            _ => {
                // Without a runtime there is no timer to report these.
                let missed = std::mem::take(&mut window.missed);
                window.since = Some(now);
                window.emitted = 1;
                drop(window);
                self.report_if_any(missed);
                return true;
            }
        };
        if window.emitted < LIMIT {
            window.emitted += 1;
            return true;
        }
        window.missed += 1;
        if window.missed == 1 {
            self.report_at(since + WINDOW);
        }
        false
    }

    fn report_at(&'static self, end: Instant) {
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                sleep_until(end).await;
                let missed = std::mem::take(&mut lock(&self.window).missed);
                self.report_if_any(missed);
            });
        }
    }

    fn report_if_any(&self, missed: u64) {
        if missed > 0 {
            (self.report)(missed);
        }
    }
}

/// Always the standard library's: limiters are statics, which loom does not have.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_ten_events_a_second_and_the_number_of_the_rest() {
        static REPORTED: Mutex<Vec<u64>> = Mutex::new(Vec::new());
        static LIMITER: Limiter = Limiter::new(|missed| lock(&REPORTED).push(missed));
        let admitted = || (0..1000).filter(|_| LIMITER.admits()).count();

        assert_eq!((admitted(), admitted()), (10, 0));
        tokio::time::sleep(WINDOW + Duration::from_millis(1)).await;
        assert_eq!(*lock(&REPORTED), [1990], "without a further event");

        assert_eq!(admitted(), 10);
        tokio::time::sleep(2 * WINDOW).await;
        assert!((0..10).all(|_| LIMITER.admits()));
        assert_eq!(
            *lock(&REPORTED),
            [1990, 990],
            "what is within the limit is not reported"
        );
    }

    #[test]
    fn without_a_runtime_the_rest_is_reported_with_the_next_event() {
        static REPORTED: Mutex<Vec<u64>> = Mutex::new(Vec::new());
        static LIMITER: Limiter = Limiter::new(|missed| lock(&REPORTED).push(missed));
        assert_eq!((0..12).filter(|_| LIMITER.admits()).count(), 10);
        lock(&LIMITER.window).since = Some(Instant::now() - WINDOW);
        assert!(LIMITER.admits());
        assert_eq!(*lock(&REPORTED), [2]);
    }
}
