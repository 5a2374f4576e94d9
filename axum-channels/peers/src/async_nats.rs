//! The peer of `Nats` between nodes: the client `async-nats` alone, as a careful user of it would publish and receive.
//!
//!     nats-server --port 4222
//!     cargo run --release --bin async_nats -- nats://127.0.0.1:4222 [TOPICS [MESSAGES]]
//!
//! `cargo run --release --example engine` of the library measures two nodes in the same way: messages of 100 bytes, each topic in
//! turn, on a connection that publishes and one with a subscription for each topic.

use anyhow::Context;
use async_nats::{ConnectOptions, Subject};
use futures_util::StreamExt;
use futures_util::stream::select_all;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const BYTES: usize = 100;

/// Number of messages that are published and not received yet at most, and number between two looks.
const AHEAD: usize = 20_000;
const BATCH: usize = 512;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("the URL of a server is missing")?;
    let mut number = |default: usize| arguments.next().map_or(Ok(default), |text| text.parse());
    let (topics, messages) = (number(10)?, number(600_000)?);

    let options = || ConnectOptions::new().subscription_capacity(AHEAD);
    let subscriber = options().connect(&url).await?;
    let publisher = options().connect(&url).await?;
    let topics = (0..topics).map(|n| Subject::from(format!("bench.async_nats.{n}")));
    let topics: Vec<Subject> = topics.collect();
    let mut subscriptions = Vec::new();
    for topic in &topics {
        subscriptions.push(subscriber.subscribe(topic.clone()).await?);
    }
    subscriber.flush().await?;
    let received = Arc::new(AtomicUsize::new(0));
    let count = received.clone();
    tokio::spawn(async move {
        let mut all = select_all(subscriptions);
        while all.next().await.is_some() {
            count.fetch_add(1, Relaxed);
        }
    });

    let payload = bytes::Bytes::from(vec![b'x'; BYTES]);
    let began = Instant::now();
    for number in 0..messages {
        while number % BATCH == 0 && number > received.load(Relaxed) + AHEAD {
            sleep(Duration::from_micros(100)).await;
        }
        let topic = topics[number % topics.len()].clone();
        publisher.publish(topic, payload.clone()).await?;
    }
    publisher.flush().await?;
    while received.load(Relaxed) < messages {
        sleep(Duration::from_micros(100)).await;
    }
    let rate = messages as f64 / began.elapsed().as_secs_f64();
    writeln!(std::io::stdout(), "{rate:.0} messages/s")?;
    Ok(())
}
