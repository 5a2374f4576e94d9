use std::fmt;
use std::time::Duration;

/// Results of a run.
pub(crate) struct Report {
    pub(crate) engine: Measured,
    /// Messages a second of the library's client alone.
    pub(crate) client: Option<f64>,
    pub(crate) adapter: Adapter,
}

/// Results of an engine, or of nodes.
pub(crate) struct Measured {
    /// Messages a second, all received.
    pub(crate) rate: f64,
    pub(crate) latencies: Latencies,
}

/// Results of two nodes.
pub(crate) struct Adapter {
    pub(crate) across: Measured,
    /// CPU of both nodes for a message.
    pub(crate) cpu: Duration,
    /// Latencies of a subscriber on the node that publishes.
    pub(crate) local: Latencies,
    pub(crate) topics: usize,
    /// Time in which a node subscribed to the topics.
    pub(crate) subscribed_in: Duration,
    /// Bytes of resident memory that a topic takes with the adapter, besides those that it takes without. They include what
    /// the tasks took that subscribed to all topics at the same time, of which the allocator keeps some.
    pub(crate) bytes_a_topic: i64,
    pub(crate) lost: u64,
}

/// Times from a publish until its message was received.
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn new(mut times: Vec<Duration>) -> Latencies {
        times.sort_unstable();
        Latencies(times)
    }

    fn micros(&self, percent: usize) -> u128 {
        let at = self.0.len() * percent / 100;
        self.0.get(at).map_or(0, Duration::as_micros)
    }
}

impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p50 {} µs, p99 {} µs", self.micros(50), self.micros(99))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report {
            engine,
            client,
            adapter,
        } = self;
        let across = &adapter.across;
        let ratio = |a: f64, b: f64| a / b.max(1.0);
        let p99 = |it: &Latencies| it.micros(99) as f64;
        writeln!(
            f,
            "engine alone    {:.0} messages/s, {}",
            engine.rate, engine.latencies
        )?;
        if let Some(rate) = client {
            let of_it = ratio(across.rate, *rate);
            writeln!(
                f,
                "client alone    {rate:.0} messages/s, of which the nodes reach {of_it:.2}"
            )?;
        }
        writeln!(
            f,
            "across nodes    {:.0} messages/s, {}, {:.1} µs of CPU a message on both",
            across.rate,
            across.latencies,
            adapter.cpu.as_secs_f64() * 1e6
        )?;
        writeln!(f, "on its own node {}", adapter.local)?;
        writeln!(
            f,
            "ratios          {:.2} of the engine's rate, {:.1} times its p99",
            ratio(across.rate, engine.rate),
            ratio(p99(&across.latencies), p99(&engine.latencies)),
        )?;
        writeln!(
            f,
            "{} topics: subscribed at once in {:.2?}, {} bytes more of resident memory each, {} messages lost",
            adapter.topics, adapter.subscribed_in, adapter.bytes_a_topic, adapter.lost
        )
    }
}
