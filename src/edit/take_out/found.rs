//! One occurrence of a text in a file, and the file without it.

use std::ops::Range;

use super::edges::Edges;
use super::pattern::Occurrence;
use super::spliced;
use super::words::each_replaced;
use crate::edit::insert::At;
use crate::edit::mark;
use crate::edit::place::Anchor;
use crate::edit::source::Source;

/// One occurrence of the text in a file.
pub struct Found<'p> {
    pub occurrence: Occurrence,
    pub anchor: Option<&'p Anchor>,
    /// The text is that of the place: unless it has replaced another, its lines can be removed wherever they are.
    pub is_plain: bool,
}

impl Found<'_> {
    pub fn range(&self) -> &Range<usize> {
        &self.occurrence.range
    }

    /// Returns whether the text has replaced another.
    pub fn is_replaced(&self) -> bool {
        self.anchor.is_some_and(|anchor| anchor.at == At::Instead)
    }

    /// Returns `text` with the earlier texts of captures that the insertion replaced, or has left as they were.
    pub fn restored(&self, text: String) -> Vec<String> {
        let mut texts = vec![text];
        let replaced = self.anchor.into_iter().flat_map(|anchor| {
            let replace = anchor.replace.iter();
            replace.filter_map(|(name, new)| Some((anchor.was.get(name)?, new)))
        });
        for (was, new) in replaced {
            let new = self.filled(new);
            let was: Vec<_> = was.0.iter().map(|was| self.filled(was)).collect();
            let with = |text: &String| -> Vec<String> {
                let restored = was.iter().flat_map(|was| each_replaced(text, &new, was));
                restored.collect()
            };
            let restored: Vec<_> = texts.iter().flat_map(with).collect();
            texts.splice(..0, restored);
        }
        texts
    }

    /// Returns the file without the lines of the text, and without one of the empty lines around it. The last item of a list that
    /// ends without a comma takes the one before it along.
    pub fn plainly_removed(&self, source: &Source) -> String {
        let text = &source.text;
        let is_last =
            !text[..self.range().end].ends_with(',') && !text[self.range().end..].starts_with(',');
        let mut without_comma = match is_last {
            true => self.without_comma(source),
            false => Vec::new(),
        };
        match without_comma.is_empty() {
            true => spliced(text, Edges::of(text, self.range()).whole_lines(), ""),
            false => without_comma.swap_remove(0),
        }
    }

    /// Returns the texts of the file without this item of a list, nor the comma that it needed before it.
    pub fn without_comma(&self, source: &Source) -> Vec<String> {
        let text = &source.text;
        let is_item = self.anchor.is_some_and(|anchor| anchor.at == At::Item);
        let mut commas = text[..self.range().start].rmatch_indices(',');
        let comma = commas.find(|(at, _)| !source.is_comment(*at));
        let Some((comma, _)) = comma.filter(|_| is_item) else {
            return Vec::new();
        };
        let ranges = Edges::of(text, self.range()).ranges(false).into_iter();
        let ranges = ranges.filter(|range| range.start > comma);
        ranges
            .map(|range| spliced(&spliced(text, range, ""), comma..comma + 1, ""))
            .collect()
    }

    pub fn filled(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in &self.occurrence.captures {
            filled = filled.replace(&mark(name), value);
        }
        filled
    }
}
