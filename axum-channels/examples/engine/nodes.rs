use super::process::Process;
use super::report::{Adapter, Latencies, Measured};
use super::{Failed, Options};
use axum_channels::cluster::{Nats, Redis};
use axum_channels::{Endpoint, Events};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Maximum number of messages that are published and not received yet.
const AHEAD: u64 = 10_000;

/// Number of messages after which those that are received are counted.
const CHECK: u64 = 64;

/// Measures two nodes: one publishes, one is subscribed.
pub(crate) async fn measure(options: &Options) -> Result<Adapter, Failed> {
    let alone = bytes_of_topics(&Endpoint::builder().build(), options).await?;
    let (from, to) = (node(options).await?, node(options).await?);
    let this = Process::own();
    let before = this.memory()?;
    let began = Instant::now();
    let events = subscribed(&to, options).await?;
    let subscribed_in = began.elapsed();
    let bytes_a_topic = (this.memory()? - before - alone) / options.topics as i64;
    let cpu = this.cpu()?;
    let rate = rate(&from, &to, options).await?;
    let cpu = (this.cpu()? - cpu) / options.messages.max(1) as u32;
    let latencies = latencies(&from, &to, options).await?;
    let local = self::latencies(&from, &from, options).await?;
    drop(events);
    Ok(Adapter {
        across: Measured { rate, latencies },
        cpu,
        local,
        topics: options.topics,
        subscribed_in,
        bytes_a_topic,
        lost: from.stats().cluster.lost,
    })
}

/// Returns a node, once it is connected.
async fn node(options: &Options) -> Result<Endpoint, Failed> {
    let builder = Endpoint::builder();
    let endpoint = if options.url.starts_with("redis") {
        let redis = Redis::new(&options.url)?.prefix("bench");
        redis.check().await?;
        builder.pubsub(redis).build()
    } else {
        let nats = Nats::new(&options.url)?.prefix("bench");
        nats.check().await?;
        builder.pubsub(nats).build()
    };
    while !endpoint.stats().cluster.connected {
        sleep(Duration::from_millis(1)).await;
    }
    Ok(endpoint)
}

/// Subscribes to all topics, and waits for the engine.
async fn subscribed(node: &Endpoint, options: &Options) -> Result<Vec<Events>, Failed> {
    let topics = 0..options.topics;
    let events: Vec<_> = topics.map(|n| node.subscribe(&topic(n))).collect();
    let deadline = Instant::now() + Duration::from_secs(300);
    while node.stats().cluster.connected && node.stats().cluster.topics < options.topics {
        if Instant::now() > deadline {
            return Err("the topics were not subscribed in 5 minutes".into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(events)
}

fn topic(n: usize) -> String {
    format!("room:{n}")
}

/// Returns the memory of the topics' subscriptions.
async fn bytes_of_topics(node: &Endpoint, options: &Options) -> Result<i64, Failed> {
    let before = Process::own().memory()?;
    let events = subscribed(node, options).await?;
    let bytes = Process::own().memory()? - before;
    std::mem::forget(events); // or the memory would be used again for those of the other node
    Ok(bytes)
}

/// Returns the rate at which messages to all topics in turn are received.
async fn rate(from: &Endpoint, to: &Endpoint, options: &Options) -> Result<f64, Failed> {
    let payload = json!({"text": "x".repeat(options.bytes)});
    let payload = axum_channels::Payload::from(payload);
    let topics: Vec<_> = (0..options.topics).map(topic).collect();
    let start = to.stats().cluster.received;
    let received = || to.stats().cluster.received - start;
    let began = Instant::now();
    let deadline = began + Duration::from_secs(120);
    let wait = async || {
        sleep(Duration::from_micros(100)).await;
        match Instant::now() < deadline {
            true => Ok(()),
            false => Err("messages were lost"),
        }
    };
    for n in 0..options.messages as u64 {
        while n % CHECK == 0 && n - received() >= AHEAD {
            wait().await?;
        }
        let topic = &topics[n as usize % topics.len()];
        from.broadcast(topic, "shout", payload.clone());
    }
    while received() < options.messages as u64 {
        wait().await?;
    }
    Ok(options.messages as f64 / began.elapsed().as_secs_f64())
}

/// Returns the latencies of messages that are sent one at a time.
async fn latencies(from: &Endpoint, to: &Endpoint, options: &Options) -> Result<Latencies, Failed> {
    let mut events = to.subscribe("probe");
    let mut confirmed = false;
    let mut times = Vec::with_capacity(options.probes);
    while times.len() < options.probes {
        let began = Instant::now();
        from.broadcast("probe", "probe", json!({}));
        let received = tokio::time::timeout(Duration::from_secs(1), events.recv()).await;
        match received {
            Ok(received) => received.map(drop).map_err(|_| "a probe was missed")?,
            Err(_) if !confirmed => continue, // the subscription is under way
            Err(_) => return Err("a probe was lost".into()),
        }
        confirmed = true;
        times.push(began.elapsed());
    }
    Ok(Latencies::new(times))
}
