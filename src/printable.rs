//! Text of files and servers for the terminal, whose control characters are escaped. Pure.
//!
//! The escapes are those of JSON: a JSON object stays one, with the same strings.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns one line of text, with control characters and direction marks as `\\u001b`.
pub fn printable(text: &str) -> String {
    escaped(text, |_| 0)
}

/// Returns text of several lines, with all but line ends, tabs and colours escaped.
pub fn colored(text: &str) -> Cow<'_, str> {
    match text.contains(is_unsafe) {
        true => escaped(text, passed).into(),
        false => text.into(),
    }
}

/// `passed` returns the number of bytes from an unsafe character on that are not escaped.
fn escaped(text: &str, passed: impl Fn(&str) -> usize) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let count = match is_unsafe(c) {
            true => passed(rest),
            false => c.len_utf8(),
        };
        let (kept, behind) = rest.split_at(count.max(c.len_utf8()));
        match count {
            0 => drop(write!(escaped, "\\u{:04x}", u32::from(c))), // a `String` takes all
            _ => escaped.push_str(kept),
        }
        rest = behind;
    }
    escaped
}

/// The start of a sequence, which `m` ends if it sets a colour.
const SEQUENCE: &str = "\u{1b}[";

/// Returns the number of bytes of a line end, a tab, or the start of a colour.
fn passed(text: &str) -> usize {
    if text.starts_with(['\n', '\t']) || text.starts_with("\r\n") {
        return 1;
    }
    let Some(codes) = text.strip_prefix(SEQUENCE) else {
        return 0;
    };
    let end = codes.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
    match end.starts_with('m') {
        true => SEQUENCE.len(),
        false => 0,
    }
}

fn is_unsafe(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_has_no_control_characters() {
        let text = printable("é\t\n\u{1b}[31ma\u{9b}\u{7f}\u{202e}\u{2028}b");
        let expected = r"é\u0009\u000a\u001b[31ma\u009b\u007f\u202e\u2028b";
        assert_eq!(text, expected);
    }

    #[test]
    fn of_several_lines_colours_stay_and_nothing_else() {
        let kept = "é\r\n\ta \u{1b}[1;38;5;9mred\u{1b}[0m \u{1b}[m";
        assert_eq!(colored(kept), kept);
        for (text, expected) in [
            ("\u{1b}[2J", r"\u001b[2J"),
            ("\u{1b}]0;title\u{7}", r"\u001b]0;title\u0007"),
            ("\u{1b}[31\u{1b}[31m", "\\u001b[31\u{1b}[31m"),
            ("\u{1b}[3é\u{1b}", r"\u001b[3é\u001b"),
            ("\u{9b}31m\r\r\n", "\\u009b31m\\u000d\r\n"),
        ] {
            assert_eq!(colored(text), expected);
        }
    }
}
