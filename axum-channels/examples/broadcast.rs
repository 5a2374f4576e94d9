//! Time of a broadcast to many subscribers in memory, on one worker of the runtime and on two.
//!
//!     cargo run --release --example broadcast

use axum_channels::{Endpoint, Events};
use serde_json::json;
use std::array::from_fn;
use std::io::{Write as _, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::AcqRel, Ordering::Release};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

const SUBSCRIBERS: usize = 50_000;
const ROUNDS: usize = 31;
const GROUPS: usize = 50;
const TOPIC: &str = "room:lobby";

fn main() -> std::io::Result<()> {
    let (one, two) = (Audience::new(1)?, Audience::new(2)?);
    let (mut on_one, mut on_two) = (Times::default(), Times::default());
    for _ in 0..ROUNDS {
        on_one.add(one.broadcast());
        on_two.add(two.broadcast());
    }
    let (one, two) = (on_one.medians(), on_two.medians());
    let ratio = two.received.as_secs_f64() / one.received.as_secs_f64();
    let mut out = stdout();
    writeln!(
        out,
        "{SUBSCRIBERS} subscribers in memory, medians of {ROUNDS}"
    )?;
    writeln!(out, "one worker:  {one}")?;
    writeln!(out, "two workers: {two}")?;
    writeln!(out, "two ÷ one:   {ratio:.2}")
}

/// Tasks that are subscribed to one topic, on a runtime of their own.
struct Audience {
    runtime: Runtime,
    endpoint: Endpoint,
    missing: Arc<Missing>,
}

/// Subscribers that have not received the broadcast yet. They count in groups, since workers that all wait for one counter
/// are what would be measured.
struct Missing {
    groups: [Group; GROUPS],
    complete: AtomicUsize,
    none: Notify,
}

/// Number of subscribers of a group that have not received the broadcast yet, on a cache line of its own.
#[derive(Default)]
#[repr(align(128))]
struct Group(AtomicUsize);

/// Durations since the call of `broadcast`.
struct Time {
    returned: Duration,
    received: Duration,
}

#[derive(Default)]
struct Times {
    returned: Vec<Duration>,
    received: Vec<Duration>,
}

impl Audience {
    fn new(workers: usize) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_all()
            .build()?;
        let endpoint = Endpoint::builder().build();
        let missing = Arc::new(Missing {
            groups: from_fn(|_| Group::default()),
            complete: AtomicUsize::new(0),
            none: Notify::new(),
        });
        for group in (0..GROUPS).cycle().take(SUBSCRIBERS) {
            runtime.spawn(receive(endpoint.subscribe(TOPIC), missing.clone(), group));
        }
        Ok(Audience {
            runtime,
            endpoint,
            missing,
        })
    }

    fn broadcast(&self) -> Time {
        self.missing.complete.store(0, Release);
        for group in &self.missing.groups {
            group.0.store(SUBSCRIBERS / GROUPS, Release);
        }
        let (endpoint, missing) = (self.endpoint.clone(), self.missing.clone());
        let measured = self.runtime.spawn(async move {
            let start = Instant::now();
            endpoint.broadcast(TOPIC, "shout", json!({"hello": "all"}));
            let returned = start.elapsed();
            missing.none.notified().await;
            Time {
                returned,
                received: start.elapsed(),
            }
        });
        self.runtime.block_on(measured).expect("no panic")
    }
}

async fn receive(mut events: Events, missing: Arc<Missing>, group: usize) {
    while events.recv().await.is_ok() {
        if missing.groups[group].0.fetch_sub(1, AcqRel) == 1
            && missing.complete.fetch_add(1, AcqRel) == GROUPS - 1
        {
            missing.none.notify_one();
        }
    }
}

impl Times {
    fn add(&mut self, time: Time) {
        self.returned.push(time.returned);
        self.received.push(time.received);
    }

    fn medians(mut self) -> Time {
        let median = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times[times.len() / 2]
        };
        Time {
            returned: median(&mut self.returned),
            received: median(&mut self.received),
        }
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Time { returned, received } = self;
        write!(
            f,
            "received by all after {received:.2?}, publisher held for {returned:.2?}"
        )
    }
}
