//! Measures an adapter between two nodes of one process, beside its engine alone.
//!
//!     redis-server --port 6379 --save ""    # or: nats-server --jetstream
//!     cargo run --release --example engine -- redis://127.0.0.1:6379
//!     cargo run --release --example engine -- nats://127.0.0.1:4222 --topics 1000 --messages 500000
//!     cargo run --release --example engine -- redis-cluster://127.0.0.1:7001 --topics 1000
//!     cargo run --release --example engine -- redis://127.0.0.1:6379 --sizes    # the engine that was just started
//!
//! The engine alone is asked over two plain TCP connections, in its own protocol: one publishes, one receives, and what is in
//! the messages is not read. A cluster has two for each of its servers. For Redis, the crate `redis` alone is measured, too, and its parsing of answers and messages.
//! Compare `redis-benchmark -P 512 -c 1 -n 500000 PUBLISH topic xxxx…`, which nobody receives. Figures of a machine that does
//! other work at the same time are of no use.
//!
//! `--sizes` measures the constants of docs/scaling.md: processor time and memory of the engine, which has to be on this machine.
//!
//! # Layout
//!
//! - `nodes`: the two nodes; `client`: their client alone; `wire`: the engine alone; `report`: their results
//! - `cluster`: the servers of a Redis Cluster; `process`: processor time and memory; `sizes`: the constants

mod client;
mod cluster;
mod nodes;
mod process;
mod report;
mod sizes;
mod wire;

use report::Report;
use std::io::Write as _;
use std::process::ExitCode;

/// Number of messages that are sent at once to the engine alone, and by its crate alone, which is no faster with 4,096.
const BATCH: usize = 512;

/// Maximum number of bytes that are published and not received yet.
const AHEAD_BYTES: usize = 2 * 1024 * 1024;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The command line.
pub(crate) struct Options {
    pub(crate) url: String,
    /// Number of topics that a node is subscribed to, and that messages are published to in turn.
    pub(crate) topics: usize,
    pub(crate) messages: usize,
    /// Number of bytes of a payload.
    pub(crate) bytes: usize,
    /// Number of messages that are sent one at a time, for latencies.
    pub(crate) probes: usize,
    /// Measure the constants of an engine, and nothing else.
    pub(crate) sizes: bool,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, Failed> {
        let url = arguments.next().ok_or("the URL of an engine is missing")?;
        let mut options = Options {
            url,
            topics: 10,
            messages: 200_000,
            bytes: 100,
            probes: 5_000,
            sizes: false,
        };
        while let Some(name) = arguments.next() {
            if name == "--sizes" {
                options.sizes = true;
                continue;
            }
            let value = arguments.next().ok_or(format!("{name} has no value"))?;
            let value: usize = value.parse()?;
            match name.as_str() {
                "--topics" => options.topics = value.max(1),
                "--messages" => options.messages = value,
                "--bytes" => options.bytes = value,
                "--probes" => options.probes = value.max(1),
                _ => return Err(format!("there is no option {name}").into()),
            }
        }
        Ok(options)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            let _ = writeln!(std::io::stderr(), "engine: {failed}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failed> {
    let options = Options::parse(std::env::args().skip(1))?;
    if options.sizes {
        let sizes = sizes::measure(&options.url).await?;
        write!(std::io::stdout(), "{sizes}")?;
        return Ok(());
    }
    let engine = wire::measure(&options).await?;
    let client = client::rate(&options).await?;
    let adapter = nodes::measure(&options).await?;
    let report = Report {
        engine,
        client,
        adapter,
    };
    write!(std::io::stdout(), "{report}")?;
    Ok(())
}
