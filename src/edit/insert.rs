//! Insertion of text in the file's own indentation and line endings.

use std::ops::Range;

use serde::Deserialize;

use super::ending::line_ending;
use super::indent::{LEVEL, level_in, level_of};
use super::source::{Match, Source};

/// Position of the text relative to the anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum At {
    /// On separate lines below the anchor.
    After,
    /// As the next item of a comma-separated list, with a comma before it if the list has none: as `After`, or on the
    /// anchor's line if there is text on both sides of it.
    Item,
    /// On separate lines above the anchor.
    Before,
    /// As the first item in the anchor's block.
    Into,
    /// As another call in the method chain that ends with the anchor.
    Chain,
    /// Instead of the anchor. An empty text removes the anchor's lines.
    Instead,
    /// At the end of the file.
    End,
}

/// Lines to insert.
pub struct Text<'a> {
    pub lines: &'a str,
    /// Number of empty lines before them.
    pub gap: usize,
    /// One level of indentation, for a file that shows none.
    pub level: Option<&'a str>,
}

/// One replacement in the source.
struct Splice {
    range: Range<usize>,
    text: String,
}

impl At {
    /// Returns the whole source with `text` inserted and the ranges in `replaced` rewritten, and the ranges of the new texts.
    pub fn insert(
        self,
        source: &Source,
        found: &Match<'_>,
        text: &Text<'_>,
        replaced: Vec<(Range<usize>, String)>,
    ) -> (String, Vec<Range<usize>>) {
        let page = Page::new(source, text.lines, text.level);
        let gap = text.gap;
        let splice = match self {
            Self::After => page.after(found, gap),
            Self::Item => page.item(found, gap),
            Self::Before => page.before(found, gap),
            Self::Into => page.block(found),
            Self::Chain => page.chain(found),
            Self::Instead => page.instead(found),
            Self::End => page.end(gap),
        };
        let mut splices = vec![splice];
        let replaced = replaced.into_iter();
        splices.extend(replaced.map(|(range, text)| Splice { range, text }));
        splices.sort_by_key(|s| s.range.start);
        let (mut new, mut ranges, mut at) = (String::new(), Vec::new(), 0);
        for splice in splices {
            new += source.text.get(at..splice.range.start).unwrap_or_default();
            ranges.push(new.len()..new.len() + splice.text.len());
            new += &splice.text;
            at = at.max(splice.range.end);
        }
        new += &source.text[at..];
        (new, ranges)
    }
}

/// The source as lines, and the text to insert.
struct Page<'a> {
    source: &'a Source,
    text: &'a str,
    eol: &'static str,
    unit: String,
}

impl<'a> Page<'a> {
    /// `level` is one level of indentation for a file that has none.
    fn new(source: &'a Source, text: &'a str, level: Option<&str>) -> Self {
        let level = level_of(source).or(level).or_else(|| level_in(text));
        Self {
            source,
            text,
            eol: line_ending(&source.text),
            unit: level.unwrap_or(LEVEL).to_owned(),
        }
    }

    /// The same lines with another text.
    fn with(&self, text: &'a str) -> Self {
        Self {
            text,
            unit: self.unit.clone(),
            ..*self
        }
    }

    fn after(&self, found: &Match<'_>, gap: usize) -> Splice {
        self.below(found, found.anchor().end, gap)
    }

    /// On separate lines below `at`, the end of the anchor.
    fn below(&self, found: &Match<'_>, at: usize, gap: usize) -> Splice {
        let indent = self.indent_of(start_of(found));
        let at = self.past_comment(at);
        let rest = self.code_behind(at);
        let mut text = format!("{}{}", self.eol.repeat(gap + 1), self.lines(&indent));
        if !rest.is_empty() {
            text += &format!("{}{indent}", self.eol);
        } else if gap > 0 && found.is_above_other_code() && !self.is_above_empty_line(at) {
            text += self.eol;
        }
        Splice {
            range: at..rest.start,
            text,
        }
    }

