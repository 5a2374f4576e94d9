//! White space around a text, which its insertion may have added.

use std::ops::Range;

/// Lengths up to which rustfmt leaves a method chain on one line: that of the chain, and of the line.
const CHAIN_WIDTH: usize = 60;
const LINE_WIDTH: usize = 100;

/// Returns whether the chain that ends `before` and goes on with `after` has one line, without what is between them.
fn is_short_chain(before: &str, after: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let first = line.trim_start();
    let chain = first.rsplit(' ').next().unwrap_or_default();
    let mut lines = after.lines();
    let last = lines.next().unwrap_or_default().trim_end();
    let goes_on = lines
        .next()
        .is_some_and(|line| line.trim_start().starts_with('.'));
    // A call whose arguments have lines of their own ends with a bracket.
    !first.starts_with(['.', ')', ']', '}'])
        && last.starts_with('.')
        && !goes_on
        && chain.len() + last.len() <= CHAIN_WIDTH
        && line.len() + last.len() <= LINE_WIDTH
}

/// White space around a text in a file.
pub struct Edges<'a> {
    text: &'a str,
    range: Range<usize>,
    /// The lines of the text, if they have nothing else.
    lines: Option<Range<usize>>,
}

impl<'a> Edges<'a> {
    pub fn of(text: &'a str, range: &Range<usize>) -> Self {
        let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[range.end..].find('\n');
        let end = end.map_or(text.len(), |at| range.end + at + 1);
        let is_blank = |range: Range<usize>| text[range].trim().is_empty();
        let is_alone = is_blank(start..range.start) && is_blank(range.end..end);
        Self {
            text,
            range: range.clone(),
            lines: is_alone.then_some(start..end),
        }
    }

    /// Returns whether the lines of the text have nothing else.
    pub fn is_alone(&self) -> bool {
        self.lines.is_some()
    }

    /// Returns the ranges that an insertion of the text may have filled; a link of a method chain may have broken it into
    /// lines.
    pub fn ranges(&self, is_link: bool) -> Vec<Range<usize>> {
        let around = self.around();
        let mut ranges = Vec::new();
        let (before, after) = (&self.text[..around.start], &self.text[around.end..]);
        let is_empty_block = before.ends_with('{') && after.starts_with('}');
        if is_empty_block || is_link && is_short_chain(before, after) {
            ranges.push(around.clone());
        }
        if let Some(lines) = &self.lines {
            let (above, below) = (self.blank_above(lines.start), self.blank_below(lines.end));
            if self.text[lines.end..].trim().is_empty() {
                let above = above.last().copied().unwrap_or(lines.start);
                ranges.push(above..self.text.len());
            }
            for depth in 0..=3 {
                ranges.extend(above.get(depth).map(|start| *start..lines.end));
                ranges.extend(below.get(depth).map(|end| lines.start..*end));
            }
            if let (Some(start), Some(end)) = (above.get(1), below.get(1)) {
                ranges.push(*start..*end);
            }
        }
        let left = self.text[..self.range.start].trim_end_matches([' ', '\t']);
        let right = self.text[self.range.end..].trim_start_matches([' ', '\t']);
        ranges.push(left.len()..self.range.end);
        ranges.push(self.range.clone());
        ranges.push(self.range.start..self.text.len() - right.len());
        ranges.push(around.start..self.range.end);
        ranges.push(self.range.start..around.end);
        ranges.push(around);
        ranges
    }

    /// Returns the text with all white space around it.
    fn around(&self) -> Range<usize> {
        let start = self.text[..self.range.start].trim_end().len();
        let rest = self.text[self.range.end..].trim_start().len();
        start..self.text.len() - rest
    }

    /// Returns the starts of the lines from `at` upwards, as long as they are empty.
    fn blank_above(&self, at: usize) -> Vec<usize> {
        let mut starts = vec![at];
        let mut above = &self.text[..at];
        while let Some(rest) = above.strip_suffix('\n') {
            let line = rest.rsplit('\n').next().unwrap_or_default();
            if !line.trim().is_empty() {
                break;
            }
            above = &rest[..rest.len() - line.len()];
            starts.push(above.len());
        }
        starts
    }

    /// Returns the ends of the lines from `at` downwards, as long as they are empty.
    fn blank_below(&self, at: usize) -> Vec<usize> {
        let mut ends = vec![at];
        let mut at = at;
        while let Some(end) = self.text[at..].find('\n').map(|end| at + end + 1) {
            if !self.text[at..end].trim().is_empty() {
                break;
            }
            ends.push(end);
            at = end;
        }
        ends
    }

    /// Returns the lines of the text, with one of the empty lines around them; without lines of its own, the text.
    pub fn whole_lines(&self) -> Range<usize> {
        let Some(lines) = &self.lines else {
            let left = self.text[..self.range.start].trim_end_matches([' ', '\t']);
            let right = self.text[self.range.end..].trim_start_matches([' ', '\t']);
            return match left.ends_with(['(', '[']) {
                true => self.range.start..self.text.len() - right.len(),
                false => left.len()..self.range.end,
            };
        };
        let is_apart = self.blank_above(lines.start).len() > 1 || lines.start == 0;
        match is_apart {
            true => self.lines_and_gap(),
            false => lines.clone(),
        }
    }

    /// Returns the lines of the text, and an empty one below.
    pub fn lines_and_gap(&self) -> Range<usize> {
        let Some(lines) = &self.lines else {
            return self.range.clone();
        };
        let below = self.blank_below(lines.end);
        lines.start..below.get(1).copied().unwrap_or(lines.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_with_one_of_the_empty_lines_around_them() {
        for (text, without) in [
            ("a\n\nX\n\nb\n", "a\n\nb\n"),
            ("a\n\nX\nb\n", "a\n\nb\n"),
            ("a\nX\n\nb\n", "a\n\nb\n"),
            ("a\n  X  \nb\n", "a\nb\n"),
            ("X\n\nb\n", "b\n"),
            ("a; X\nb\n", "a;\nb\n"),
            ("a[b, X c]\n", "a[b, c]\n"),
            ("a[X c]\n", "a[c]\n"),
        ] {
            let at = text.find('X').expect("it is there");
            let mut left = text.to_owned();
            left.replace_range(Edges::of(text, &(at..at + 1)).whole_lines(), "");
            assert_eq!(left, without, "{text:?}");
        }
    }
}
