use hyper::rt::{Sleep, Timer};
use hyper_util::rt::TokioTimer;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Timer of one connection.
///
/// hyper has one timeout for headers, which includes the wait for the next request; this one gives the first request a
/// different time.
pub(super) struct HeaderTimer {
    /// Deadline for the headers of the first request.
    pub(super) first: Instant,
    pub(super) keep_alive_timeout: Duration,
    pub(super) progress: Arc<Progress>,
}

/// Progress of a connection.
#[derive(Default)]
pub(super) struct Progress {
    had_request: AtomicBool,
    is_upgraded: AtomicBool,
}

impl Progress {
    /// Notes that a request's headers are complete.
    pub(super) fn has_request(&self) {
        self.had_request.store(true, Relaxed);
    }

    /// Returns whether there has been a request.
    pub(super) fn had_request(&self) -> bool {
        self.had_request.load(Relaxed)
    }

    /// Notes that the connection has another protocol than HTTP from now on.
    pub(super) fn upgrade(&self) {
        self.is_upgraded.store(true, Relaxed);
    }

    /// Returns whether the connection has another protocol than HTTP.
    pub(super) fn is_upgraded(&self) -> bool {
        self.is_upgraded.load(Relaxed)
    }
}

impl Timer for HeaderTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        TokioTimer::new().sleep(duration)
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        match self.progress.had_request() {
            true => self.sleep(self.keep_alive_timeout),
            false => TokioTimer::new().sleep_until(self.first),
        }
    }

    fn now(&self) -> Instant {
        TokioTimer::new().now()
    }
}
