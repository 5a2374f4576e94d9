//! Captures in texts: `found.NAME`.

use super::source::Match;

/// Delimiters of the placeholder for `found.NAME`, between rendering and the match of the query.
pub const MARKS: [char; 2] = ['\u{E000}', '\u{E001}'];

/// Returns the placeholder for the capture `name`.
pub fn mark(name: &str) -> String {
    let [open, close] = MARKS;
    format!("{open}{name}{close}")
}

/// Returns the text with the captures of matches. A missing capture is replaced by its name, which is the usual name of
/// such a variable.
pub fn fill(text: &str, matches: &[&Match<'_>]) -> String {
    let [open, close] = MARKS;
    let mut parts = text.split(open);
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(close).unwrap_or((part, ""));
        let captured = matches
            .iter()
            .find_map(|m| m.text(name).or_else(|| used(name, m)));
        filled += captured.unwrap_or(name);
        filled += rest;
    }
    filled
}

/// Suffix of captures without the underscore of an unused name.
const USED: &str = "_used";

/// Returns the capture of `name` without its suffix as a name in use.
fn used<'a>(name: &'a str, found: &'a Match<'_>) -> Option<&'a str> {
    let name = name.strip_suffix(USED)?;
    match found.text(name)?.trim_start_matches('_') {
        "" => Some(name),
        used => Some(used),
    }
}

/// Returns the captures that `text` names.
pub fn captured(text: &str, matches: &[&Match<'_>]) -> Vec<String> {
    let [open, close] = MARKS;
    let names = text
        .split(open)
        .skip(1)
        .filter_map(|part| part.split_once(close));
    let captures = names.filter_map(|(name, _)| matches.iter().find_map(|m| m.text(name)));
    captures.map(str::to_owned).collect()
}
