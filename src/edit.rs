//! Edits to source files that somebody else owns. Pure: (source, parts) -> outcome.
//!
//! A [`Place`] is data, declared beside the templates. Text goes into it only where its queries say it belongs, and
//! the result is parsed again: a new syntax error, no anchor, several scopes, or a result in which the text cannot be
//! found make it [`Outcome::Manual`]. An edit made twice changes nothing.
//!
//! # Layout
//! - [`place`]: what a place says
//! - [`language`], [`source`]: grammars, parsing
//! - [`query`]: where something stands, in tree-sitter's query language; [`glob`]: patterns of paths
//! - [`insert`]: where text goes, in the file's own indentation and line endings
//! - [`uncomment`]: a commented-out copy of the very lines is brought to life instead
//! - [`part`]: one text at its place

pub mod glob;
mod insert;
mod language;
mod part;
pub mod place;
mod query;
mod source;
mod uncomment;

use anyhow::Result;

pub use language::Language;
pub use part::{fill, mark};
pub use place::Place;
#[cfg(test)]
pub use query::Query;
pub use source::Source;

/// What became of an edit.
pub enum Outcome {
    /// The whole new source.
    Changed(Source),
    /// Nothing to do.
    AlreadyThere,
    /// The reader has to put these lines in: one string a part that is missing.
    Manual { reason: Reason, lines: Vec<String> },
}

/// Why an edit is left to the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No file, or no place in it, that the text could go to.
    NoPlace,
    /// Several places would do: their lines.
    Several(Vec<usize>),
}

/// Makes all of `parts` in `source`, or none.
///
/// # Errors
/// A query that is wrong: a mistake in a stack's files, not in `source`.
pub fn apply(parts: &[Place], source: &Source) -> Result<Outcome> {
    let mut changed: Option<Source> = None;
    let mut refused = None;
    let mut missing = Vec::new();
    for part in parts {
        let now = changed.as_ref().unwrap_or(source);
        match part.apply(now)? {
            part::Applied::AlreadyThere => {}
            part::Applied::Changed(new) => {
                missing.push(part.lines(&[]));
                changed = Some(new);
            }
            part::Applied::Manual { reason, lines } => {
                refused.get_or_insert(reason);
                missing.push(lines);
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

/// The lines to put in by hand when there is no file to edit: one string a part.
pub fn lines(parts: &[Place]) -> Vec<String> {
    parts.iter().map(|part| part.lines(&[])).collect()
}

/// What `query` captured as `@value` in each of its matches, in the order of the file; in what `within` captures as
/// `@scope`, if that is given.
///
/// # Errors
/// A query that is wrong: a mistake in a stack's files, not in `source`.
pub fn values(source: &Source, within: Option<&str>, query: &str) -> Result<Vec<String>> {
    let scopes = match within {
        Some(within) => {
            let found = source.find(within)?;
            found.iter().filter_map(|m| m.node("scope")).collect()
        }
        None => vec![source.root()],
    };
    let mut values = Vec::new();
    for scope in scopes {
        let found = source.find_in(scope, query)?;
        values.extend(
            found
                .iter()
                .map(|m| m.text("value").unwrap_or_default().to_owned()),
        );
    }
    Ok(values)
}
