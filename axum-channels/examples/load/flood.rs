//! Two clients that publish as fast as they can to everyone, and what an innocent one notices: first without them, then with.

use crate::client::{Client, frame};
use crate::latencies::Latencies;
use crate::options::{Options, Topics, Url};
use crate::report::Report;
use crate::span::Usage;
use crate::{Failed, crowd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

const FLOODERS: usize = 2;

/// Shouts that a flooder writes at once.
const BATCH: usize = 100;

const PING_EVERY: Duration = Duration::from_millis(5);
const CONNECT_EVERY: Duration = Duration::from_millis(100);

pub(crate) async fn measure(options: &Options) -> Result<Report, Failed> {
    let readers = crowd::open(options, Topics::Shared).await?;
    let mut running = JoinSet::new();
    for reader in readers {
        running.spawn(read(reader));
    }
    let mut report = Report::default();
    let innocent = Innocent::start(options);
    sleep(options.duration / 2).await;
    innocent.finish("quiet", &mut report)?;
    for number in 0..FLOODERS {
        let mut flooder = Client::open(&options.url, number).await?;
        flooder.join(&Topics::Shared.of(0)).await?;
        running.spawn(flood(flooder));
    }
    let innocent = Innocent::start(options);
    let mut resident = 0.0_f64;
    let begun = Instant::now();
    while begun.elapsed() < options.duration {
        sleep(Duration::from_millis(50)).await;
        if let Some(pid) = options.pid {
            resident = resident.max(Usage::of(pid)?.resident);
        }
    }
    innocent.finish("flooded", &mut report)?;
    report.add("flooded_server_mb", resident / 1e6);
    let mut lost = 0;
    while running.try_join_next().is_some() {
        lost += 1;
    }
    report.add("lost_connections", f64::from(lost));
    Ok(report)
}

/// Reads whatever comes, until the server closes.
async fn read(mut client: Client) -> Result<(), Failed> {
    loop {
        client.fill().await?;
        client.discard();
    }
}

/// Publishes without a pause, and reads what comes back.
async fn flood(client: Client) -> Result<(), Failed> {
    let shouts = frame(r#"["1",null,"room:lobby","shout",{}]"#).repeat(BATCH);
    let (mut reading, mut writing) = client.split();
    let read = async {
        while reading.discard().await? > 0 {}
        Ok(())
    };
    let write = async {
        loop {
            writing.write(&shouts).await?;
        }
    };
    tokio::select! {
        ended = read => ended,
        ended = write => ended,
    }
}

/// A client that pings, and others that connect and join, on a thread of their own: the flood is not to delay them here.
struct Innocent {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<[Latencies; 2], Failed>>,
}

impl Innocent {
    fn start(options: &Options) -> Innocent {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, url) = (stop.clone(), options.url.clone());
        let thread = thread::spawn(move || {
            let mut runtime = runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build()?;
            runtime.block_on(async {
                let pings = ping(&url, &stopped);
                let connects = connect(&url, &stopped);
                let (pings, connects) = tokio::join!(pings, connects);
                Ok([pings?, connects?])
            })
        });
        Innocent { stop, thread }
    }

    fn finish(self, when: &str, report: &mut Report) -> Result<(), Failed> {
        self.stop.store(true, Relaxed);
        let latencies = self
            .thread
            .join()
            .map_err(|_| "the innocent client failed")??;
        for (what, latencies) in ["ping", "connect"].into_iter().zip(latencies) {
            report.add(format!("{when}_{what}_p50_ms"), latencies.within(0.5));
            report.add(format!("{when}_{what}_p99_ms"), latencies.within(0.99));
        }
        Ok(())
    }
}

async fn ping(url: &Url, stop: &AtomicBool) -> Result<Latencies, Failed> {
    let latencies = Latencies::new();
    let mut client = Client::open(url, 0).await?;
    client.join("room:quiet").await?;
    let ping = frame(r#"["1","2","room:quiet","ping",{}]"#);
    let mut ticks = interval(PING_EVERY);
    while !stop.load(Relaxed) {
        ticks.tick().await;
        let begun = Instant::now();
        client.write(&ping).await?;
        client.next().await?;
        latencies.add(begun.elapsed().as_micros() as u64);
    }
    Ok(latencies)
}

async fn connect(url: &Url, stop: &AtomicBool) -> Result<Latencies, Failed> {
    let latencies = Latencies::new();
    let mut ticks = interval(CONNECT_EVERY);
    while !stop.load(Relaxed) {
        ticks.tick().await;
        let begun = Instant::now();
        let mut client = Client::open(url, 0).await?;
        client.join("room:quiet").await?;
        latencies.add(begun.elapsed().as_micros() as u64);
        client.close().await?;
    }
    Ok(latencies)
}
