//! Format and levels of the log: `[info] CONNECTED TO …`.

use std::fmt;
use std::time::Instant;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use axum_channels::LogLine;
use tracing::field::Field;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// The app and its channels. Lines of other modules name theirs, for `RUST_LOG`.
pub const OWN: [&str; 2] = [env!("CARGO_CRATE_NAME"), "axum_channels"];

/// Settings of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    pub levels: Targets,
    pub format: Format,
}

/// Format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Lines without the time, for a terminal.
    Short,
    /// Lines with the time.
    Text,
    /// An object per line, for programs.
    Json,
}

/// Starts logging.
pub fn init(log: &Log) {
    let registry = tracing_subscriber::registry().with(log.levels.clone());
    match log.format {
        Format::Short => registry
            .with(layer().event_format(Line { time: false }))
            .init(),
        Format::Text => registry
            .with(layer().event_format(Line { time: true }))
            .init(),
        Format::Json => registry.with(layer().json().flatten_event(true)).init(),
    }
}

/// Logs a request and the status of its response. Files of the page and health checks are at level `trace`.
pub async fn requests(request: Request, next: Next) -> Response {
    let method = shown(request.method().as_str());
    let path = shown(request.uri().path());
    let start = Instant::now();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), start.elapsed());
    let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let message = format!("{method} {path} sent {status} in {took:.0?}");
    let is_check = path == "/up" || path == "/ready";
    match is_check || path.starts_with("/assets/") {
        true => tracing::trace!(method, path, status, duration_us, "{message}"),
        false => tracing::info!(method, path, status, duration_us, "{message}"),
    }
    response
}

/// Returns a method or a path for the log: characters beyond ASCII could control a terminal, and collectors split long
/// lines.
fn shown(text: &str) -> String {
    let mut shown = match text.is_ascii() {
        true => text.to_owned(),
        false => text.escape_default().to_string(),
    };
    if shown.len() > 4096 {
        shown.truncate(4096);
        shown.push_str("...");
    }
    shown
}

/// The level in brackets, then the event; events of sockets and channels in the format of Phoenix.
struct Line {
    time: bool,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let level = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "warning",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        if self.time {
            SystemTime.format_time(&mut writer)?;
            writer.write_char(' ')?;
        }
        write!(writer, "[{level}] ")?;
        let target = event.metadata().target();
        let crate_name = target.split("::").next().unwrap_or(target);
        if !OWN.contains(&crate_name) {
            write!(writer, "{target}: ")?;
        }
        match LogLine::of(event) {
            Some(line) => write!(writer, "{line}")?,
            // The fields of a request repeat its message, for JSON.
            None if target == module_path!() => {
                event.record(&mut |field: &Field, value: &dyn fmt::Debug| {
                    if field.name() == "message" {
                        let _ = write!(writer, "{value:?}"); // a `String` takes all
                    }
                });
            }
            None => context.format_fields(writer.by_ref(), event)?,
        }
        writeln!(writer)
    }
}
