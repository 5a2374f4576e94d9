//! Measures axum-channels beside its peers: each in turn, round by round, and the medians as a table in Markdown.
//!
//!     cargo bench --manifest-path axum-channels/peers/Cargo.toml
//!     cargo bench --manifest-path axum-channels/peers/Cargo.toml -- --connections 50 --seconds 1 --rounds 1
//!
//! The servers listen on loopback, on free ports, and each measurement has a new one. Others
//! are added by `--binary`, or by `--url` if they run already.
//!
//! # Layout
//!
//! - `options`: the command line; `files`: the limit of open files
//! - `peer`: a server to measure; `server`: one that runs
//! - `measurement`: one run of `examples/load`; `figures`: the results
//! - `table`, `number`, `machine`: the output

mod figures;
mod files;
mod machine;
mod measurement;
mod number;
mod options;
mod peer;
mod server;
mod table;

use anyhow::Result;
use clap::Parser as _;
use figures::Figures;
use measurement::Measurement;
use options::Options;
use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    let failed = match compare(&Options::parse()) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(failed) => failed,
    };
    let _ = writeln!(stderr(), "error: {failed:#}");
    ExitCode::FAILURE
}

fn compare(options: &Options) -> Result<()> {
    files::open_enough(options.connections)?;
    server::stop_on_signal()?;
    let peers = options.peers()?;
    let machine = machine::describe()?;
    let mut figures = Figures::default();
    for round in 1..=options.rounds {
        for measurement in Measurement::ALL {
            for peer in &peers {
                let (rounds, name) = (options.rounds, &peer.name);
                writeln!(stderr(), "round {round} of {rounds}: {measurement}, {name}")?;
                match measurement.run(peer, options) {
                    Ok(found) => figures.add(name, measurement, found),
                    // The others are still worth their time; the table has a gap.
                    Err(failed) => writeln!(stderr(), "  {failed:#}")?,
                }
            }
        }
    }
    write!(stdout(), "\n{}\n", table::table(options, &peers, &figures))?;
    writeln!(stdout(), "{machine}")?;
    Ok(())
}
