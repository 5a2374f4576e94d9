//! Loads any server of Phoenix Channels, V2 JSON, and says what that cost it.
//!
//!     cargo run --release --example load -- idle   URL --connections 15000 --pid PID
//!     cargo run --release --example load -- echo   URL --connections 200 --inflight 16 --pid PID
//!     cargo run --release --example load -- fanout URL --connections 5000 --pid PID
//!     cargo run --release --example load -- flood  URL --connections 1000 --pid PID
//!
//! URL is as in `ws://127.0.0.1:4000/socket/websocket?vsn=2.0.0`. The server's channel must be joined as `room:…`, answer `ping`
//! with what it carried and broadcast `shout`. With `--pid`, the server's memory and CPU are read from `/proc`. Also:
//! `--seconds 8`; `--unique` for a topic a connection in `idle`; `--json` for one JSON object.
//!
//! Open enough files first: `ulimit -n 65536`. `../../peers` runs this against several servers in turn.
//!
//! # Layout
//!
//! - `options`: what was typed
//! - `client`: one connection; `crowd`: many of them
//! - `idle`, `echo`, `fanout`, `flood`: the measurements
//! - `latencies`, `span`: what they measure with; `report`: what they found

mod client;
mod crowd;
mod echo;
mod fanout;
mod flood;
mod idle;
mod latencies;
mod options;
mod report;
mod span;

use options::{Kind, Options};
use std::io::Write as _;
use std::process::ExitCode;

type Failed = Box<dyn std::error::Error + Send + Sync>;

// One thread: on a small machine every core that this takes is one that the server lacks.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            let _ = writeln!(std::io::stderr(), "load: {failed}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Failed> {
    let options = Options::parse(std::env::args().skip(1))?;
    let report = match options.kind {
        Kind::Idle => idle::measure(&options).await?,
        Kind::Echo => echo::measure(&options).await?,
        Kind::Fanout => fanout::measure(&options).await?,
        Kind::Flood => flood::measure(&options).await?,
    };
    writeln!(std::io::stdout(), "{}", report.shown(options.output))?;
    Ok(())
}
