//! Takes a text out of its place: the inverse of an insertion.
//!
//! The text is found in any formatting. Of the sources without it, that one is right from which the insertion makes the
//! current source again, byte for byte. If the text has been moved or reformatted, its lines are removed.
//!
//! - [`pattern`]: the text in any formatting
//! - [`found`]: an occurrence of it, and the file without it
//! - [`listed`]: an import that has been moved into a list
//! - [`edges`]: white space that the insertion may have added
//! - [`words`]: other uses of a name

mod edges;
mod found;
mod listed;
mod pattern;
mod words;

use std::collections::HashSet;
use std::ops::Range;

use anyhow::Result;

use super::ending::line_ending;
use super::insert::At;
use super::part::Applied;
use super::place::Place;
use super::source::Source;
use super::style::{Style, neutral};
use super::uncomment::indentation;
use edges::Edges;
use found::Found;
use pattern::Pattern;
use words::is_used;
pub use words::is_word;

/// Knowledge of an earlier text of a file, the surest one first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// The file had it before one of the recorded runs: the number of later ones that changed the file.
    Earlier(usize),
    Unrecorded {
        /// Numbers of replaced lines that it lacks, for each run; the last one comes first.
        lacking: Vec<usize>,
        /// Number of its lines that the file neither has nor had, as far as that is recorded.
        invented: usize,
    },
}

impl Known {
    /// That of a file without a record.
    pub const NOTHING: Self = Self::Unrecorded {
        lacking: Vec::new(),
        invented: 0,
    };
}

/// Recollection of the texts of a file.
pub type Recall<'a> = &'a dyn Fn(&str) -> Known;

/// Outcome of a removal.
pub enum Taken {
    Changed(Source),
    /// The text is not in the file.
    Absent,
    /// The file still uses the text.
    Needed,
    /// Another spelling of the text is in the file.
    Manual,
}

impl Place {
    /// Returns the source without the text. The surest of the earlier texts of the file is preferred.
    pub fn take_out(&self, source: &Source, recall: Recall<'_>) -> Result<Taken> {
        if !self.is_in_scope(source)? {
            return Ok(Taken::Absent);
        }
        let found = self.occurrences(source)?;
        if let Some(word) = &self.used_as
            && found
                .iter()
                .all(|found| is_used(source, word, found.range()))
        {
            let without = self.without_names(source)?;
            return Ok(without.map_or(Taken::Needed, Taken::Changed));
        }
        for text in self.texts_without(source, &found, recall)? {
            if let Some(new) = self.exact(source, text)? {
                return Ok(Taken::Changed(new));
            }
        }
        if let Some(new) = self.reformatted(source, &found, recall)? {
            return Ok(Taken::Changed(new));
        }
        if let Some(new) = self.without_names(source)? {
            return Ok(Taken::Changed(new));
        }
        let plain = |found: &&Found<'_>| found.is_plain && !found.is_replaced();
        for found in found.iter().filter(plain) {
            if let Some(new) = self.without(source, found.plainly_removed(source))? {
                return Ok(Taken::Changed(new));
            }
        }
        Ok(Taken::Manual)
    }

    /// Returns the source without an import that a reader has pasted out of its scope, such as in a function. It is on one line
    /// of the file, and nothing else uses it.
    pub fn without_line(&self, source: &Source) -> Result<Option<Source>> {
        let Some(word) = &self.used_as else {
            return Ok(None);
        };
        let neutral = |line: &str| neutral(line.trim(), source.language).into_owned();
        let wanted = neutral(&self.text);
        let mut start = 0;
        let lines = source.text.split_inclusive('\n').map(|line| {
            start += line.len();
            let end = start - (line.len() - line.trim_end().len());
            end - line.trim().len()..end
        });
        let lines: Vec<_> = lines
            .filter(|line| neutral(&source.text[line.clone()]) == wanted)
            .collect();
        let [line] = lines.as_slice() else {
            return Ok(None);
        };
        if self.is_in_scope(source)? || is_used(source, word, line) {
            return Ok(None);
        }
        let lines = Edges::of(&source.text, line).lines_and_gap();
        let without = source.with_text(spliced(&source.text, lines, ""));
        Ok((without.errors() <= source.errors()).then_some(without))
    }

