//! Edits of the user's source files. Pure: (source, parts) -> outcome.
//!
//! A [`Place`] is data, declared with the templates. Its queries select the position of the text, and the result is
//! parsed again. A new syntax error, no anchor, several scopes, or a result without the text make the edit
//! [`Outcome::Manual`]. Repeating an edit changes nothing.
//!
//! # Layout
//! - [`place`]: the types of a place
//! - [`language`], [`source`], [`nodes`]: grammars, parsing, nodes
//! - [`query`]: tree-sitter's query language; [`glob`]: patterns of paths
//! - [`insert`]: insertion of text in the file's own indentation and line endings; [`indent`]: levels of it; [`ending`]: these
//!   endings; [`style`]: its quotes and semicolons
//! - [`uncomment`]: uncomments a commented-out copy of the lines instead
//! - [`part`]: one text in its place; [`mod@take_out`]: its removal

mod captures;
pub mod ending;
pub mod glob;
mod indent;
mod insert;
mod language;
mod nodes;
mod part;
pub mod place;
mod query;
mod source;
pub mod style;
mod take_out;
mod uncomment;

use std::collections::BTreeMap;

use anyhow::Result;

pub use captures::{fill, mark};
pub use indent::indented;
pub use language::Language;
pub use place::Place;
#[cfg(test)]
pub use query::Query;
use source::Match;
pub use source::Source;
use take_out::Taken;
pub use take_out::{Known, Recall, is_word};

/// Outcome of an edit.
pub enum Outcome {
    /// The whole new source.
    Changed(Source),
    /// Nothing to do.
    AlreadyThere,
    /// A manual step: the lines of each missing part.
    Manual { reason: Reason, lines: Vec<Lines> },
}

/// Lines that a reader adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    pub text: String,
    /// Position in the file, in words; may be empty.
    pub position: String,
}

/// Reason for a manual step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No file, or no place in it, was found.
    NoPlace,
    /// Several places match: their lines.
    Several(Vec<usize>),
    /// Several nodes are to be replaced, all of them: what they are, and their lines.
    Replaced { what: String, at: Vec<usize> },
}

/// Inserts all of `parts` into `source`, or none. A text that is there needs no import: it may have a path, or one of its own.
///
/// # Errors
/// A query is invalid: a fault in the files of a stack, not in `source`.
pub fn apply(parts: &[Place], source: &Source) -> Result<Outcome> {
    let mut changed: Option<Source> = None;
    let mut refused = None;
    let mut missing = Vec::new();
    let imports = needs_imports(parts, source)?;
    for part in parts.iter().filter(|part| imports || !part.is_import()) {
        let now = changed.as_ref().unwrap_or(source);
        match part.apply(now)? {
            part::Applied::AlreadyThere => {}
            part::Applied::Changed(new) => {
                missing.push(Lines::of(part, part.lines(&[])));
                changed = Some(new);
            }
            part::Applied::Manual { reason, lines } => {
                refused.get_or_insert(reason);
                missing.push(Lines::of(part, lines));
            }
        }
    }
    Ok(match (refused, changed) {
        (Some(reason), _) => Outcome::Manual {
            reason,
            lines: missing,
        },
        (None, Some(new)) => Outcome::Changed(new),
        (None, None) => Outcome::AlreadyThere,
    })
}

