//! Metrics for Prometheus at `/metrics`: events of the target `axum_channels::metrics`, counted and summed by a layer of
//! `tracing-subscriber`, and the counts of open connections and of messages between nodes.
//!
//!     PORT=4000 cargo run --example metrics
//!     curl http://127.0.0.1:4000/metrics

use axum::Router;
use axum::routing::get;
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Params, Payload, Reply, Result, Socket,
    SocketHandler, Topic, serve,
};
use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;

/// Counts so far, by name and labels.
#[derive(Clone, Default)]
struct Figures(Arc<Mutex<BTreeMap<(String, String), Sums>>>);

#[derive(Default)]
struct Sums {
    count: u64,
    micros: u64,
    /// For `publish`: the total number of subscribers.
    subscribers: u64,
}

/// Fields of one event.
#[derive(Default)]
struct Reading {
    what: String,
    labels: String,
    micros: u64,
    subscribers: u64,
}

impl Visit for Reading {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "micros" => self.micros = value,
            "subscribers" => self.subscribers = value,
            _ => self.record_debug(field, &value),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "what" => value.clone_into(&mut self.what),
            _ => self.record_debug(field, &format_args!("{value}")),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let comma = if self.labels.is_empty() { "" } else { "," };
        let _ = write!(self.labels, "{comma}{field}=\"{value:?}\""); // writing into a string cannot fail
    }
}

impl<S: Subscriber> Layer<S> for Figures {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut reading = Reading::default();
        event.record(&mut reading);
        let mut figures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sums = figures.entry((reading.what, reading.labels)).or_default();
        sums.count += 1;
        sums.micros += reading.micros;
        sums.subscribers += reading.subscribers;
    }
}

impl Figures {
    /// Formats them for Prometheus.
    fn text(&self, endpoint: &Endpoint) -> String {
        let stats = endpoint.stats();
        let mut text = format!(
            "axum_channels_connections {}\naxum_channels_subscriptions {}\n",
            stats.connections, stats.subscriptions
        );
        let cluster = stats.cluster; // all zero without an adapter
        for (what, value) in [
            ("connected", u64::from(cluster.connected)),
            ("topics", cluster.topics as u64),
            ("published_total", cluster.published),
            ("received_total", cluster.received),
            ("lost_total", cluster.lost),
            ("malformed_total", cluster.malformed),
            ("reconnects_total", cluster.reconnects),
        ] {
            let _ = writeln!(text, "axum_channels_cluster_{what} {value}");
        }
        let figures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((what, labels), sums) in &*figures {
            let mut line = |unit: &str, value: u64| {
                let _ = writeln!(text, "axum_channels_{what}_{unit}total{{{labels}}} {value}");
            };
            line("", sums.count);
            line("micros_", sums.micros);
            if what == "publish" {
                line("subscribers_", sums.subscribers);
            }
        }
        text
    }
}

struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
    }

    async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

struct RoomChannel;

impl Channel for RoomChannel {
    async fn join(_topic: &Topic, _payload: Payload, _socket: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        socket.broadcast(event, payload);
        Ok(Reply::none())
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let figures = Figures::default();
    // The filter disables all other events for this layer; a layer that prints has a filter of its own.
    let ours = filter_fn(|metadata| metadata.target() == "axum_channels::metrics");
    tracing_subscriber::registry()
        .with(figures.clone().with_filter(ours))
        .init();
    let port = std::env::var("PORT")
        .ok()
        .and_then(|port| port.parse().ok())
        .unwrap_or(4000);
    let endpoint = Endpoint::builder().socket::<UserSocket>("/socket").build();
    let of_metrics = endpoint.clone();
    let app = Router::new()
        .merge(endpoint.router())
        .route("/metrics", get(async move || figures.text(&of_metrics)));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    serve(listener, app).drain(&endpoint).with_signals().await
}
