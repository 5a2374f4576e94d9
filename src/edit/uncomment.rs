//! Uncommenting of a commented-out copy of the lines.

use tree_sitter::Node;

use super::source::Source;

/// Returns the source with the comment of `text` uncommented, or `None` without one among those that `belong`.
pub fn apply(source: &Source, text: &str, belongs: impl Fn(Node<'_>) -> bool) -> Option<String> {
    let wanted: Vec<&str> = text.trim().lines().map(str::trim).collect();
    // Most files have no such comment: then there is no need to look for comments.
    if !wanted.iter().all(|line| source.text.contains(line)) {
        return None;
    }
    let comments = source.comments();
    let bare = |node: &Node<'_>| source.language.uncommented(source.text_of(*node));
    let copy = comments.windows(wanted.len().max(1)).find(|window| {
        let lines = window.iter().map(|node| bare(node).trim());
        lines.eq(wanted.iter().copied())
            && adjacent(source, window)
            && window.iter().all(|node| belongs(*node))
    })?;
    // Examples in comments are indented.
    let indent = copy.iter().map(|node| indentation(bare(node))).min();
    let indent = indent.unwrap_or_default();
    let mut new = source.text.clone();
    for node in copy.iter().rev() {
        new.replace_range(source.range_of(*node), &bare(node)[indent..]);
    }
    Some(new)
}

/// Returns the number of spaces at the start of `line`.
pub fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Returns whether there is only white space between the comments.
fn adjacent(source: &Source, comments: &[Node<'_>]) -> bool {
    comments.windows(2).all(|pair| {
        let (end, start) = (source.range_of(pair[0]).end, pair[1].start_byte());
        source.text[end..start].trim().is_empty()
    })
}
