//! Histories in JetStream: a stream for all topics with the same limits, in memory, with a subject for each topic.
//!
//! The server sends what it stores to the subject of the topic's messages, with its number. The epoch is that of the stream.

use super::client::{Client, Request};
use super::jet_stream::{self, JetStreamError};
use super::names::Names;
use super::protocol::Received;
use crate::error::{Error, Result};
use crate::message::Topic;
use crate::pubsub::History;
use crate::pubsub::cluster::{Stored, StoredBroadcast};
use crate::sync::lock;
use serde_json::{Value, json};
use sha1_smol::Sha1;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Streams that this node uses, with the times at which they were made: the identity of what is in them.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<Mutex<HashMap<String, String>>>);

/// Maximum number of bytes of a stream: of all topics with the same limits.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Time for which the server recognises a message that is sent again.
const DUPLICATES: Duration = Duration::from_secs(120);

/// Time after which the server drops what is left of a load.
const LOAD: Duration = Duration::from_secs(5);

impl Streams {
    /// Returns the epoch of a topic's history in a stream, by the end of its subject. 0 if this node has not used the stream.
    pub(super) fn epoch(&self, stream: &str, subject: &str) -> u64 {
        let streams = lock(&*self.0);
        let created = streams.get(stream);
        let topic = subject.rsplit('.').next().unwrap_or_default();
        created.map_or(0, |created| {
            let digest = Sha1::from(format!("{stream} {created} {topic}")).digest();
            let [epoch @ .., _, _, _, _, _, _, _, _, _, _, _, _] = digest.bytes();
            u64::from_be_bytes(epoch) >> 16
        })
    }

    /// Makes the stream for topics with these limits, unless this node has used it.
    pub(super) async fn prepare(
        &self,
        client: &Client,
        names: &Names,
        limits: History,
    ) -> Result<()> {
        if !lock(&*self.0).contains_key(&names.stream(limits)) {
            self.make(client, names, limits).await?;
        }
        Ok(())
    }

    /// Has the stream made again, which does not exist any more.
    pub(super) fn forget(&self, names: &Names, limits: History) {
        lock(&*self.0).remove(&names.stream(limits));
    }

    /// Makes the stream for topics with these limits, unless it exists. Returns its last number.
    async fn make(&self, client: &Client, names: &Names, limits: History) -> Result<u64> {
        let name = names.stream(limits);
        let config = config(names, limits).to_string().into_bytes();
        let made = jet_stream::ask(client, format!("STREAM.CREATE.{name}"), config).await;
        let info = match made {
            Err(JetStreamError::Refused { code, .. }) if code == jet_stream::NAME_IN_USE => {
                let info = jet_stream::ask(client, format!("STREAM.INFO.{name}"), Vec::new()).await;
                info.map_err(|error| error.or_gone(&name))? // it was deleted since
            }
            made => made?,
        };
        let created = info["created"].as_str();
        let created = created.ok_or_else(|| Error::msg("JetStream: a stream has no age"))?;
        lock(&*self.0).insert(name, created.to_owned());
        Ok(info["state"]["last_seq"].as_u64().unwrap_or_default())
    }

    /// Reads the history of a topic.
    pub(super) async fn load(
        &self,
        client: &Client,
        names: &Names,
        topic: &Topic,
        limits: History,
    ) -> Result<Stored> {
        let last = self.make(client, names, limits).await?;
        let (stream, subject) = (names.stream(limits), names.history(topic, limits));
        let epoch = self.epoch(&stream, &subject);
        let broadcasts = read(client, &stream, subject).await?;
        let info = jet_stream::ask(client, format!("STREAM.INFO.{stream}"), Vec::new()).await?;
        let first = info["state"]["first_seq"].as_u64().unwrap_or_default();
        let start = match (broadcasts.first(), broadcasts.len() < kept(limits)) {
            (Some(oldest), false) => oldest.number,
            (Some(oldest), true) => oldest.number.min(first.saturating_sub(1)),
            (None, _) => last.min(first.saturating_sub(1)),
        };
        let last = broadcasts
            .last()
            .map_or(last, |latest| latest.number.max(last));
        Ok(Stored {
            epoch,
            start,
            last,
            broadcasts,
        })
    }
}

/// Returns the number of messages of a topic in a stream: one more than may be missed, as a client has one of them.
fn kept(limits: History) -> usize {
    limits.messages().saturating_add(1)
}

fn config(names: &Names, limits: History) -> Value {
    let age = limits.age();
    json!({
        "name": names.stream(limits),
        "subjects": [names.histories(limits)],
        "retention": "limits",
        "storage": "memory",
        "discard": "old",
        "max_msgs_per_subject": kept(limits),
        "max_age": nanos(age),
        "max_bytes": MAX_BYTES,
        "num_replicas": 1,
        "duplicate_window": nanos(age.min(DUPLICATES)),
        "republish": {"src": names.histories(limits), "dest": names.topics()},
    })
}

fn nanos(time: Duration) -> u64 {
    time.as_nanos().min(i64::MAX as u128) as u64
}

/// Reads all messages of a subject, by a consumer that the server drops by itself.
async fn read(client: &Client, stream: &str, subject: String) -> Result<Vec<StoredBroadcast>> {
    let consumer = json!({
        "stream_name": stream,
        "config": {
            "deliver_policy": "all",
            "ack_policy": "none",
            "replay_policy": "instant",
            "filter_subject": subject,
            "inactive_threshold": nanos(LOAD),
            "mem_storage": true,
        },
    });
    let consumer = consumer.to_string().into_bytes();
    let made = jet_stream::ask(client, format!("CONSUMER.CREATE.{stream}"), consumer).await?;
    let pending = made["num_pending"].as_u64().unwrap_or_default();
    if pending == 0 {
        return Ok(Vec::new());
    }
    let name = made["name"].as_str().unwrap_or_default();
    let mut answers = client.stream(Request {
        subject: format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}"),
        header: None,
        payload: json!({"batch": pending, "no_wait": true})
            .to_string()
            .into_bytes(),
    })?;
    let mut read = Vec::new();
    while (read.len() as u64) < pending {
        let message = answers.next().await?;
        if message.status.is_some() {
            break; // some have expired meanwhile
        }
        read.push(delivered(message)?);
    }
    let newest = read.last().map_or(0, |(_, at)| *at);
    let broadcasts = read.into_iter().map(|(mut broadcast, at)| {
        broadcast.age = Duration::from_nanos(newest.saturating_sub(at)); // at least: clocks may differ
        broadcast
    });
    Ok(broadcasts.collect())
}

/// Reads a message of a consumer, and its time. Its number is in the subject for an acknowledgement.
pub(super) fn delivered(message: Received) -> Result<(StoredBroadcast, u64)> {
    let reply = message.reply.unwrap_or_default();
    let words: Vec<&str> = reply.split('.').collect();
    // $JS.ACK.<stream>.<consumer>.<deliveries>.<number>.<number>.<time>.<pending>, or with domain and account before the stream.
    let skipped = if words.len() > 9 { 2 } else { 0 };
    let word = |at: usize| words.get(at + skipped)?.parse::<u64>().ok();
    let (Some(number), Some(at)) = (word(5), word(7)) else {
        return Err(Error::msg("JetStream: a message has no number"));
    };
    let broadcast = StoredBroadcast {
        number,
        age: Duration::ZERO,
        message: message.payload,
    };
    Ok((broadcast, at))
}
