use axum_channels::LogLine;
use std::fmt::{self, Debug};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tracing::field::{Field, Visit};
use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

/// Log of this thread.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Collects lines as a generated app prints them.
    pub(crate) fn collect(level: Level) -> (Log, DefaultGuard) {
        let log = Log::default();
        let writer = log.clone();
        let format = tracing_subscriber::fmt()
            .with_max_level(level)
            .event_format(Phoenix);
        let subscriber = format.with_writer(move || writer.clone()).finish();
        (log, set_default(subscriber))
    }

    /// Collects lines as `tracing_subscriber::fmt` prints them, without times.
    pub(crate) fn collect_plain(level: Level) -> (Log, DefaultGuard) {
        let log = Log::default();
        let writer = log.clone();
        let format = tracing_subscriber::fmt()
            .without_time()
            .with_ansi(false)
            .with_max_level(level);
        let subscriber = format.with_writer(move || writer.clone()).finish();
        (log, set_default(subscriber))
    }

    /// Collects events as their fields, one per line.
    pub(crate) fn collect_fields() -> (Log, DefaultGuard) {
        let log = Log::default();
        let fields = tracing_subscriber::registry().with(Fields(log.clone()));
        (log, set_default(fields))
    }

    /// Returns the log, with all durations as `29µs`.
    pub(crate) fn text(&self) -> String {
        let bytes = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let text = String::from_utf8(bytes).expect("text");
        text.lines().map(|line| normal(line) + "\n").collect()
    }
}

/// Sets the subscriber of this thread.
///
/// There is always another one. With one alone, tracing asks that of the thread on which an event occurs first; if it has
/// none, such as that of another test, the event is off for all threads.
fn set_default(subscriber: impl Subscriber + Send + Sync + 'static) -> DefaultGuard {
    static OTHER: OnceLock<Dispatch> = OnceLock::new();
    OTHER.get_or_init(|| Dispatch::new(NoSubscriber::new()));
    tracing::subscriber::set_default(subscriber)
}

fn normal(line: &str) -> String {
    if let Some((what, took)) = line.rsplit_once(" in ")
        && (took.ends_with("µs") || took.ends_with("ms"))
    {
        return format!("{what} in 29µs");
    }
    match line.split_once("duration_us=") {
        Some((before, after)) => {
            let after = after.trim_start_matches(|char: char| char.is_ascii_digit());
            format!("{before}duration_us=29{after}")
        }
        None => line.to_owned(),
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic while logging").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Phoenix;

impl<S, N> FormatEvent<S, N> for Phoenix
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        match LogLine::of(event) {
            Some(line) => writeln!(writer, "[{}] {line}", event.metadata().level()),
            None => Ok(()),
        }
    }
}

struct Fields(Log);

struct Line(String);

impl<S: Subscriber> Layer<S> for Fields {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "axum_channels" {
            let mut line = Line(event.metadata().level().to_string());
            event.record(&mut line);
            let _ = writeln!(self.0.clone(), "{}", line.0);
        }
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!(" | {field}={value:?}");
    }
}
