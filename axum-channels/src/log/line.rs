use super::TARGET;
use std::fmt::{self, Debug, Display};
use std::time::Duration;
use tracing::Event;
use tracing::field::{Field, Visit};

/// Sentence of each event, by its message. A line with a field that the event lacks is left out.
const SENTENCES: [(&str, &str); 44] = [
    (
        "CONNECTED TO",
        "CONNECTED TO {socket} in {duration_us}
  Transport: {transport}
  Serializer: {serializer}
  Parameters: {params}",
    ),
    (
        "REFUSED CONNECTION TO",
        "REFUSED CONNECTION TO {socket} in {duration_us}
  Transport: {transport}
  Serializer: {serializer}
  Parameters: {params}
  Reason: {reason}",
    ),
    (
        "JOINED",
        "JOINED {topic} in {duration_us}
  Parameters: {params}",
    ),
    (
        "REFUSED JOIN",
        "REFUSED JOIN {topic} in {duration_us}
  Parameters: {params}
  Reason: {reason}",
    ),
    (
        "HANDLED",
        "HANDLED {event} INCOMING ON {topic} ({channel}) in {duration_us}
  Parameters: {params}",
    ),
    (
        "connection closed",
        "Closed a connection to {socket}: {reason}
  Transport: {transport}
  Kind: {kind}
  Limit: {limit} bytes
  Message: {bytes} bytes, from `{start}`",
    ),
    (
        "request refused",
        "Refused a request to {socket} with {status}: {reason}
  Transport: {transport}
  Missing: {missing}
  Limit: {limit} bytes",
    ),
    (
        "origin refused",
        "Could not check origin for {socket}
  Origin of the request: {origin}
  Allowed: {allowed}
  To allow it: {setting}",
    ),
    ("connect crashed", "connect of {socket} crashed: {error}"),
    ("request crashed", "a request crashed: {error}"),
    (
        "unsupported version",
        "The client's requested transport version \"{vsn}\" is not supported: expected {expected}",
    ),
    (
        "join crashed",
        "join of {topic} in {socket} crashed: {error}",
    ),
    (
        "channel aborted",
        "{channel} on {topic} was aborted: its client was gone, and it had not handled what it was sent within {limit_ms} ms",
    ),
    (
        "blocking handler",
        "{channel} took {duration_us} without an await, and held up every connection of its thread: use `spawn_blocking`",
    ),
    ("channel crashed", "{channel} on {topic} crashed: {error}"),
    (
        "channel crashed while it was dropped",
        "a channel crashed while it was dropped: {error}",
    ),
    (
        "channel fell behind",
        "a channel on {topic} in {socket} was ended: it fell behind with its broadcasts",
    ),
    (
        "unmatched topic",
        "Ignoring unmatched topic \"{topic}\" in {socket}",
    ),
    (
        "too many channels",
        "Reached max channels per transport limit of {limit} for {socket}",
    ),
    (
        "message not sent",
        "a message on {topic} was not sent: {reason}",
    ),
    (
        "message not decoded",
        "{serializer} could not decode a message: {error}",
    ),
    (
        "presence callback crashed",
        "{callback} of the presences of {topic} crashed: {error}",
    ),
    (
        "shutdown requested",
        "Shutdown requested
  Begins in: {delay_ms} ms",
    ),
    (
        "shutting down",
        "Shutting down {socket}: closing {connections} connections",
    ),
    (
        "connections did not close in time",
        "{connections} connections to {socket} did not close in time",
    ),
    (
        "HTTP connection failed",
        "Closed the HTTP connection of {peer}: {error}",
    ),
    (
        "cannot accept connections",
        "Cannot accept connections, trying again: {error}",
    ),
    ("accepting connections again", "Accepting connections again"),
    (
        "requests dropped",
        "Requests dropped that were not finished within {limit_ms} ms of the shutdown: {requests}",
    ),
    (
        "message not published",
        "A message on {topic} did not reach the other nodes: {error}",
    ),
    (
        "messages lost",
        "{count} messages to other nodes were lost: {reason}",
    ),
    (
        "malformed message of a node",
        "A message of another node was dropped, {bytes} bytes: {reason}",
    ),
    (
        "topic not subscribed",
        "Could not subscribe to {topic} on other nodes, trying again: {error}",
    ),
    (
        "topic not unsubscribed",
        "Could not unsubscribe from {topic} on other nodes: {error}",
    ),
    (
        "pubsub adapter stopped",
        "The pubsub adapter stopped, running it again: {error}",
    ),
    (
        "pubsub adapter not stopped",
        "The pubsub adapter did not leave the other nodes in good order: {error}",
    ),
    (
        "pubsub engine connected",
        "Connected to the other nodes by {engine} at {addr}",
    ),
    (
        "pubsub engine away",
        "No connection to the other nodes, this one goes on alone and connects again: {error}",
    ),
    (
        "pubsub engine back",
        "Connected to the other nodes again, after {away_ms} ms",
    ),
    (
        "pubsub engine refuses",
        "{engine} refuses to keep {part}: {error}",
    ),
    ("pubsub engine accepts", "{engine} keeps {part} again"),
    (
        "history not loaded",
        "Could not load the history of {topic}, whose clients are told that they may have missed something: {error}",
    ),
    (
        "the engine has lost broadcasts",
        "The engine has lost broadcasts of {topic}: its clients with positions join again",
    ),
    ("more not logged", "and {count} more of this kind: {of}"),
];

