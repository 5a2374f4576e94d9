//! Messages of cargo (`--message-format=json`): diagnostics and binaries.

use std::path::PathBuf;

use console::strip_ansi_codes;
use serde::Deserialize;

use super::problem::Problem;

/// A message that matters here.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// A diagnostic as the terminal shows it, with the problem if it is an error.
    Diagnostic(String, Option<Problem>),
    /// A binary and its name.
    Binary(String, PathBuf),
}

impl Message {
    /// Parses a line; `None` for other messages, and for the output of build scripts.
    pub fn parse(line: &str) -> Option<Self> {
        match serde_json::from_str(line).ok()? {
            Line::CompilerMessage { message } => {
                let problem = message.problem();
                Some(Self::Diagnostic(message.rendered?, problem))
            }
            Line::CompilerArtifact { target, executable } => {
                let is_binary = target.kind.iter().any(|kind| kind == "bin");
                let path = executable.filter(|_| is_binary)?;
                Some(Self::Binary(target.name, path))
            }
            Line::Other => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Line {
    CompilerMessage {
        message: Diagnostic,
    },
    CompilerArtifact {
        target: Target,
        executable: Option<PathBuf>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: Option<String>,
    #[serde(default)]
    spans: Vec<Span>,
    message: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    line_start: u32,
    column_start: u32,
    is_primary: bool,
}

impl Diagnostic {
    /// Returns the error, unless this is a warning, or the sum of all errors at the end.
    fn problem(&self) -> Option<Problem> {
        if !self.level.starts_with("error") || self.message.starts_with("aborting due to ") {
            return None;
        }
        let span = self.spans.iter().find(|span| span.is_primary);
        let place = |span: &Span| {
            let (file, line) = (&span.file_name, span.line_start);
            format!("{file}:{line}:{}", span.column_start)
        };
        let text = self.rendered.as_deref().unwrap_or(&self.message);
        Some(Problem {
            place: span.map(place),
            text: strip_ansi_codes(text).trim_end().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_places_and_plain_text_and_warnings_are_only_shown() {
        let diagnostic = |level: &str, message: &str| {
            format!(
                r#"{{"reason":"compiler-message","package_id":"a","message":{{"level":"{level}","message":"{message}",
                "rendered":"\u001b[1m{message}\u001b[0m\n","code":null,"spans":[
                {{"file_name":"src/b.rs","line_start":1,"column_start":1,"is_primary":false}},
                {{"file_name":"src/a.rs","line_start":3,"column_start":5,"is_primary":true}}]}}}}"#
            )
        };
        let shown = |message: &str| format!("\u{1b}[1m{message}\u{1b}[0m\n");
        let problem = Problem {
            place: Some("src/a.rs:3:5".to_owned()),
            text: "no".to_owned(),
        };
        for (level, message, problem) in [
            ("error", "no", Some(problem.clone())),
            ("error: internal compiler error", "no", Some(problem)),
            ("error", "aborting due to 1 previous error", None),
            ("warning", "unused", None),
        ] {
            let parsed = Message::parse(&diagnostic(level, message));
            assert_eq!(parsed, Some(Message::Diagnostic(shown(message), problem)));
        }
    }

    #[test]
    fn binaries_have_paths_and_other_artifacts_are_ignored() {
        let artifact = |kind: &str, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"],"name":"app"}},"executable":{executable}}}"#
            )
        };
        let parse = |kind, executable| Message::parse(&artifact(kind, executable));
        let binary = Message::Binary("app".to_owned(), PathBuf::from("/t/app"));
        assert_eq!(parse("bin", r#""/t/app""#), Some(binary));
        assert_eq!(parse("lib", "null"), None);
        assert_eq!(parse("example", r#""/t/app""#), None);
        assert_eq!(
            Message::parse(r#"{"reason":"build-finished","success":true}"#),
            None
        );
        assert_eq!(Message::parse("printed by a build script"), None);
    }
}
