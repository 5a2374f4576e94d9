//! Words of a file: letters, digits and `_`.

use std::ops::Range;

use super::spliced;
use crate::edit::source::Source;

/// Returns `text` with one occurrence of the word `old` replaced, for each of them.
pub fn each_replaced(text: &str, old: &str, new: &str) -> Vec<String> {
    let found = text.match_indices(old).map(|(at, _)| at..at + old.len());
    let words = found.filter(|range| is_word(text, range));
    words.map(|range| spliced(text, range, new)).collect()
}

/// Returns whether the code of `source` has `word` outside of `range`.
pub fn is_used(source: &Source, word: &str, range: &Range<usize>) -> bool {
    let text = &source.text;
    let mut found = text.match_indices(word).map(|(at, _)| at..at + word.len());
    found.any(|at| {
        let is_outside = at.end <= range.start || at.start >= range.end;
        let is_code = !source.is_comment(at.start)
            && !source.is_string(at.start)
            && !source.is_field(at.start);
        is_outside && is_word(text, &at) && is_code
    })
}

/// Returns whether `range` starts and ends where a word does.
pub fn is_word(text: &str, range: &Range<usize>) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let inside = &text[range.clone()];
    let starts = !(inside.starts_with(is_letter) && text[..range.start].ends_with(is_letter));
    starts && !(inside.ends_with(is_letter) && text[range.end..].starts_with(is_letter))
}
