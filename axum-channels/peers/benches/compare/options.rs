//! Options of the command line.

use crate::peer::Peer;
use anyhow::{Result, bail};
use clap::Parser;

/// Measures axum-channels beside its peers, and prints a table in Markdown
#[derive(Parser)]
#[command(name = "compare")]
pub(crate) struct Options {
    /// Number of idle connections; echo has 200 and fan-out 5,000
    #[arg(long, default_value_t = 15_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) connections: u64,
    /// Duration of each measurement, and of the pause in which a server settles
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=50))]
    pub(crate) seconds: u64,
    /// Number of rounds; the table has their medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rounds: u64,
    /// Measure only this peer (may be repeated)
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Measure this server as well, started with `PORT` set (may be repeated)
    #[arg(long, value_name = "NAME=PATH", value_parser = Peer::binary)]
    binary: Vec<Peer>,
    /// Measure this running server as well (may be repeated)
    #[arg(long, value_name = "NAME=ws://…,PID")]
    url: Vec<Peer>,
    /// Argument that cargo passes to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    pub(crate) fn peers(&self) -> Result<Vec<Peer>> {
        let mut peers = Peer::own();
        peers.extend(self.binary.iter().chain(&self.url).cloned());
        let names = peers.iter().map(|peer| format!("`{}`", peer.name));
        let names = names.collect::<Vec<_>>().join(", ");
        for only in &self.only {
            if !peers.iter().any(|peer| peer.name == *only) {
                bail!("`--only {only}` is none of {names}");
            }
        }
        peers.retain(|peer| self.only.is_empty() || self.only.contains(&peer.name));
        Ok(peers)
    }

    pub(crate) fn for_echo(&self) -> u64 {
        self.connections.min(200)
    }

    pub(crate) fn for_fanout(&self) -> u64 {
        self.connections.min(5_000)
    }
}
