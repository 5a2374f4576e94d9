//! Measurements of a server, by `examples/load`.

use crate::options::Options;
use crate::peer::Peer;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fmt;
use std::process::{Command, Stdio};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Measurement {
    IdleShared,
    IdleUnique,
    EchoOne,
    EchoMany,
    Fanout,
}

impl Measurement {
    pub(crate) const ALL: [Measurement; 5] = [
        Measurement::IdleShared,
        Measurement::IdleUnique,
        Measurement::EchoOne,
        Measurement::EchoMany,
        Measurement::Fanout,
    ];

    /// Figures in the output of `load`, by name.
    pub(crate) fn run(self, peer: &Peer, options: &Options) -> Result<BTreeMap<String, f64>> {
        let server = peer.serve()?;
        let (kind, more, connections) = match self {
            Measurement::IdleShared => ("idle", &[][..], options.connections),
            Measurement::IdleUnique => ("idle", &["--unique"][..], options.connections),
            Measurement::EchoOne => ("echo", &["--inflight", "1"][..], options.for_echo()),
            Measurement::EchoMany => ("echo", &["--inflight", "16"][..], options.for_echo()),
            Measurement::Fanout => ("fanout", &[][..], options.for_fanout()),
        };
        let load = Command::new(env!("CARGO_BIN_EXE_load"))
            .args([kind, &server.url, "--json"])
            .args(more)
            .args(["--connections", &connections.to_string()])
            .args(["--seconds", &options.seconds.to_string()])
            .args(["--pid", &server.pid.to_string()])
            .stderr(Stdio::inherit())
            .output()?;
        if !load.status.success() {
            bail!("not measured");
        }
        serde_json::from_slice(&load.stdout).context("`load` did not print JSON")
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Measurement::IdleShared => "idle on one topic",
            Measurement::IdleUnique => "idle on a topic each",
            Measurement::EchoOne => "echo, 1 in flight",
            Measurement::EchoMany => "echo, 16 in flight",
            Measurement::Fanout => "fan-out",
        })
    }
}
