//! Edits to source files that somebody else owns. Pure: (source, edit) -> outcome.
//!
//! An edit is data, declared beside the templates. It is made only where its queries say it belongs, and the
//! result is parsed again: a new syntax error, no anchor, or a result in which the edit cannot be found makes it
//! [`Outcome::ByHand`]. An edit made twice changes nothing.
//!
//! # Layout
//! - [`syntax`]: grammars, parsing
//! - [`query`]: where something stands, in tree-sitter's query language
//! - [`place`]: where text goes, in the file's own indentation and line endings
//! - [`uncomment`]: a commented-out copy of the very lines is brought to life instead

mod place;
mod query;
mod syntax;
mod uncomment;

use anyhow::Result;

pub use place::Place;
#[cfg(test)]
pub use query::Query;
pub use syntax::Grammar;
use syntax::{Match, Source};

/// What one file needs, in parts that are made together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// One part a place in the file.
    pub parts: Vec<Part>,
}

/// Text that belongs at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Finds something if the text is there already, in whatever spelling.
    pub present: String,
    /// Finds the text where an edit may leave it, if that is less than `present` finds.
    pub made: Option<String>,
    /// The lines, without indentation; `@name` stands for what the queries captured as `name`, and `@@` for the sign.
    pub text: String,
    /// Optional: `present` and the anchors count only inside what this captures as `@scope`.
    pub within: Option<String>,
    /// Optional: must match once, as `@root`. Anchors count only inside of that, or if they start with it, as the links of
    /// a method chain do; without `within`, `present` counts only inside of it.
    pub root: Option<String>,
    /// Optional: must match once. Its captures are for `text`, which goes below it.
    pub bind: Option<String>,
    /// Optional: finds what is in the way of the text.
    pub clash: Option<String>,
    /// Tried in order: the first that matches places the text.
    pub anchors: Vec<Anchor>,
}

/// A place to put the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Captures `@anchor`; `None` is the file itself.
    pub query: Option<String>,
    /// Which of several matches.
    pub pick: Pick,
    /// Where the text goes, seen from the anchor.
    pub place: Place,
    /// Empty lines between the anchor and the text.
    pub gap: usize,
    /// Replaces the part's text.
    pub text: Option<String>,
    /// Captures to write anew: name and new text.
    pub replace: Vec<(String, String)>,
}

/// Which of an anchor's matches counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// The first in the file.
    First,
    /// The last in the file.
    Last,
    /// Behind the last whose `@key` sorts before this one, or else before the first.
    Sorted(String),
}

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The whole new source.
    Changed(String),
    /// Nothing to do.
    AlreadyThere,
    /// The reader has to put these lines in: one string a part that is missing.
    ByHand(Vec<String>),
}

impl Edit {
    /// Makes the edit, or says why it has to be made by hand.
    ///
    /// # Errors
    /// A query that does not compile: a mistake in a stack's files, not in `source`.
    pub fn apply(&self, source: &str, grammar: Grammar) -> Result<Outcome> {
        let mut text = source.to_owned();
        let mut refused = false;
        let mut missing = Vec::new();
        for part in &self.parts {
            match part.apply(&text, grammar)? {
                PartOutcome::AlreadyThere => {}
                PartOutcome::Changed(new) => {
                    text = new;
                    missing.push(part.by_hand(None));
                }
                PartOutcome::NoPlace(lines) => {
                    refused = true;
                    missing.push(lines);
                }
            }
        }
        Ok(match (refused, missing.is_empty()) {
            (true, _) => Outcome::ByHand(missing),
            (false, true) => Outcome::AlreadyThere,
            (false, false) => Outcome::Changed(text),
        })
    }

    /// The lines to put in by hand when there is no file to edit.
    pub fn by_hand(&self) -> Vec<String> {
        self.parts.iter().map(|part| part.by_hand(None)).collect()
    }
}

enum PartOutcome {
    Changed(String),
    AlreadyThere,
    NoPlace(String),
}

impl Part {
    fn apply(&self, text: &str, grammar: Grammar) -> Result<PartOutcome> {
        let source = Source::parse(text, grammar);
        let scope = self.scope(&source)?;
        if scope.holds_any(&source.find(&self.present)?) {
            return Ok(PartOutcome::AlreadyThere);
        }
        let bound = only(&source, self.bind.as_deref())?;
        let by_hand = self.by_hand(bound.as_ref());
        let unclear =
            self.bind.is_some() && bound.is_none() || self.root.is_some() && scope.root.is_none();
        if unclear || source.finds(self.clash.as_deref())? {
            return Ok(PartOutcome::NoPlace(by_hand));
        }
        let uncommented = std::iter::once(Ok(uncomment::apply(&source, &by_hand)));
        let inserted = self
            .anchors
            .iter()
            .map(|anchor| self.insert(&source, &scope, anchor, bound.as_ref()));
        for candidate in uncommented.chain(inserted) {
            if let Some(new) = candidate?
                && self.holds(&source, &new, grammar)?
            {
                return Ok(PartOutcome::Changed(new));
            }
        }
        Ok(PartOutcome::NoPlace(by_hand))
    }

