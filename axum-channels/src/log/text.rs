use std::fmt::{self, Display, Write};

/// Maximum number of bytes of text for one value: Elixir's `printable_limit`.
pub(super) const MAX_TEXT: usize = 4096;

/// Mark at a cut.
pub(super) const CUT: &str = "...";

/// A value on one line: characters that could end, colour or reverse the line are escaped, and a value longer than
/// [`MAX_TEXT`] is cut.
pub(crate) fn one_line(value: impl Display) -> String {
    one_line_of(value, MAX_TEXT)
}

/// The same, cut after `limit` bytes.
pub(super) fn one_line_of(value: impl Display, limit: usize) -> String {
    let mut line = Line {
        text: String::new(),
        limit,
    };
    if write!(line, "{value}").is_err() {
        line.text.push_str(CUT);
    }
    line.text
}

struct Line {
    text: String,
    limit: usize,
}

impl Write for Line {
    /// Fails once it is full, which ends the formatting of the value.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            if self.text.len() + char.len_utf8() > self.limit {
                return Err(fmt::Error);
            }
            if is_unsafe(char) {
                write!(self.text, "{}", char.escape_debug())?;
            } else {
                self.text.push(char);
            }
        }
        Ok(())
    }
}

/// Returns whether a character can change the display of the rest: a control, a line separator, a change of direction.
fn is_unsafe(char: char) -> bool {
    let turns =
        matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    char.is_control() || turns || matches!(char, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_write_lines_of_its_own() {
        let text = one_line("room:é \"a\\b\"\n\u{1b}[31mINFO\u{85}\u{2028}\u{202e}");
        assert_eq!(
            text,
            r#"room:é "a\b"\n\u{1b}[31mINFO\u{85}\u{2028}\u{202e}"#
        );
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        assert_eq!(one_line_of("abcdef", 6), "abcdef");
        assert_eq!(one_line_of("abcdefg", 6), "abcdef...");
        assert_eq!(one_line_of("ééé", 5), "éé...");
    }

    #[test]
    fn formatting_ends_where_the_line_is_full() {
        struct Endless;
        impl Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("ab")?;
                }
            }
        }
        assert_eq!(one_line_of(Endless, 5), "ababa...");
    }
}
