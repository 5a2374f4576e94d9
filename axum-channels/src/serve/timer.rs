use super::Limits;
use hyper::rt::{Sleep, Timer};
use hyper_util::rt::TokioTimer;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Timer of one connection. hyper knows one timeout for headers, in which the wait for the next request is included; this
/// one gives the first request another than the rest.
pub(super) struct HeaderTimer {
    pub(super) limits: Limits,
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
        self.sleep(match self.progress.had_request() {
            true => self.limits.keep_alive_timeout,
            false => self.limits.header_timeout,
        })
    }

    fn now(&self) -> Instant {
        TokioTimer::new().now()
    }
}
