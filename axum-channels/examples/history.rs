//! Time of a broadcast to a few subscribers in memory, on a topic without and with a history, and of clients that come back at once.
//!
//!     cargo run --release --example history
//!     cargo run --release --example history -- redis://127.0.0.1:6379   # clients come back to a node that has read nothing so far
//!
//! The clients are connected in memory and join all at once. Beside their time, it prints the processor time of this process, that of the
//! engine on this machine meanwhile, and the commands that Redis carries out.

#[allow(dead_code, reason = "another example uses the rest")]
#[path = "engine/process.rs"]
mod process;

use axum_channels::cluster::{Nats, Redis};
use axum_channels::testing::connect;
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Events, History, Params, Payload, Result, Socket,
    SocketHandler, Topic,
};
use futures_util::future::join_all;
use process::Process;
use serde_json::json;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Write as _, stdout};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const ROUNDS: usize = 31;
const BROADCASTS: u32 = 10_000;
const CLIENTS: usize = 10_000;
/// Number of broadcasts that each of them has missed.
const MISSED: usize = 50;

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
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1);
    let endpoint = node(url.as_deref()).await;
    if url.is_some() {
        let other = node(url.as_deref()).await;
        return come_back(&endpoint, &other, url.as_deref()).await;
    }
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
    come_back(&endpoint, &endpoint, None).await
}

/// Returns a node by itself, or one of several with the engine at a URL.
async fn node(url: Option<&str>) -> Endpoint {
    let builder = Endpoint::builder().socket::<UserSocket>("/socket");
    let Some(url) = url else {
        return builder.build();
    };
    let endpoint = match url.starts_with("nats:") {
        true => builder.pubsub(Nats::new(url).expect("a URL")).build(),
        false => builder.pubsub(Redis::new(url).expect("a URL")).build(),
    };
    while !endpoint.stats().cluster.connected {
        sleep(Duration::from_millis(10)).await;
    }
    endpoint
}

/// Prints the time in which clients that were on one node come back to another at once, and recover.
async fn come_back(
    from: &Endpoint,
    to: &Endpoint,
    url: Option<&str>,
) -> Result<(), Box<dyn Error>> {
    let client = connect(from, "/socket").await;
    let mut witness = client.join("kept:2", json!({"recover": {}})).await;
    let recover = witness.join_response().get("recover").unwrap_or_default();
    for n in 0..MISSED {
        from.broadcast("kept:2", "shout", json!({ "n": n }));
    }
    for _ in 0..MISSED {
        witness.next_broadcast("shout").await;
    }
    let mut clients = Vec::with_capacity(CLIENTS);
    for _ in 0..CLIENTS {
        let client = connect(to, "/socket").await;
        clients.push(client.within(Duration::from_secs(120)));
    }
    let position = json!({"recover": {"position": recover["position"]}});
    let engine = url.map(Engine::at).transpose()?;
    let this = Process::own();
    let cpu = this.cpu()?;
    let load = engine.as_ref().map(Engine::load).transpose()?;
    let start = Instant::now();
    let joins = clients.iter().map(|client| async {
        let mut channel = client.join("kept:2", position.clone()).await;
        for _ in 0..MISSED {
            channel.next_broadcast("shout").await;
        }
    });
    join_all(joins).await;
    let took = start.elapsed();
    let cpu = this.cpu()? - cpu;
    writeln!(
        stdout(),
        "{CLIENTS} clients that have missed {MISSED} broadcasts recover in {took:.2?}, with {cpu:.2?} of CPU"
    )?;
    if let (Some(engine), Some(before)) = (engine, load) {
        let load = engine.load()?;
        let cpu = load.cpu - before.cpu;
        writeln!(stdout(), "the engine: {cpu:.2?} of CPU meanwhile")?;
        for (command, count) in load.commands {
            let count = count - before.commands.get(&command).unwrap_or(&0);
            if count > 0 && command != "info" {
                writeln!(stdout(), "  {command}: {count}")?;
            }
        }
    }
    Ok(())
}

/// The engine, on this machine.
struct Engine {
    process: Process,
    redis: Option<redis::Client>,
}

/// Work that an engine has done so far.
struct Load {
    cpu: Duration,
    /// Numbers of commands by their names, of Redis.
    commands: BTreeMap<String, u64>,
}

impl Engine {
    fn at(url: &str) -> Result<Engine, Box<dyn Error>> {
        let (_, port) = url.rsplit_once(':').ok_or("the URL has no port")?;
        let redis = url
            .starts_with("redis:")
            .then(|| redis::Client::open(url))
            .transpose()?;
        Ok(Engine {
            process: Process::listening_at(&[port.parse()?])?,
            redis,
        })
    }

    fn load(&self) -> Result<Load, Box<dyn Error>> {
        let mut commands = BTreeMap::new();
        if let Some(redis) = &self.redis {
            let mut connection = redis.get_connection()?;
            let stats: String = redis::cmd("INFO")
                .arg("commandstats")
                .query(&mut connection)?;
            commands.extend(stats.lines().filter_map(command));
        }
        let cpu = self.process.cpu()?;
        Ok(Load { cpu, commands })
    }
}

/// Reads `cmdstat_NAME:calls=COUNT,…`.
fn command(line: &str) -> Option<(String, u64)> {
    let (name, values) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
    let (count, _) = values.split_once(',')?;
    Some((name.to_owned(), count.parse().ok()?))
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
