use std::fmt;

/// Something that the user may not do. The connection goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    text: String,
    /// Subject that it may not publish to.
    pub(super) subject: Option<String>,
}

const START: &str = "Permissions Violation";
const PUBLISH: &str = "Permissions Violation for Publish to ";

impl Violation {
    /// Reads an error of the server. `None` for those that end the connection.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let subject = text.strip_prefix(PUBLISH);
        text.starts_with(START).then(|| Violation {
            text: text.to_owned(),
            subject: subject.map(|subject| subject.trim_matches('"').to_owned()),
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Violation {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_missing_permissions_leave_the_connection_as_it_is() {
        let subject = |text: &str| Violation::parse(text).map(|violation| violation.subject);
        let publish = r#"Permissions Violation for Publish to "my_app.history.1_5.room=3A1""#;
        let published = Some("my_app.history.1_5.room=3A1".to_owned());
        assert_eq!(subject(publish), Some(published));
        let subscription = r#"Permissions Violation for Subscription to "my_app.leaving""#;
        assert_eq!(subject(subscription), Some(None));
        for other in ["Authorization Violation", "Stale Connection", ""] {
            assert_eq!(subject(other), None, "{other}");
        }
    }
}
