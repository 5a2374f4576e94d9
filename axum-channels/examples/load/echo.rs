//! Measures pushes with replies, each connection in a topic of its own.

use crate::client::{Client, contains, frame};
use crate::latencies::Latencies;
use crate::options::{Options, Topics};
use crate::report::Report;
use crate::span::Span;
use crate::{Failed, connections};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinSet;
use tokio::time::sleep;

pub(crate) async fn measure(options: &Options) -> Result<Report, Failed> {
    let clients = connections::open(options, Topics::Unique).await?;
    let latencies = Arc::new(Latencies::new());
    let mut running = JoinSet::new();
    let span = Span::begin(options.pid)?;
    for (number, client) in clients.into_iter().enumerate() {
        let topic = Topics::Unique.of(number);
        running.spawn(ping(client, topic, options.inflight, latencies.clone()));
    }
    sleep(options.duration).await;
    let passed = span.end()?;
    if let Some(ended) = running.try_join_next() {
        let Err(failed) = ended?;
        return Err(format!("a connection was lost: {failed}").into());
    }
    Report::of(("reply", "replies"), &latencies, &passed)
}

/// Keeps a number of pings in flight.
///
/// All pings are equal, and so are their replies: the first reply is parsed, the others are compared with it. A channel
/// answers in order, so the first ping sent is the first one answered.
async fn ping(
    mut client: Client,
    topic: String,
    inflight: usize,
    latencies: Arc<Latencies>,
) -> Result<Infallible, Failed> {
    let one = frame(&format!(r#"["1","2","{topic}","ping",{{"n":1}}]"#));
    let (ping, length) = (one.repeat(inflight), one.len());
    let mut sent = VecDeque::from(vec![Instant::now(); inflight]);
    let mut reply = Vec::new();
    client.write(&ping).await?;
    loop {
        client.fill().await?;
        let mut answered = 0;
        while let Some(text) = client.take()? {
            if text != reply {
                check(text)?;
                reply = text.to_vec();
            }
            answered += 1;
        }
        let now = Instant::now();
        for sent in sent.drain(..answered) {
            latencies.add((now - sent).as_micros() as u64);
        }
        client.write(&ping[..answered * length]).await?;
        sent.resize(inflight, now);
    }
}

fn check(reply: &[u8]) -> Result<(), Failed> {
    let parts: [&[u8]; 3] = [b"phx_reply", br#""ok""#, br#"{"n":1}"#];
    match parts.iter().all(|part| contains(reply, part)) {
        true => Ok(()),
        false => Err(format!("no echo: {}", String::from_utf8_lossy(reply)).into()),
    }
}
