//! Constants of an engine, from which docs/scaling.md derives the needs of many nodes.

use super::Failed;
use super::wire::{lanes, processes};
use futures_util::future::try_join_all;
use std::fmt;
use std::time::Duration;

/// Number of topics of an app whose clients have topics of their own.
const MANY: usize = 100_000;

/// Number of topics of an app with few.
const FEW: usize = 10;

/// Number of subscribers of each of the few, to compare with none.
const SUBSCRIBERS: usize = 10;

const MESSAGES: usize = 300_000;
const BYTES: usize = 150;

/// Constants of an engine: processor time for a message, and memory for a subscription.
pub(crate) struct Sizes {
    publish_to_many: Duration,
    publish_to_few: Duration,
    delivery: Duration,
    bytes_a_subscription: i64,
}

pub(crate) async fn measure(url: &str) -> Result<Sizes, Failed> {
    let (publish_and_delivery, memory) = cost(url, MANY, 1).await?;
    let (publish_to_few, _) = cost(url, FEW, 0).await?;
    let (with_deliveries, _) = cost(url, FEW, SUBSCRIBERS).await?;
    let delivery = with_deliveries.saturating_sub(publish_to_few) / SUBSCRIBERS as u32;
    Ok(Sizes {
        publish_to_many: publish_and_delivery.saturating_sub(delivery),
        publish_to_few,
        delivery,
        bytes_a_subscription: memory / MANY as i64,
    })
}

/// Returns the engine's processor time for a message to topics with so many subscribers each, and its memory for all subscriptions.
async fn cost(url: &str, topics: usize, subscribers: usize) -> Result<(Duration, i64), Failed> {
    let lanes = lanes(url, topics).await?;
    let engine = processes(&lanes)?;
    let before = engine.memory()?;
    let mut connections = Vec::new();
    for lane in &lanes {
        let subscribing = (0..subscribers).map(|_| lane.subscribed());
        let subscribed = try_join_all(subscribing).await?;
        connections.push((lane.connected().await?, subscribed));
    }
    let memory = engine.memory()? - before;
    let before = engine.cpu()?;
    let running = lanes.iter().zip(connections);
    let running = running.map(|(lane, (publisher, subscribers))| {
        let messages = MESSAGES * lane.topics.len() / topics;
        lane.publish(publisher, subscribers, messages, BYTES)
    });
    try_join_all(running).await?;
    let cpu = engine.cpu()? - before;
    Ok((cpu / MESSAGES as u32, memory))
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = |it: Duration| it.as_secs_f64() * 1e6;
        writeln!(
            f,
            "CPU of the engine for a publish, µs: {:.2} with {MANY} topics, {:.2} with {FEW}",
            micros(self.publish_to_many),
            micros(self.publish_to_few)
        )?;
        writeln!(
            f,
            "CPU of the engine for each node that it is delivered to, µs: {:.2}",
            micros(self.delivery)
        )?;
        writeln!(
            f,
            "memory of the engine for a subscription, bytes: {}",
            self.bytes_a_subscription
        )
    }
}
