//! The library's client for Redis without the library: `Redis` is built on it. For NATS, the library has its own.

use super::{AHEAD_BYTES, BATCH, Failed, Options};
use redis::aio::SendError;
use redis::{
    AsyncConnectionConfig, Client, IntoConnectionInfo, Pipeline, ProtocolVersion, PushInfo,
    PushKind,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Maximum number of batches that are not confirmed.
const AT_ONCE: usize = 4;

/// Returns the rate at which messages to all topics in turn are received. `None` for another engine.
pub(crate) async fn rate(options: &Options) -> Result<Option<f64>, Failed> {
    if !options.url.starts_with("redis:") {
        return Ok(None);
    }
    let info = options.url.as_str().into_connection_info()?;
    let settings = info.redis_settings().clone();
    let client =
        Client::open(info.set_redis_settings(settings.set_protocol(ProtocolVersion::RESP3)))?;
    let received = Arc::new(AtomicUsize::new(0));
    let count = received.clone();
    let config = AsyncConnectionConfig::new().set_push_sender(move |push: PushInfo| {
        if push.kind == PushKind::Message {
            count.fetch_add(1, Relaxed);
        }
        Ok::<(), SendError>(())
    });
    let mut subscriber = client
        .get_multiplexed_async_connection_with_config(&config)
        .await?;
    let publisher = client.get_multiplexed_async_connection().await?;
    let topics: Arc<[String]> = (0..options.topics)
        .map(|n| format!("bench:client:{n}"))
        .collect();
    for topics in topics.chunks(BATCH) {
        subscriber.subscribe(topics).await?;
    }
    let text = "x".repeat(options.bytes);
    let ahead = AHEAD_BYTES / options.bytes.max(1);
    let mut sending = JoinSet::new();
    let began = Instant::now();
    for first in (0..options.messages).step_by(BATCH) {
        while first > received.load(Relaxed) + ahead {
            sleep(Duration::from_micros(100)).await;
        }
        while sending.len() >= AT_ONCE {
            sending.join_next().await.transpose()?.transpose()?;
        }
        let (mut publisher, topics, text) = (publisher.clone(), topics.clone(), text.clone());
        let numbers = first..options.messages.min(first + BATCH);
        sending.spawn(async move {
            let mut batch = Pipeline::with_capacity(BATCH);
            for number in numbers {
                batch.publish(&topics[number % topics.len()], &text);
            }
            batch.exec_async(&mut publisher).await
        });
    }
    while let Some(sent) = sending.join_next().await {
        sent??;
    }
    while received.load(Relaxed) < options.messages {
        sleep(Duration::from_micros(100)).await;
    }
    Ok(Some(
        options.messages as f64 / began.elapsed().as_secs_f64(),
    ))
}
