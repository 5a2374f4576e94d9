//! Options of `connect`.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

/// Words and options of `connect`.
#[derive(Debug, Default, clap::Args)]
pub struct Connect {
    /// URL of the socket, such as ws://localhost:4000/socket [default: the socket of the current app]
    #[arg(value_name = "URL")]
    pub first: Option<String>,
    /// Topics to join, such as user:lobby
    #[arg(value_name = "TOPIC")]
    pub more: Vec<String>,
    /// Socket handler of the current app, if no URL is given
    #[arg(long, value_name = "NAME", default_value = "User")]
    pub socket: String,
    /// Parameter of the connection
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = param)]
    pub params: Vec<(String, String)>,
    /// Header of the handshake, such as 'Cookie: a=b'
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// Token, sent as phoenix.js sends its `authToken`
    #[arg(long)]
    pub token: Option<String>,
    /// Origin of the page to connect as, such as http://localhost:4000
    #[arg(long, value_name = "URL", value_parser = one_line)]
    pub origin: Option<String>,
    /// Version of the wire format [default: that of the URL, or else 2.0.0]
    #[arg(long)]
    pub vsn: Option<Vsn>,
    /// Use the path of the URL as it is, without adding /websocket
    #[arg(long)]
    pub exact_path: bool,
    /// File of certificates (PEM) to trust besides those of the system
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Print frames as they are sent and received
    #[arg(long, conflicts_with = "json")]
    pub raw: bool,
    /// Print a JSON object for each frame
    #[arg(long)]
    pub json: bool,
    /// Close the connection after this time, such as 10s, 500ms or 2m
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    pub time: Option<Duration>,
    /// Close the connection when this event has arrived; exit with 1 if it does not arrive in time [default time: 10s]
    #[arg(long = "expect", value_name = "EVENT")]
    pub expected: Vec<String>,
    /// Ask for the positions of broadcasts, and for those after POSITION, which is one of the first topic
    #[arg(
        long,
        value_name = "POSITION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    pub recover: Option<String>,
}

/// Version of the wire format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Vsn {
    #[default]
    #[value(name = "2.0.0", alias = "2")]
    V2,
    #[value(name = "1.0.0", alias = "1")]
    V1,
}

impl Vsn {
    /// Returns the version as phoenix.js sends it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "2.0.0",
            Self::V1 => "1.0.0",
        }
    }
}

impl Connect {
    /// Returns the URL, if there is one.
    pub fn url(&self) -> Option<&str> {
        self.first.as_deref().filter(|word| is_url(word))
    }

    /// Returns the topics: a first word that is no URL is one of them.
    pub fn topics(&self) -> Vec<String> {
        let first = self.first.iter().filter(|word| !is_url(word));
        first.chain(&self.more).cloned().collect()
    }
}

fn is_url(word: &str) -> bool {
    word.contains("://")
}

fn param(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn header(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_name) {
        return Err("expected NAME: VALUE");
    }
    Ok((name.to_owned(), one_line(value.trim())?))
}

/// Refuses control characters, with which a value would end its line of the request.
fn one_line(text: &str) -> Result<String, &'static str> {
    match text.chars().any(char::is_control) {
        true => Err("it has a control character"),
        false => Ok(text.to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, &'static str> {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let millis = match &text[digits.len()..] {
        "ms" => 1.0,
        "s" | "" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return Err("expected a time such as 10s, 500ms or 2m"),
    };
    let number: f64 = digits.parse().map_err(|_| "expected a time such as 10s")?;
    Duration::try_from_secs_f64(number * millis / 1_000.0).map_err(|_| "it is out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let times = ["10s", "500ms", "2m", "1h", "3", "1.5s"].map(duration);
        let millis = [10_000, 500, 120_000, 3_600_000, 3_000, 1_500].map(Duration::from_millis);
        assert_eq!(times, millis.map(Ok));
        for text in ["", "s", "10 s", "-1s", "1d", "soon", "1e400s", "NaN"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_header_cannot_end_its_line() {
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(header("Cookie: a=b; c=d:e"), pair("Cookie", "a=b; c=d:e"));
        for text in ["Cookie", ": a", "a b: c", "X: a\r\nHost: b", "X\r\nY: a"] {
            assert!(header(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_first_word_that_is_no_url_is_a_topic() {
        let words = |url: &str, topics: &[&str]| Connect {
            first: Some(url.to_owned()),
            more: topics.iter().map(|&topic| topic.to_owned()).collect(),
            ..Connect::default()
        };
        let connect = words("user:lobby", &["room:1"]);
        assert_eq!(connect.url(), None);
        assert_eq!(connect.topics(), ["user:lobby", "room:1"]);
        let connect = words("ws://localhost/socket", &["room:1"]);
        assert_eq!(connect.url(), Some("ws://localhost/socket"));
        assert_eq!(connect.topics(), ["room:1"]);
    }
}