/// Log event of this crate as text, in Phoenix's format: for a formatter of `tracing-subscriber`.
///
/// Events have a constant message and fields, which suits filters and JSON. Its `Display` combines both:
///
/// ```text
/// CONNECTED TO my_app::channels::user_socket::UserSocket in 31µs
///   Transport: websocket
///   Serializer: V2 JSON
///   Parameters: {"token": "[FILTERED]", "vsn": "2.0.0"}
/// ```
///
/// ```
/// use axum_channels::LogLine;
/// use tracing::{Event, Subscriber};
/// use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
/// use tracing_subscriber::fmt::FmtContext;
/// use tracing_subscriber::registry::LookupSpan;
///
/// struct Line;
///
/// impl<S, N> FormatEvent<S, N> for Line
/// where
///     S: Subscriber + for<'a> LookupSpan<'a>,
///     N: for<'a> FormatFields<'a> + 'static,
/// {
///     fn format_event(&self, context: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> std::fmt::Result {
///         match LogLine::of(event) {
///             Some(line) => write!(out, "{line}")?,
///             None => context.format_fields(out.by_ref(), event)?,
///         }
///         writeln!(out)
///     }
/// }
///
/// tracing_subscriber::fmt().event_format(Line).init();
/// ```
#[derive(Debug)]
pub struct LogLine {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl LogLine {
    /// Returns the text of an event, or `None` if the event is not from the target `axum_channels`.
    ///
    /// ```
    /// # use axum_channels::LogLine;
    /// fn text(event: &tracing::Event<'_>) -> Option<String> {
    ///     LogLine::of(event).map(|line| line.to_string())
    /// }
    /// ```
    #[must_use]
    pub fn of(event: &Event<'_>) -> Option<Self> {
        (event.metadata().target() == TARGET).then(|| {
            let mut line = LogLine {
                message: String::new(),
                fields: Vec::new(),
            };
            event.record(&mut line);
            line
        })
    }

    fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Fills the fields into a line of a sentence. `None` if one is missing.
    fn fill(&self, sentence: &str) -> Option<String> {
        let mut parts = sentence.split(['{', '}']);
        let mut line = parts.next()?.to_owned();
        while let (Some(name), Some(text)) = (parts.next(), parts.next()) {
            line += self.field(name)?;
            line += text;
        }
        Some(line)
    }
}

impl Visit for LogLine {
    fn record_u64(&mut self, field: &Field, value: u64) {
        let value = match field.name() {
            "duration_us" => Took(Duration::from_micros(value)).to_string(),
            _ => value.to_string(),
        };
        self.fields.push((field.name(), value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}");
        match field.name() {
            "message" => self.message = value,
            name => self.fields.push((name, value)),
        }
    }
}

/// An event without a sentence is shown as its message and its fields.
impl Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = SENTENCES
            .iter()
            .find(|(message, _)| *message == self.message);
        let Some((_, sentence)) = known else {
            f.write_str(&self.message)?;
            let mut fields = self.fields.iter();
            return fields.try_for_each(|(name, value)| write!(f, " {name}={value}"));
        };
        let lines: Vec<_> = sentence
            .lines()
            .filter_map(|line| self.fill(line))
            .collect();
        f.write_str(&lines.join("\n"))
    }
}

/// A duration: whole `µs` up to a thousand, whole `ms` beyond.
struct Took(Duration);

impl Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_micros() {
            micros if micros > 1000 => write!(f, "{}ms", micros / 1000),
            micros => write!(f, "{micros}µs"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_phoenix_writes_them() {
        let took =
            [29, 1000, 1001, 2500].map(|micros| Took(Duration::from_micros(micros)).to_string());
        assert_eq!(took, ["29µs", "1000µs", "1ms", "2ms"]);
    }

    #[test]
    fn the_readme_lists_every_event() {
        // Apps have the sources without it.
        let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let readme = std::fs::read_to_string(readme).expect("it is in the repository");
        let rows = readme.lines().filter(|line| line.starts_with("| `"));
        let rows: Vec<_> = rows.collect();
        let is_listed = |message: &str| {
            let name = format!("`{message}`");
            rows.iter().any(|row| row.contains(&name))
        };
        let missing = SENTENCES.map(|(message, _)| message);
        let missing: Vec<_> = missing.iter().filter(|it| !is_listed(it)).collect();
        assert!(
            missing.is_empty(),
            "not in the table of README.md: {missing:?}"
        );
    }

    #[test]
    fn a_line_without_its_field_is_left_out_and_an_unknown_event_shows_all_it_has() {
        let line = |message: &str, fields: &[(&'static str, &str)]| {
            let fields = fields
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()));
            let message = message.to_owned();
            LogLine {
                message,
                fields: fields.collect(),
            }
            .to_string()
        };
        let closed = [
            ("socket", "S"),
            ("reason", "idle {x}"),
            ("transport", "longpoll"),
        ];
        assert_eq!(
            line("connection closed", &closed),
            "Closed a connection to S: idle {x}\n  Transport: longpoll"
        );
        assert_eq!(line("new", &[("a", "1"), ("b", "2")]), "new a=1 b=2");
    }
}