    /// Returns whether several files become the same one: the text may have replaced others, or broken a chain into lines.
    pub fn is_ambiguous(&self) -> bool {
        let mut anchors = self.anchors.iter();
        anchors.any(|anchor| !anchor.was.is_empty() || anchor.at == At::Chain)
    }

    /// Returns all sources of which the insertion makes `source`.
    pub fn all_without(&self, source: &Source, recall: Recall<'_>) -> Result<Vec<Source>> {
        let found = self.occurrences(source)?;
        let texts = self.texts_without(source, &found, recall)?.into_iter();
        let sources = texts.map(|text| self.exact(source, text));
        sources.filter_map(Result::transpose).collect()
    }

    /// Returns the texts that the file may have had without what was `found`, the most likely one first.
    fn texts_without(
        &self,
        source: &Source,
        found: &[Found<'_>],
        recall: Recall<'_>,
    ) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for found in found {
            texts.extend(self.candidates(source, found)?);
        }
        let mut known = HashSet::new();
        texts.retain(|text| known.insert(text.clone()));
        let comments = found
            .iter()
            .flat_map(|found| commented_out(source, found.range()));
        // A reader may have pasted an import below any comment.
        let now = recall(&source.text);
        let plain = texts.iter().map(|text| recall(text)).min();
        let comments = comments
            .filter(|(text, is_likely)| match recall(text) {
                Known::Earlier(_) => true,
                Known::Unrecorded { invented: 0, .. } if *is_likely && self.used_as.is_none() => {
                    true
                }
                known => known < now || plain.as_ref().is_some_and(|plain| known < *plain),
            })
            .map(|(text, _)| text);
        texts.extend(comments.filter(|text| known.insert(text.clone())));
        texts.sort_by_cached_key(|text| recall(text));
        Ok(texts)
    }

    /// Returns the source of `text` if the insertion makes `source` of it.
    fn exact(&self, source: &Source, text: String) -> Result<Option<Source>> {
        let candidate = source.with_text(text);
        Ok(match self.apply(&candidate)? {
            Applied::Changed(again) if again.text == source.text => Some(candidate),
            _ => None,
        })
    }

    /// Returns the source with what a text has replaced, if the insertion makes all but the format of that text again.
    fn reformatted(
        &self,
        source: &Source,
        found: &[Found<'_>],
        recall: Recall<'_>,
    ) -> Result<Option<Source>> {
        for found in found.iter().filter(|found| found.is_replaced()) {
            let Range { start, end } = *found.range();
            let (before, after) = (&source.text[..start], &source.text[end..]);
            let mut texts = self.candidates(source, found)?;
            texts.sort_by_cached_key(|text| recall(text));
            for text in texts {
                let candidate = source.with_text(text);
                if let Applied::Changed(again) = self.apply(&candidate)?
                    && let Some(again) = again.text.strip_prefix(before)
                    && again.ends_with(after)
                {
                    return Ok(Some(candidate));
                }
            }
        }
        Ok(None)
    }

    /// Returns the source of `text` if it is sound, and the place is no longer in it.
    fn without(&self, source: &Source, text: String) -> Result<Option<Source>> {
        let candidate = source.with_text(text);
        let is_sound = candidate.errors() <= source.errors() && !self.is_in_scope(&candidate)?;
        Ok(is_sound.then_some(candidate))
    }

    /// Returns all occurrences of the text, in its variants.
    fn occurrences(&self, source: &Source) -> Result<Vec<Found<'_>>> {
        let scopes = self.scopes_of(source)?;
        let scope = scopes.first();
        let own = self.anchors.iter().flat_map(|anchor| {
            let text = anchor.text.as_ref().unwrap_or(&self.text);
            // The last item of a list that ends without a comma.
            let last = text.trim_end().strip_suffix(',');
            let last = last.filter(|_| anchor.at == At::Item);
            let texts = [Some(text.as_str()), last].into_iter().flatten();
            texts.map(move |text| (text, Some(anchor)))
        });
        let is_inserted = self.anchors.iter().any(|anchor| anchor.at != At::Instead);
        let others = self.spellings.iter().chain([&self.text]);
        let others = others.map(|text| (text.as_str(), None));
        let mut all: Vec<Found<'_>> = Vec::new();
        for (text, anchor) in own.chain(others) {
            let is_long = lines_with_words(text) > lines_with_words(&self.text);
            let is_plain = is_inserted && !is_long;
            for pattern in Pattern::all(text, scope, source)? {
                let found = pattern.matches(&source.text).into_iter();
                all.extend(found.map(|occurrence| Found {
                    occurrence,
                    anchor,
                    is_plain,
                }));
            }
        }
        // The variant that explains most of the file.
        all.sort_by_key(|found| {
            let restored = found.anchor.map_or(0, |anchor| anchor.was.len());
            std::cmp::Reverse((restored, found.occurrence.own_length))
        });
        Ok(all)
    }