    fn item(&self, found: &Match<'_>, gap: usize) -> Splice {
        let item = self.text.trim().trim_end_matches(',');
        if let Some(at) = found.comma() {
            let item = format!("{item},");
            return self.with(&item).listed(found, at, gap);
        }
        let end = found.anchor().end;
        let new = self.with(item).listed(found, end, gap);
        // The comma is before a comment on the anchor's line.
        let between = &self.source.text[end..new.range.start];
        Splice {
            range: end..new.range.end,
            text: format!(",{between}{}", new.text),
        }
    }

    /// Behind `at`, where the anchor ends.
    fn listed(&self, found: &Match<'_>, at: usize, gap: usize) -> Splice {
        let rest = self.code_behind(at);
        let is_first = self.blank_before(start_of(found));
        // The bracket that closes the list stays behind the last item.
        if is_first && self.source.text[rest.clone()].starts_with([']', ')', '}']) {
            let indent = self.indent_of(start_of(found));
            return Splice {
                range: at..at,
                text: format!("{}{}", self.eol.repeat(gap + 1), self.lines(&indent)),
            };
        }
        if is_first || rest.is_empty() {
            return self.below(found, at, gap);
        }
        Splice {
            range: at..at,
            text: format!(" {}", self.text),
        }
    }

    fn before(&self, found: &Match<'_>, gap: usize) -> Splice {
        let start = start_of(found).min(found.start_with_lead());
        let indent = self.indent_of(start);
        let lines = self.lines(&indent);
        let mut text = format!("{}{}{indent}", lines.trim_start(), self.eol.repeat(gap + 1));
        // Lines that are apart are so on both sides.
        if gap > 0 && found.is_below_other_code() && !self.is_below_empty_line(start) {
            text = format!("{}{indent}{text}", self.eol.repeat(gap));
        }
        Splice {
            range: start..start,
            text,
        }
    }

    fn block(&self, found: &Match<'_>) -> Splice {
        let (inside, first) = found.inside().unwrap_or((found.anchor(), None));
        let outer = self.indent_of(found.anchor().start);
        let own_line = first.filter(|&at| self.blank_before(at));
        let indent =
            own_line.map_or_else(|| format!("{outer}{}", self.unit), |at| self.indent_of(at));
        let lines = self.lines(&indent);
        let content = &self.source.text[inside.clone()];
        if content.trim().is_empty() {
            return Splice {
                range: inside,
                text: format!("{}{lines}{}{outer}", self.eol, self.eol),
            };
        }
        let at = self.past_comment(inside.start);
        let rest = self.code_behind(at);
        let text = match rest.is_empty() {
            true => format!("{}{lines}", self.eol),
            false => format!("{}{lines}{}{indent}", self.eol, self.eol),
        };
        Splice {
            range: at..rest.start,
            text,
        }
    }

    fn chain(&self, found: &Match<'_>) -> Splice {
        let anchor = found.anchor();
        let link = found.range("link").map_or(anchor.start, |link| link.start);
        let mut indent = self.indent_of(link);
        if !self.line_of(link).trim_start().starts_with('.') {
            indent += &self.unit;
        }
        let at = self.past_comment(anchor.end);
        let mut text = format!("{}{}", self.eol, self.lines(&indent));
        if self.source.text[at..].starts_with('.') {
            text += &format!("{}{indent}", self.eol);
        }
        Splice {
            range: at..at,
            text,
        }
    }

    fn instead(&self, found: &Match<'_>) -> Splice {
        let range = found.anchor();
        if self.text.is_empty() {
            return Splice {
                range: self.whole_lines(range),
                text: String::new(),
            };
        }
        let indent = self.indent_of(range.start);
        Splice {
            text: self.lines(&indent).trim_start().to_owned(),
            range,
        }
    }

