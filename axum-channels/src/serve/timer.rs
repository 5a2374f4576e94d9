use hyper::rt::{Sleep, Timer};
use hyper_util::rt::TokioTimer;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Timer of one connection. hyper knows one timeout for headers, in which the wait for the next request is included; this
/// one gives the first request another than the rest.
pub(super) struct HeaderTimer {
    /// Time by which the headers of the first request are to be complete.
    pub(super) first: Instant,
    pub(super) keep_alive_timeout: Duration,
    pub(super) progress: Arc<Progress>,
}

/// How far a connection has come.
#[derive(Default)]
pub(super) struct Progress(AtomicBool);

impl Progress {
    /// Notes that a request's headers are complete.
    pub(super) fn has_request(&self) {
        self.0.store(true, Relaxed);
    }

    /// Returns whether there has been a request.
    pub(super) fn had_request(&self) -> bool {
        self.0.load(Relaxed)
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
