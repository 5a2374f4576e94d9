//! Messages to the app, which it passes on to all open pages.

use serde_json::json;

use super::problem::Problem;

/// An event of the topic `phoenix:live_reload`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A file of this type has changed.
    AssetsChange(String),
    /// A build has ended, with these errors.
    Build(Vec<Problem>),
}

impl Message {
    /// Returns the line for the app: event and payload, as JSON.
    pub fn line(&self) -> String {
        let message = match self {
            Self::AssetsChange(kind) => json!(["assets_change", { "asset_type": kind }]),
            Self::Build(errors) => json!(["build", { "errors": errors }]),
        };
        format!("{message}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_with_event_and_payload() {
        let problem = Problem {
            place: Some("src/lib.rs:3:5".to_owned()),
            text: "error: \"no\"\nhelp".to_owned(),
        };
        for (message, expected) in [
            (
                Message::AssetsChange("css".to_owned()),
                r#"["assets_change",{"asset_type":"css"}]"#,
            ),
            (Message::Build(Vec::new()), r#"["build",{"errors":[]}]"#),
            (
                Message::Build(vec![problem]),
                r#"["build",{"errors":[{"place":"src/lib.rs:3:5","text":"error: \"no\"\nhelp"}]}]"#,
            ),
        ] {
            assert_eq!(message.line(), format!("{expected}\n"));
        }
    }
}
