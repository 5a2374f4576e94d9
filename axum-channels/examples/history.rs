//! Time of a broadcast to a few subscribers in memory, on a topic without and with a history.
//!
//!     cargo run --release --example history

use axum_channels::testing::connect;
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Events, History, Params, Payload, Result, Socket,
    SocketHandler, Topic,
};
use serde_json::json;
use std::io::{Write as _, stdout};
use std::time::{Duration, Instant};

const ROUNDS: usize = 31;
const BROADCASTS: u32 = 10_000;

struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes
            .channel::<Room>("kept:*")
            .history(History::last(100).for_minutes(5));
        routes.channel::<Room>("plain:*");
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

struct Room;

impl Channel for Room {
    async fn join(_: &Topic, _: Payload, _: &Socket) -> Result<Self> {
        Ok(Self)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let endpoint = Endpoint::builder().socket::<UserSocket>("/socket").build();
    // The history stays when its only client is gone.
    let client = connect(&endpoint, "/socket").await;
    client.join("kept:1", json!({"recover": {}})).await;
    client.disconnect().await;
    for subscribers in [1, 10, 100] {
        let [plain, kept] =
            ["plain:1", "kept:1"].map(|topic| median(&endpoint, topic, subscribers));
        writeln!(
            stdout(),
            "{subscribers:3} subscribers: {plain:?} without a history, {kept:?} with one"
        )?;
    }
    Ok(())
}

/// Returns the median time of a broadcast.
fn median(endpoint: &Endpoint, topic: &str, subscribers: usize) -> Duration {
    let _subscribers: Vec<Events> = (0..subscribers)
        .map(|_| endpoint.subscribe(topic))
        .collect();
    let payload = Payload::from(json!({"body": "hello"}));
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..BROADCASTS {
                endpoint.broadcast(topic, "shout", &payload);
            }
            start.elapsed() / BROADCASTS
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}
