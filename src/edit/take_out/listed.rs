//! Names in a list that an import has been moved into: `use crate::{assets, auth};`.

use std::ops::Range;

use anyhow::Result;
use tree_sitter::Node;

use super::edges::Edges;
use super::spliced;
use super::words::is_used;
use crate::edit::place::Place;
use crate::edit::source::{Match, Source};

impl Place {
    /// Returns the source without the names of the import that are in a list and that nothing else uses; `None` without one.
    pub(super) fn without_names(&self, source: &Source) -> Result<Option<Source>> {
        let Some(query) = &self.listed else {
            return Ok(None);
        };
        let mut without: Option<Source> = None;
        // The positions of the others change with each.
        loop {
            let now = without.as_ref().unwrap_or(source);
            let found = now.find(query)?;
            let text = found.iter().find_map(|found| without_name(now, found));
            match text {
                Some(text) => without = Some(now.with_text(text)),
                None => return Ok(without),
            }
        }
    }
}

/// Returns the text without `@item`: with its whole `@statement`, if it is alone in that, or else without the brackets of
/// `@brackets` around a last one. `None` if the file uses its name, or if there is nothing that could be left.
fn without_name(source: &Source, found: &Match<'_>) -> Option<String> {
    let (item, text) = (found.node("item")?, &source.text);
    let name = found.text("name").or_else(|| found.text("item"))?;
    if is_used(source, name, &source.range_of(item)) {
        return None;
    }
    let list = item.parent()?;
    let is_code = |node: &Node<'_>| !node.is_extra();
    let others: Vec<_> = list
        .named_children(&mut source.cursor())
        .filter(is_code)
        .filter(|node| *node != item)
        .collect();
    match others.as_slice() {
        [] => {
            let statement = Edges::of(text, &found.range("statement")?).whole_lines();
            Some(spliced(text, statement, ""))
        }
        [other] if found.node("brackets").is_some() && list.named_child_count() == 2 => {
            let other = source.text_of(*other).to_owned();
            (other != "self").then(|| spliced(text, source.range_of(list), &other))
        }
        _ => Some(spliced(text, with_comma(source, item), "")),
    }
}

/// Returns the range of an item of a list with its comma, and the white space that it leaves.
fn with_comma(source: &Source, item: Node<'_>) -> Range<usize> {
    let (text, range) = (&source.text, source.range_of(item));
    let is_comma = |node: &Node<'_>| node.kind() == ",";
    let after = item.next_sibling().filter(is_comma);
    let before = item.prev_sibling().filter(is_comma);
    let range = match (after, before) {
        (Some(after), _) => range.start..after.end_byte(),
        (None, Some(before)) => return before.start_byte()..range.end,
        (None, None) => range,
    };
    let edges = Edges::of(text, &range);
    if edges.is_alone() {
        return edges.whole_lines();
    }
    let right = text[range.end..].trim_start_matches([' ', '\t']);
    range.start..text.len() - right.len()
}
