//! A commented-out copy of the very lines is brought to life where it stands.

use std::ops::Range;

use super::syntax::Source;

/// The source with the comment that says `text` uncommented, or `None` if there is none.
pub fn apply(source: &Source<'_>, text: &str) -> Option<String> {
    let wanted: Vec<&str> = text.trim().lines().map(str::trim).collect();
    let comments = source.comments();
    let copy = comments.windows(wanted.len()).find(|window| {
        let lines = window
            .iter()
            .map(|range| bare(&source.text[range.clone()]).trim());
        lines.eq(wanted.iter().copied()) && adjacent(source.text, window)
    })?;
    let mut new = source.text.to_owned();
    for range in copy.iter().rev() {
        new.replace_range(range.clone(), bare(&source.text[range.clone()]));
    }
    Some(new)
}

/// Whether nothing but white space stands between the comments.
fn adjacent(text: &str, comments: &[Range<usize>]) -> bool {
    comments
        .windows(2)
        .all(|pair| text[pair[0].end..pair[1].start].trim().is_empty())
}

/// The comment without its signs and the one space that follows them.
fn bare(comment: &str) -> &str {
    let block = comment
        .strip_prefix("/*")
        .and_then(|c| c.strip_suffix("*/"))
        .map(str::trim);
    let line = || {
        comment
            .strip_prefix("//")
            .or_else(|| comment.strip_prefix('#'))
            .unwrap_or(comment)
    };
    let bare = block.unwrap_or_else(line);
    bare.strip_prefix(' ').unwrap_or(bare)
}