    /// Returns the range with the rest of its lines, if they have nothing else, and with the empty line after it, if one is
    /// before it.
    fn whole_lines(&self, range: Range<usize>) -> Range<usize> {
        let text = self.source.text.as_str();
        let start = text[..range.start].trim_end_matches([' ', '\t']).len();
        let is_first = start == 0 || text[..start].ends_with('\n');
        let Some(end) = past_empty_line(text, range.end).filter(|_| is_first) else {
            return range;
        };
        let before = &text[..start];
        let is_apart = ["\n\n", "\r\n\r\n"].iter().any(|gap| before.ends_with(gap));
        let next = past_empty_line(text, end).filter(|_| is_apart || start == 0);
        start..next.unwrap_or(end)
    }

    fn end(&self, gap: usize) -> Splice {
        let text = self.source.text.as_str();
        let kept = text.trim_end().len();
        let lead = if kept == 0 {
            String::new()
        } else {
            self.eol.repeat(gap + 1)
        };
        Splice {
            range: kept..text.len(),
            text: format!("{lead}{}{}", self.lines(""), self.eol),
        }
    }

    /// Returns the text with `indent` before each line, in the file's line endings.
    fn lines(&self, indent: &str) -> String {
        let own = level_in(self.text).unwrap_or(LEVEL);
        let line = |line: &str| {
            let bare = line.trim_start();
            if bare.is_empty() {
                return String::new();
            }
            let depth = (line.len() - bare.len()) / own.len();
            format!("{indent}{}{bare}", self.unit.repeat(depth))
        };
        self.text
            .trim_end()
            .lines()
            .map(line)
            .collect::<Vec<_>>()
            .join(self.eol)
    }

    /// Returns the end of the line if only comments follow `at` on it, or else `at`.
    fn past_comment(&self, at: usize) -> usize {
        let rest = self.rest_of_line(at);
        let mut bytes = rest.char_indices().filter(|(_, c)| !c.is_whitespace());
        match bytes.all(|(i, _)| self.source.is_comment(at + i)) {
            true => at + rest.trim_end().len(),
            false => at,
        }
    }

    /// Returns the range of the code after `at` on its line, or an empty range.
    fn code_behind(&self, at: usize) -> Range<usize> {
        let rest = self.rest_of_line(at);
        match rest.trim().is_empty() {
            true => at..at,
            false => at + rest.len() - rest.trim_start().len()..at + rest.len(),
        }
    }

    fn rest_of_line(&self, at: usize) -> &'a str {
        let rest = &self.source.text[at..];
        rest.lines().next().unwrap_or_default()
    }

    fn line_of(&self, at: usize) -> &'a str {
        let start = self.source.text[..at].rfind('\n').map_or(0, |i| i + 1);
        self.source.text[start..].lines().next().unwrap_or_default()
    }

    fn indent_of(&self, at: usize) -> String {
        let line = self.line_of(at);
        line[..line.len() - line.trim_start().len()].to_owned()
    }

    fn is_below_empty_line(&self, at: usize) -> bool {
        let above = self.source.text[..at].trim_end_matches([' ', '\t']);
        let lines = &above[above.trim_end().len()..];
        lines.matches('\n').count() > 1
    }

    fn is_above_empty_line(&self, at: usize) -> bool {
        let below = self.source.text[at..].lines().nth(1);
        below.is_none_or(|line| line.trim().is_empty())
    }

    fn blank_before(&self, at: usize) -> bool {
        let line_start = self.source.text[..at].rfind('\n').map_or(0, |i| i + 1);
        self.source.text[line_start..at].trim().is_empty()
    }
}

/// Start of the anchor, including its leading comments and attributes.
fn start_of(found: &Match<'_>) -> usize {
    let lead = found.range("lead");
    lead.unwrap_or_else(|| found.anchor()).start
}

/// Returns the end of the line at `at`, if it is empty from there on.
fn past_empty_line(text: &str, at: usize) -> Option<usize> {
    let rest = text[at..].trim_start_matches([' ', '\t', '\r']);
    Some(text.len() - rest.strip_prefix('\n')?.len())
}