    fn scope<'s>(&self, source: &'s Source<'_>) -> Result<Scope<'s>> {
        let within = self
            .within
            .as_deref()
            .map(|query| source.find(query))
            .transpose()?;
        let mut roots = match &self.root {
            Some(query) => source.find(query)?,
            None => Vec::new(),
        };
        if let Some(scopes) = &within {
            roots.retain(|root| {
                scopes
                    .iter()
                    .any(|s| s.surrounds("scope", root.range("root").unwrap_or_default()))
            });
        }
        let root = if roots.len() == 1 { roots.pop() } else { None };
        Ok(Scope {
            within,
            root,
            rooted: self.root.is_some(),
        })
    }

    /// The source with the text at `anchor`, or `None` if the anchor is not there.
    fn insert(
        &self,
        source: &Source<'_>,
        scope: &Scope<'_>,
        anchor: &Anchor,
        bound: Option<&Match<'_>>,
    ) -> Result<Option<String>> {
        let mut matches = match &anchor.query {
            Some(query) => source.find(query)?,
            None => vec![source.whole()],
        };
        let below = bound.map_or(0, Match::start);
        let whole = anchor.query.is_none();
        matches.retain(|m| whole || scope.has_anchor(m) && m.anchor().start >= below);
        let Some((index, before)) = anchor.pick.choose(&matches) else {
            return Ok(None);
        };
        let chosen = &matches[index];
        let place = if before { Place::Before } else { anchor.place };
        let text = anchor.text.as_ref().unwrap_or(&self.text);
        let text = fill(text, &[Some(chosen), bound]);
        Ok(Some(place.insert(source, chosen, &text, anchor)))
    }

    /// Whether `new` has the text where it belongs, and no syntax error that the old source had not.
    fn holds(&self, old: &Source<'_>, new: &str, grammar: Grammar) -> Result<bool> {
        let new = Source::parse(new, grammar);
        let made = self.made.as_ref().unwrap_or(&self.present);
        Ok(new.errors() <= old.errors() && self.scope(&new)?.holds_any(&new.find(made)?))
    }

    fn by_hand(&self, bound: Option<&Match<'_>>) -> String {
        fill(&self.text, &[bound])
    }
}

/// Where in a file a part belongs.
struct Scope<'s> {
    within: Option<Vec<Match<'s>>>,
    root: Option<Match<'s>>,
    /// Whether there has to be a root.
    rooted: bool,
}

impl Scope<'_> {
    fn holds_any(&self, matches: &[Match<'_>]) -> bool {
        matches.iter().any(|m| match (&self.within, &self.root) {
            (Some(scopes), _) => scopes
                .iter()
                .any(|scope| scope.surrounds("scope", m.span())),
            (None, Some(root)) => root.surrounds("root", m.span()),
            (None, None) => !self.rooted,
        })
    }

    fn has_anchor(&self, m: &Match<'_>) -> bool {
        match &self.root {
            Some(root) => root.start() == m.anchor().start || root.surrounds("root", m.anchor()),
            None => match &self.within {
                Some(scopes) => scopes
                    .iter()
                    .any(|scope| scope.surrounds("scope", m.anchor())),
                None => true,
            },
        }
    }
}

/// The match of `query` if it is the only one.
fn only<'s>(source: &'s Source<'_>, query: Option<&str>) -> Result<Option<Match<'s>>> {
    let Some(query) = query else { return Ok(None) };
    let mut found = source.find(query)?;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

impl Pick {
    /// The chosen match's index, and whether the text goes before it.
    fn choose(&self, matches: &[Match<'_>]) -> Option<(usize, bool)> {
        let last = matches.len().checked_sub(1)?;
        Some(match self {
            Self::First => (0, false),
            Self::Last => (last, false),
            Self::Sorted(key) => matches
                .iter()
                .rposition(|m| m.text("key").is_some_and(|k| k < key.as_str()))
                .map_or((0, true), |i| (i, false)),
        })
    }
}

/// `@name` becomes what a match captured as `name`. A capture that could not be had reads as its own name, which is how
/// people write it.
fn fill(text: &str, matches: &[Option<&Match<'_>>]) -> String {
    let mut parts = text.split('@');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    while let Some(part) = parts.next() {
        // Two signs: what follows them is no name.
        if part.is_empty() {
            filled.push('@');
            filled += parts.next().unwrap_or_default();
            continue;
        }
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '_');
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        let captured = matches.iter().flatten().find_map(|m| m.text(name));
        filled += captured.unwrap_or(name);
        filled += rest;
    }
    filled
}

/// What `query` captured under `names` in each of its matches, in the order of the file.
///
/// # Errors
/// A query that does not compile: a mistake in a stack's files, not in `text`.
pub fn captures<const N: usize>(
    text: &str,
    grammar: Grammar,
    query: &str,
    names: [&str; N],
) -> Result<Vec<[String; N]>> {
    let source = Source::parse(text, grammar);
    let found = source.find(query)?;
    Ok(found
        .iter()
        .map(|m| names.map(|name| m.text(name).unwrap_or_default().to_owned()))
        .collect())
}
