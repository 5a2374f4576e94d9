//! Phoenix's own JavaScript client on a bad line to servers that may restart.

use super::Dice;
use axum_channels::Endpoint;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep};

/// Topic of the numbers that clients receive.
const TOPIC: &str = "room:1";

/// Returns the start of the random moments: `HISTORY_SEED`, or another one each time.
pub(crate) fn history_seed() -> u64 {
    let seed = std::env::var("HISTORY_SEED").ok();
    let seed = seed.map(|seed| seed.parse().expect("HISTORY_SEED is a number"));
    seed.unwrap_or_else(|| u64::from(getrandom::u32().expect("the system has random numbers") >> 1))
}

/// A server that restarts, with another endpoint on the same port.
pub(crate) struct Restarting {
    addr: SocketAddr,
    running: Option<(Endpoint, JoinHandle<std::io::Result<()>>)>,
}

impl Restarting {
    pub(crate) async fn start(endpoint: Endpoint) -> Restarting {
        let mut server = Restarting {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            running: None,
        };
        server.run(endpoint).await;
        server
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    async fn run(&mut self, endpoint: Endpoint) {
        let listener = TcpListener::bind(self.addr).await;
        let listener = listener.expect("the port is free");
        self.addr = listener.local_addr().expect("it is bound");
        let server = axum_channels::serve(listener, endpoint.router());
        self.running = Some((endpoint, tokio::spawn(async { server.await })));
    }

    async fn stop(&mut self) {
        if let Some((endpoint, server)) = self.running.take() {
            server.abort();
            let _ = server.await; // it was aborted
            endpoint.shutdown().await;
        }
    }
}

/// Restarts servers, one at a time and at random moments, without end.
pub(crate) async fn restart_at_random(
    servers: &mut [Restarting],
    seed: u64,
    mut endpoint: impl AsyncFnMut() -> Endpoint,
) {
    let mut dice = Dice::new(seed);
    loop {
        sleep(Duration::from_millis(500 + dice.roll(2500) as u64)).await;
        let server = &mut servers[dice.roll(servers.len())];
        server.stop().await;
        sleep(Duration::from_millis(dice.roll(500) as u64)).await;
        server.run(endpoint().await).await;
    }
}

/// Publishes rising numbers, 100 a second, at an endpoint that may be replaced.
#[derive(Clone)]
pub(crate) struct Publisher(Arc<Mutex<Endpoint>>);

impl Publisher {
    pub(crate) fn start(endpoint: Endpoint) -> Publisher {
        let publisher = Publisher(Arc::new(Mutex::new(endpoint)));
        let weak = Arc::downgrade(&publisher.0);
        tokio::spawn(async move {
            let mut every = interval(Duration::from_millis(10));
            for n in 1_u64.. {
                every.tick().await;
                let Some(endpoint) = weak.upgrade() else {
                    return;
                };
                let endpoint = endpoint.lock().unwrap_or_else(PoisonError::into_inner);
                endpoint.broadcast(TOPIC, "count", json!({ "n": n }));
            }
        });
        publisher
    }

    pub(crate) fn replace(&self, endpoint: &Endpoint) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = endpoint.clone();
    }
}

/// Runs the clients of `recover_js.mjs` until their end, and returns what they print. `HISTORY_SECONDS` is the duration.
pub(crate) async fn recover_js(addrs: impl IntoIterator<Item = SocketAddr>, seed: u64) -> String {
    let client = std::env::var_os("PHOENIX_JS").expect("PHOENIX_JS is the folder of npm's phoenix");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/recover_js.mjs");
    let mut node = Command::new("node");
    node.env("PHOENIX_JS", client)
        .env("HISTORY_SEED", seed.to_string())
        .args(["--experimental-websocket", script])
        .args(addrs.into_iter().map(|addr| addr.to_string()))
        .kill_on_drop(true);
    let output = node.output().await.expect("node runs");
    let [out, err] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "HISTORY_SEED={seed}\n{out}\n{err}");
    out
}
