//! Metrics events.

mod support;

use axum_channels::testing::connect;
use serde_json::json;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use support::{endpoint, eventually};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Collects the events, without their durations.
#[derive(Clone, Default)]
struct Figures(Arc<Mutex<Vec<String>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() != "micros" {
            let _ = write!(self.0, "{value:?} ");
        }
    }
}

impl Subscriber for Figures {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "axum_channels::metrics"
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0
            .lock()
            .expect("not poisoned")
            .push(text.0.trim_end().replace('"', ""));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn connects_joins_messages_broadcasts_and_closes_are_told_of() {
    let figures = Figures::default();
    let _guard = tracing::subscriber::set_default(figures.clone());
    let client = connect(&endpoint(), "/socket").await;
    let mut room = client.join("room:1", json!({})).await;
    assert!(client.try_join("room:locked", json!({})).await.is_err());
    room.push("shout", json!({}));
    room.assert_broadcast("shout", json!({})).await;
    room.push("error", json!({}));
    room.assert_crashed().await;
    client.disconnect().await;
    let recorded = || figures.0.lock().expect("not poisoned").clone();
    eventually("the end is recorded", || {
        recorded().iter().any(|figure| figure.starts_with("close"))
    })
    .await;
    assert_eq!(
        recorded(),
        [
            "connect metrics::support::app::UserSocket websocket true",
            "join metrics::support::app::RoomChannel ok",
            "join metrics::support::app::RoomChannel refused",
            "publish 1",
            "handle metrics::support::app::RoomChannel ok",
            "handle metrics::support::app::RoomChannel crashed",
            "close 1000",
        ]
    );
}
