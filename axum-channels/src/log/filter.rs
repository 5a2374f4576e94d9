use super::text::{CUT, one_line_of};

/// Replacement for hidden values.
pub(super) const FILTERED: &str = "[FILTERED]";

/// Selection of the parameters to hide: Phoenix's `filter_parameters`.
#[derive(Clone, Debug)]
pub(crate) enum Filter {
    /// Hide those with one of these words in their name, in lower case.
    Discard(Vec<String>),
    /// Hide all except those with one of these names.
    Keep(Vec<String>),
}

/// Visibility of a parameter in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    /// Its contents are filtered in turn.
    Filtered,
    All,
}

/// Maximum number of bytes shown of a malformed message.
const START: usize = 64;

impl Filter {
    /// Hides parameters by words in their names.
    pub(crate) fn discard<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> Self {
        let lower = |word: W| word.as_ref().to_ascii_lowercase();
        Filter::Discard(words.into_iter().map(lower).collect())
    }

    /// Hides all parameters except the named ones.
    pub(crate) fn keep<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Self {
        let owned = |name: N| name.as_ref().to_owned();
        Filter::Keep(names.into_iter().map(owned).collect())
    }

    /// Returns the visibility of the parameter with a name.
    pub(super) fn of_name(&self, name: &str) -> Shown {
        match self {
            Filter::Discard(words) => {
                let name = name.to_ascii_lowercase();
                match words.iter().any(|word| name.contains(word)) {
                    true => Shown::Nothing,
                    false => Shown::Filtered,
                }
            }
            Filter::Keep(names) => match names.iter().any(|known| known == name) {
                true => Shown::All,
                false => Shown::Filtered,
            },
        }
    }

    /// Returns whether a single value is hidden whatever its name: a word filter hides one that looks like a query string
    /// with one of its words.
    pub(super) fn hides_value(&self, value: &str) -> bool {
        match self {
            Filter::Discard(words) => words.iter().any(|word| {
                let mut rests = value.split(word.as_str()).skip(1);
                rests.any(|rest| rest.starts_with('='))
            }),
            Filter::Keep(_) => true,
        }
    }

    /// Returns the first bytes of a malformed message, up to the first word of the filter.
    pub(super) fn start(&self, message: &[u8]) -> String {
        let Filter::Discard(words) = self else {
            return FILTERED.to_owned();
        };
        let start = String::from_utf8_lossy(&message[..message.len().min(START)]);
        let lower = start.to_ascii_lowercase();
        let end = words
            .iter()
            .filter_map(|word| Some(lower.find(word)? + word.len()));
        let end = end.min().unwrap_or(start.len());
        let mut shown = one_line_of(&start[..end], usize::MAX);
        if end < start.len() || message.len() > START {
            shown.push_str(CUT);
        }
        shown
    }
}

impl Default for Filter {
    /// Phoenix's default filter, and secrets.
    fn default() -> Self {
        Filter::discard(["password", "secret", "token"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hide_names_that_contain_them_whatever_their_case() {
        let filter = Filter::discard(["Token"]);
        let shown = ["token", "authTOKENs", "tok"].map(|name| filter.of_name(name));
        assert_eq!(shown, [Shown::Nothing, Shown::Nothing, Shown::Filtered]);
        assert!(filter.hides_value("/?a=1&token=2"));
        assert!(!filter.hides_value("a token = 2"));
    }

    #[test]
    fn kept_names_are_shown_and_nothing_else_is() {
        let filter = Filter::keep(["id"]);
        let shown = ["id", "ID", "user"].map(|name| filter.of_name(name));
        assert_eq!(shown, [Shown::All, Shown::Filtered, Shown::Filtered]);
        assert!(filter.hides_value("x"));
    }

    #[test]
    fn the_start_of_a_message_is_bounded_escaped_and_filtered() {
        let filter = Filter::default();
        let starts = [
            &b"not json\n"[..],
            &[b'x'; 65],
            b"{\"Password\":\"hunter2",
            b"\xff\x00",
        ]
        .map(|message| filter.start(message));
        let long = format!("{}...", "x".repeat(64));
        let expected = ["not json\\n", &long, "{\"Password...", "\u{fffd}\\0"];
        assert_eq!(starts, expected);
        assert_eq!(Filter::keep(["id"]).start(b"not json"), "[FILTERED]");
    }
}
