//! Words of a file: letters, digits and `_`.

use std::ops::Range;

use super::spliced;
use crate::edit::source::Source;

/// Returns `text` with one occurrence of the word `old` replaced, for each of them.
pub fn each_replaced(text: &str, old: &str, new: &str) -> Vec<String> {
    let words = occurrences(text, old);
    words.map(|range| spliced(text, range, new)).collect()
}

/// Returns `text` with all occurrences of the word `old` replaced.
pub fn all_replaced(text: &str, old: &str, new: &str) -> String {
    let mut replaced = text.to_owned();
    let words: Vec<_> = occurrences(text, old).collect();
    for range in words.into_iter().rev() {
        replaced.replace_range(range, new);
    }
    replaced
}

/// Returns whether the code of `source` has `word` outside of `range`.
pub fn is_used(source: &Source, word: &str, range: &Range<usize>) -> bool {
    occurrences(&source.text, word).any(|at| {
        let is_outside = at.end <= range.start || at.start >= range.end;
        let is_code = !source.is_comment(at.start)
            && !source.is_string(at.start)
            && !source.is_field(at.start);
        is_outside && is_code
    })
}

fn occurrences<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let found = text.match_indices(word);
    let found = found.map(|(at, _)| at..at + word.len());
    found.filter(|range| is_word(text, range))
}

/// Returns whether `range` starts and ends where a word does.
pub fn is_word(text: &str, range: &Range<usize>) -> bool {
    let inside = &text[range.clone()];
    let starts = !(inside.starts_with(is_letter) && text[..range.start].ends_with(is_letter));
    starts && !(inside.ends_with(is_letter) && text[range.end..].starts_with(is_letter))
}

pub fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An alias of a file that does not compile may be part of its own name.
    #[test]
    fn a_word_is_replaced_by_one_that_contains_it() {
        let replaced = all_replaced("Foo.x(Foo, Food)", "Foo", "Bar.Foo");
        assert_eq!(replaced, "Bar.Foo.x(Bar.Foo, Food)");
    }
}