/// Returns whether imports among `parts` are needed, if there are any: a part that is none is missing, or all are imports.
fn needs_imports(parts: &[Place], source: &Source) -> Result<bool> {
    let (imports, texts): (Vec<_>, Vec<_>) = parts.iter().partition(|part| part.is_import());
    if imports.is_empty() || texts.is_empty() {
        return Ok(true);
    }
    for text in texts {
        if !text.is_in_scope(source)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Outcome of the inverse of an edit.
pub enum TakenOut {
    /// The whole new source.
    Changed(Source),
    /// The text is not in the file, or still needed there.
    Nothing,
    /// A manual step: the lines of each part, since none was taken out.
    Manual(Vec<Lines>),
}

/// Takes all of `parts` out of `source`, or none. Parts that the file still uses, such as an import, stay. `recall` returns
/// what is known of an earlier text of the file, if anything is: the surest one is preferred.
///
/// # Errors
/// A query is invalid: a fault in the files of a stack, not in `source`.
pub fn take_out(parts: &[Place], source: &Source, recall: Option<Recall<'_>>) -> Result<TakenOut> {
    let is_recorded = recall.is_some();
    let recall = recall.unwrap_or(&|_| Known::NOTHING);
    let mut changed: Option<Source> = None;
    let (mut there, mut is_manual) = (Vec::new(), false);
    // Imports come last, after the texts that use them.
    let mut backwards: Vec<_> = parts.iter().rev().collect();
    backwards.sort_by_key(|part| part.is_import());
    for (at, part) in backwards.iter().enumerate() {
        let now = changed.as_ref().unwrap_or(source);
        match part.take_out(now, recall)? {
            Taken::Absent if at == 0 => return Ok(TakenOut::Nothing),
            Taken::Absent | Taken::Needed => {}
            Taken::Changed(new) => {
                there.push(Lines::of(part, part.lines(&[])));
                changed = Some(new);
            }
            Taken::Manual => {
                there.push(Lines::of(part, part.lines(&[])));
                is_manual = true;
            }
        }
    }
    Ok(match changed {
        _ if is_manual => TakenOut::Manual(there),
        Some(new) => {
            // Each part may have several earlier texts, and only the right ones of all make a known one.
            let mut best = (recall(&new.text), new);
            if is_recorded && backwards.len() > 1 {
                take_best_out(&backwards, source, recall, &mut best)?;
            }
            let mut new = best.1;
            for part in parts {
                if let Some(without) = part.without_line(&new)? {
                    new = without;
                }
            }
            TakenOut::Changed(new)
        }
        None => TakenOut::Nothing,
    })
}

/// Replaces `best` by a source without `parts` of which more is known, or by one without the first of them that the file had.
fn take_best_out(
    parts: &[&Place],
    source: &Source,
    recall: Recall<'_>,
    best: &mut (Known, Source),
) -> Result<()> {
    let Some((part, rest)) = parts.split_first() else {
        let known = recall(&source.text);
        if known < best.0 {
            *best = (known, source.with_text(source.text.clone()));
        }
        return Ok(());
    };
    let without = match part.take_out(source, recall)? {
        Taken::Changed(_) if part.is_ambiguous() => part.all_without(source, recall)?,
        Taken::Changed(new) => vec![new],
        Taken::Absent | Taken::Needed => return take_best_out(rest, source, recall, best),
        Taken::Manual => Vec::new(),
    };
    for without in without {
        if best.0 == Known::Earlier(0) {
            return Ok(());
        }
        take_best_out(rest, &without, recall, best)?;
        let known = recall(&without.text);
        if matches!(known, Known::Earlier(_)) && known < best.0 {
            *best = (known, without);
        }
    }
    Ok(())
}

/// Returns the lines of a manual step without a file.
pub fn lines(parts: &[Place]) -> Vec<Lines> {
    let lines = |part: &Place| Lines::of(part, part.lines(&[]));
    parts.iter().map(lines).collect()
}

impl Lines {
    fn of(part: &Place, text: String) -> Self {
        Self {
            text: match &part.level {
                Some(level) => indented(&text, level),
                None => text,
            },
            position: part.position.clone(),
        }
    }
}

/// A match of a query: its captures, without quotes and with the names in it written out, and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub captures: BTreeMap<String, String>,
    pub line: usize,
}

/// Returns the matches of `query`, in the order of the file; only inside of the captures `@scope` of `within`, if it is
/// given, and then with its other captures as well.
///
/// # Errors
/// A query is invalid: a fault in the files of a stack, not in `source`.
pub fn rows(source: &Source, within: Option<&str>, query: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (around, found) in matches(source, within, query)? {
        rows.extend(
            found
                .iter()
                .map(|found| row(source, around.as_ref(), found)),
        );
    }
    Ok(rows)
}

/// Returns the captures `@value` of `query`, without quotes and in the order of the file; only inside of the captures
/// `@scope` of `within`, if it is given.
///
/// # Errors
/// A query is invalid: a fault in the files of a stack, not in `source`.
pub fn values(source: &Source, within: Option<&str>, query: &str) -> Result<Vec<String>> {
    let found = matches(source, within, query)?;
    let found = found.iter().flat_map(|(_, found)| found);
    let values = found.map(|found| unquoted(found.text("value").unwrap_or_default()));
    Ok(values.collect())
}

/// Returns the matches of `query`, for each match of `within` that is around them.
fn matches<'a>(
    source: &'a Source,
    within: Option<&str>,
    query: &str,
) -> Result<Vec<(Option<Match<'a>>, Vec<Match<'a>>)>> {
    let Some(within) = within else {
        return Ok(vec![(None, source.find(query)?)]);
    };
    let mut matches = Vec::new();
    for around in source.find(within)? {
        if let Some(scope) = around.node("scope") {
            let found = source.find_in(scope, query)?;
            matches.push((Some(around), found));
        }
    }
    Ok(matches)
}

fn row(source: &Source, around: Option<&Match<'_>>, found: &Match<'_>) -> Row {
    let captures = around.into_iter().chain([found]).flat_map(|found| {
        let at = |name: &str| found.range(name).unwrap_or_default().start;
        found.captures().map(move |(name, text)| {
            let whole = source.names().wholes(text, at(name)).swap_remove(0);
            (name.to_owned(), unquoted(&whole))
        })
    });
    Row {
        captures: captures.filter(|(name, _)| name != "scope").collect(),
        line: source.line(found.start()),
    }
}

fn unquoted(text: &str) -> String {
    text.trim_matches(['"', '\'', ':']).to_owned()
}
