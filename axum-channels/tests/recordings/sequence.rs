use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::path::Path;

/// A recorded sequence of messages from two clients.
#[derive(Deserialize)]
pub(crate) struct Sequence {
    pub(crate) seed: u64,
    /// The rule or the client that the sequence shows, if it is not random.
    #[serde(default)]
    pub(crate) rule: String,
    pub(crate) vsn: String,
    pub(crate) steps: Vec<Step>,
}

/// A message of one client, and the frames that both received after it.
#[derive(Deserialize)]
pub(crate) struct Step {
    pub(crate) client: usize,
    #[serde(flatten)]
    pub(crate) sent: Sent,
    pub(crate) heard: [Vec<Value>; 2],
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sent {
    Text(String),
    /// Bytes in base64.
    Binary(String),
}

impl Sequence {
    /// Reads a file of sequences, one a line.
    pub(crate) fn read(file: &Path) -> Vec<Sequence> {
        let text = std::fs::read_to_string(file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let lines = text.lines().enumerate();
        lines
            .map(|(at, line)| {
                serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("{}:{}: {error}", file.display(), at + 1))
            })
            .collect()
    }

    pub(crate) fn name(&self) -> String {
        match self.rule.as_str() {
            "" => format!("seed {}", self.seed),
            rule => format!("{rule:?}"),
        }
    }

    /// Returns the key of a client's presences.
    pub(crate) fn user(&self, client: usize) -> String {
        format!("u{client}s{}", self.seed)
    }
}

impl Step {
    /// Returns whether the client asks to join a topic.
    pub(crate) fn is_join(&self) -> bool {
        match &self.sent {
            Sent::Text(text) => match serde_json::from_str::<Value>(text) {
                Ok(Value::Array(message)) => {
                    message.get(3).is_some_and(|event| event == "phx_join")
                }
                Ok(message) => message["event"] == "phx_join",
                Err(_) => false,
            },
            Sent::Binary(bytes) => BASE64_STANDARD
                .decode(bytes)
                .is_ok_and(|bytes| bytes.windows(8).any(|part| part == b"phx_join")),
        }
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sent::Text(text) => f.write_str(text),
            Sent::Binary(bytes) => write!(f, "binary {bytes}"),
        }
    }
}
