//! The table: a row for each figure, a column for each peer, and the ratio of the library to the floor.

use crate::figures::Figures;
use crate::measurement::Measurement::{self, EchoMany, EchoOne, Fanout, IdleShared, IdleUnique};
use crate::number::{count, short};
use crate::options::Options;
use crate::peer::{FLOOR, OURS, Peer};

struct Row {
    title: &'static str,
    measurement: Measurement,
    /// Name in the output of `load`.
    figure: &'static str,
}

const ROWS: &[Row] = &[
    row(
        "bytes a joined idle connection, all on one topic",
        IdleShared,
        "bytes_a_connection",
    ),
    row(
        "the same, after each has sent a heartbeat",
        IdleShared,
        "bytes_after_heartbeat",
    ),
    row(
        "the same, each on its own topic",
        IdleUnique,
        "bytes_a_connection",
    ),
    row("server MB before anyone came", IdleShared, "mb_before"),
    row("server MB with all joined", IdleShared, "mb_open"),
    row("server MB after all have left", IdleShared, "mb_closed"),
    row(
        "connected and joined a second",
        IdleShared,
        "joins_a_second",
    ),
    row(
        "connect storm, open to close: server CPU µs a connection",
        IdleShared,
        "server_cpu_us_a_connection",
    ),
    row(
        "echo, 1 in flight: server CPU µs a reply",
        EchoOne,
        "server_cpu_us_a_reply",
    ),
    row("echo, 1 in flight: p50 ms", EchoOne, "p50_ms"),
    row("echo, 1 in flight: p99 ms", EchoOne, "p99_ms"),
    row(
        "echo, 16 in flight: server CPU µs a reply",
        EchoMany,
        "server_cpu_us_a_reply",
    ),
    row(
        "fan-out: server CPU µs a delivery",
        Fanout,
        "server_cpu_us_a_delivery",
    ),
    row("fan-out: p50 ms", Fanout, "p50_ms"),
    row("fan-out: p99 ms", Fanout, "p99_ms"),
    row("lost deliveries, all rounds", Fanout, LOST),
];

/// Summed over all rounds: a median would hide a lost delivery.
const LOST: &str = "lost_deliveries";

const fn row(title: &'static str, measurement: Measurement, figure: &'static str) -> Row {
    Row {
        title,
        measurement,
        figure,
    }
}

impl Row {
    fn of(&self, peer: &str, figures: &Figures) -> Option<f64> {
        match self.figure {
            LOST => figures.sum(peer, self.measurement, self.figure),
            figure => figures.median(peer, self.measurement, figure),
        }
    }
}

pub(crate) fn table(options: &Options, peers: &[Peer], figures: &Figures) -> String {
    let mut head = vec![format!(
        "{} connections, {} for echo, {} for fan-out; medians of {} × {} s",
        count(options.connections),
        count(options.for_echo()),
        count(options.for_fanout()),
        options.rounds,
        options.seconds
    )];
    head.extend(peers.iter().map(|peer| peer.name.clone()));
    head.push(format!("{OURS} ÷ {FLOOR}"));
    let rule = std::iter::once("---").chain(head.iter().skip(1).map(|_| "--:"));
    let mut lines = vec![
        line(&head),
        format!("|{}|", rule.collect::<Vec<_>>().join("|")),
    ];
    for row in ROWS {
        let shown = |figure: Option<f64>| figure.map_or("–".to_owned(), short);
        let (floor, ours) = (row.of(FLOOR, figures), row.of(OURS, figures));
        let ratio = ours.zip(floor).filter(|(_, floor)| *floor > 0.0);
        let mut cells = vec![row.title.to_owned()];
        cells.extend(peers.iter().map(|peer| shown(row.of(&peer.name, figures))));
        cells.push(shown(ratio.map(|(ours, floor)| ours / floor)));
        lines.push(line(&cells));
    }
    lines.join("\n") + "\n"
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}
