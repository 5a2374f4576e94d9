//! The servers of a Redis Cluster, and the topics that each of them carries.

use super::{BATCH, Failed};
use redis::{Client, Pipeline, cmd};
use std::ops::RangeInclusive;

/// Divides topics among the servers, by their slots. Returns the address of each server with its topics.
pub(crate) async fn divide(
    addr: &str,
    topics: Vec<String>,
) -> Result<Vec<(String, Vec<String>)>, Failed> {
    let client = Client::open(format!("redis://{addr}"))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let nodes: String = cmd("CLUSTER")
        .arg("NODES")
        .query_async(&mut connection)
        .await?;
    let servers: Vec<_> = nodes.lines().filter_map(server).collect();
    let mut divided: Vec<_> = servers
        .iter()
        .map(|(addr, _)| (addr.clone(), Vec::new()))
        .collect();
    let mut slots: Vec<u16> = Vec::with_capacity(topics.len());
    for topics in topics.chunks(BATCH) {
        let mut question = Pipeline::with_capacity(BATCH);
        for topic in topics {
            question.cmd("CLUSTER").arg("KEYSLOT").arg(topic);
        }
        slots.extend(question.query_async::<Vec<u16>>(&mut connection).await?);
    }
    for (topic, slot) in topics.into_iter().zip(slots) {
        let mut ranges = servers.iter().map(|(_, ranges)| ranges);
        let index = ranges.position(|ranges| ranges.iter().any(|it| it.contains(&slot)));
        let index = index.ok_or("a slot has no server")?;
        divided[index].1.push(topic);
    }
    divided.retain(|(_, topics)| !topics.is_empty());
    Ok(divided)
}

/// Reads `id host:port@bus flags primary ping pong epoch state slots…`. `None` for a server without slots.
fn server(line: &str) -> Option<(String, Vec<RangeInclusive<u16>>)> {
    let fields: Vec<&str> = line.split(' ').collect();
    let (addr, _) = fields.get(1)?.split_once('@')?;
    let ranges = fields.iter().skip(8).filter_map(|slots| {
        let (first, last) = slots.split_once('-').unwrap_or((slots, slots));
        Some(first.parse().ok()?..=last.parse().ok()?)
    });
    let ranges: Vec<_> = ranges.collect();
    (!ranges.is_empty()).then(|| (addr.to_owned(), ranges))
}