    /// Returns the texts of the file without `found`, the most likely one first.
    fn candidates(&self, source: &Source, found: &Found<'_>) -> Result<Vec<String>> {
        let text = &source.text;
        let Some(anchor) = found.anchor.filter(|anchor| anchor.at == At::Instead) else {
            let is_link = found.anchor.is_some_and(|anchor| anchor.at == At::Chain);
            let ranges = Edges::of(text, found.range()).ranges(is_link);
            let texts = ranges.into_iter();
            let texts = texts.flat_map(|range| found.restored(spliced(text, range, "")));
            return Ok(texts.chain(found.without_comma(source)).collect());
        };
        let was = anchor.was.get("anchor");
        let was: Vec<_> = match was {
            Some(was) => was.0.iter().map(|was| found.filled(was)).collect(),
            None => found
                .occurrence
                .captures
                .get("anchor")
                .cloned()
                .into_iter()
                .collect(),
        };
        let style = Style::of(source)?;
        let mut texts = Vec::new();
        for was in &was {
            let range = found.range().clone();
            let new = range.start..range.start + was.len();
            let variants = style.variants(source, spliced(text, range, was), new)?;
            let restored = variants.into_iter().flat_map(|text| found.restored(text));
            texts.extend(restored);
        }
        Ok(texts)
    }
}

/// Returns the number of lines that have more than brackets.
fn lines_with_words(text: &str) -> usize {
    let has_word = |line: &&str| line.contains(char::is_alphanumeric);
    text.lines().filter(has_word).count()
}

/// Largest indentation of a line in a comment that is restored.
const DEEPEST: usize = 8;

/// Returns the file with the lines at `range` as comments again, in the indentation of that above them and in others. A
/// single one is likely to be right directly below a comment, as in files of `mix phx.new`, or at the start of the file.
fn commented_out(source: &Source, range: &Range<usize>) -> Vec<(String, bool)> {
    let code = source.text[range.clone()].trim_end();
    let above = source.text[..range.start].trim_end_matches([' ', '\t']);
    let margin = &source.text[above.len()..range.start];
    let eol = line_ending(&source.text);
    let end = above.trim_end_matches(['\r', '\n']).len();
    let is_below_comment = above.is_empty() || end > 0 && source.is_comment(end - 1);
    let is_likely = is_below_comment && !code.contains('\n');
    let line_above = above[..end].rsplit('\n').next().unwrap_or_default().trim();
    let as_above = indentation(source.language.uncommented(line_above));
    let indents = [as_above].into_iter().chain(0..=DEEPEST);
    let comments = indents.map(|indent| {
        let comment = |line: &str| {
            source
                .language
                .commented(&format!("{}{line}", " ".repeat(indent)))
        };
        let mut lines = code.lines();
        let first = lines.next().map(comment).unwrap_or_default();
        let others = lines.map(|line| {
            let line = line.strip_prefix(margin).unwrap_or(line.trim_start());
            format!("{eol}{margin}{}", comment(line))
        });
        first + &others.collect::<String>()
    });
    comments
        .map(|comment| spliced(&source.text, range.clone(), &comment))
        .map(|text| (text, is_likely))
        .collect()
}

fn spliced(text: &str, range: Range<usize>, new: &str) -> String {
    let mut text = text.to_owned();
    text.replace_range(range, new);
    text
}
