//! Measures broadcasts: one client publishes as fast as all can receive, on one topic.

use crate::client::{Client, frame, number};
use crate::latencies::Latencies;
use crate::options::{Options, Topics};
use crate::report::Report;
use crate::span::Span;
use crate::{Failed, connections};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Time after which a delivery counts as lost.
const LOST: Duration = Duration::from_secs(3);

pub(crate) async fn measure(options: &Options) -> Result<Report, Failed> {
    let clients = connections::open(options, Topics::Shared).await?;
    let mut publisher = Client::open(&options.url, options.connections).await?;
    publisher.join("room:lobby").await?;
    let span = Span::begin(options.pid)?;
    let received = Arc::new(Received::new());
    let mut running = JoinSet::new();
    let listeners = clients.len() as u64;
    for client in clients {
        running.spawn(receive(client, span.begun(), received.clone()));
    }
    let mut due = 0;
    while span.begun().elapsed() < options.duration {
        due += listeners + 1;
        let at = span.begun().elapsed().as_micros();
        let shout = format!(r#"["1",null,"room:lobby","shout",{{"at":{at}}}]"#);
        publisher.write(&frame(&shout)).await?;
        // The wait for lost deliveries is bounded.
        let round = timeout(LOST, async {
            received.note(publisher.next().await?, span.begun())?;
            received.in_all(due).await;
            Ok::<_, Failed>(())
        });
        round.await.unwrap_or(Ok(()))?;
    }
    let passed = span.end()?;
    if let Some(ended) = running.try_join_next() {
        let Err(failed) = ended?;
        return Err(format!("a connection was lost: {failed}").into());
    }
    let mut report = Report::of(("delivery", "deliveries"), &received.latencies, &passed)?;
    let lost = due.saturating_sub(received.latencies.total());
    report.add("lost_deliveries", lost as f64);
    Ok(report)
}

async fn receive(
    mut client: Client,
    begun: Instant,
    received: Arc<Received>,
) -> Result<Infallible, Failed> {
    loop {
        client.fill().await?;
        while let Some(text) = client.take()? {
            received.note(text, begun)?;
        }
    }
}

/// Deliveries that all clients have received so far.
struct Received {
    latencies: Latencies,
    due: AtomicU64,
    all: Notify,
}

impl Received {
    fn new() -> Received {
        Received {
            latencies: Latencies::new(),
            due: AtomicU64::new(u64::MAX),
            all: Notify::new(),
        }
    }

    fn note(&self, text: &[u8], begun: Instant) -> Result<(), Failed> {
        let no_shout = || format!("no shout: {}", String::from_utf8_lossy(text));
        let sent = number(text, b"\"at\":").ok_or_else(no_shout)?;
        let took = (begun.elapsed().as_micros() as u64).saturating_sub(sent);
        self.latencies.add(took);
        if self.latencies.total() >= self.due.load(Relaxed) {
            self.all.notify_one();
        }
        Ok(())
    }

    /// Waits until the total reaches `due`.
    async fn in_all(&self, due: u64) {
        self.due.store(due, Relaxed);
        while self.latencies.total() < due {
            self.all.notified().await;
        }
    }
}
