//! The table of sizes in docs/scaling.md follows from the constants beside it.

use std::path::Path;

/// Constants of an engine, by their rows.
struct Engine<'a> {
    page: &'a str,
    column: usize,
}

impl Engine<'_> {
    /// Returns the number in the row that starts with these words.
    fn get(&self, row: &str) -> f64 {
        let mut lines = self.page.lines();
        let line = lines.find(|line| line.starts_with(&format!("| {row}")));
        let line = line.unwrap_or_else(|| panic!("there is no row {row}"));
        let cell = line.split('|').nth(2 + self.column).expect("a column");
        let number = cell.trim().replace(',', "");
        number.parse().unwrap_or_else(|_| panic!("{cell} in {row}"))
    }

    /// Returns the cells of the table for a number of nodes.
    fn sizes(&self, nodes: f64) -> [String; 5] {
        let connections = nodes * self.get("connections of a node");
        let room = self.get("clients of a room");
        let publishes = connections * self.get("broadcasts of a client, a minute") / 60.0;
        // Nodes that have at least one client of a room, whose clients are spread at random.
        let nodes_of_room = nodes * (1.0 - (1.0 - 1.0 / nodes).powf(room));
        let deliveries = publishes * nodes_of_room;
        let micros = publishes * self.get("CPU of the engine for a publish")
            + deliveries * self.get("CPU of the engine for each node");
        let subscriptions = connections + connections / room * nodes_of_room;
        let engine = subscriptions * self.get("memory of the engine for a subscription");
        let network = deliveries * self.get("bytes of a message");
        let rooms_of_node = connections / room * nodes_of_room / nodes;
        let topics_of_node = self.get("connections of a node") + rooms_of_node;
        let node = self.get("connections of a node")
            * self.get("memory of a node for a connection")
            + topics_of_node * self.get("memory of a node for a topic");
        [
            format!("{:.0}", deliveries / 1000.0),
            format!("{:.2}", micros / 1e6),
            format!("{:.2} GB", engine / 1e9),
            format!("{:.1}", network * 8.0 / 1e6),
            format!("{:.0} MB", node / 1e6),
        ]
    }

    /// Returns the connections at which the engine is busy for seven tenths of its time, with rooms on all their nodes.
    fn limit(&self) -> f64 {
        let room = self.get("clients of a room");
        let a_minute = self.get("CPU of the engine for a publish")
            + room * self.get("CPU of the engine for each node");
        let share = a_minute * self.get("broadcasts of a client, a minute") / 60.0 / 1e6;
        0.7 * self.get("cores of the engine") / share
    }
}

fn rows(page: &str) -> Vec<String> {
    let engines = [("Redis", 0), ("NATS", 1)].map(|(name, column)| (name, Engine { page, column }));
    let mut rows = Vec::new();
    for (nodes, connections) in [
        (10.0, "100,000"),
        (100.0, "1,000,000"),
        (1000.0, "10,000,000"),
    ] {
        for (name, engine) in &engines {
            let cells = engine.sizes(nodes).join(" | ");
            rows.push(format!("| {nodes} | {connections} | {name} | {cells} |"));
        }
    }
    for (name, engine) in &engines {
        let millions = engine.limit() / 1e6;
        rows.push(format!("{millions:.1} million connections with {name}"));
    }
    rows
}

#[test]
fn the_sizes_follow_from_the_constants() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scaling.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let rows = rows(&page);
    let missing: Vec<_> = rows.iter().filter(|row| !page.contains(*row)).collect();
    assert!(missing.is_empty(), "the page has to have:\n{rows:#?}");
}
