//! Format of the log: `[info] CONNECTED TO …`.

use std::fmt;

use axum_channels::LogLine;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, fmt};
use tracing_subscriber::registry::LookupSpan;

/// Starts logging: at level `debug` in development, at `info` in a release.
pub fn init() {
    let level = if cfg!(debug_assertions) {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    fmt().with_max_level(level).event_format(Line).init();
}

/// The level in brackets, then the event; events of sockets and channels in the format of Phoenix. For time stamps or JSON,
/// use a format of `tracing_subscriber::fmt` instead: events have all of this information as fields.
struct Line;

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
        write!(writer, "[{level}] ")?;
        match LogLine::of(event) {
            Some(line) => write!(writer, "{line}")?,
            None => context.format_fields(writer.by_ref(), event)?,
        }
        writeln!(writer)
    }
}
