//! An implementation of tree-sitter's query language.
//!
//! Tree-sitter analyses each query against the whole grammar before it runs: 3 to 9 ms per query for Rust, 60 ms for
//! Elixir, ten times the time of the rest of a run. Matching in one small file needs no analysis. This is a subset of
//! the language, which a test compares with tree-sitter: kinds, `_`, fields, `!field`, `"literals"`, `[alternations]`,
//! `* + ?`, `.`, captures, and the predicates `#eq? #not-eq? #match? #not-match? #any-of?`. Additional predicates:
//!
//! - `(#names? @name "Shop.Web.Socket")`: the name that the file may have shortened (`alias`, `use`) is this one.
//! - `(#defines? @name "Shop.Web.Socket")`: the whole name of a definition, including the modules that it is nested in,
//!   is this one.
//! - `(#reads? @name "^[a-z]")`: the expression matches what the name is short for, or else the name itself.
//! - `(#covers? @pattern "room:*")`: the pattern, in which `*` matches anything, matches all that this one matches. It
//!   may be the name of a constant.
//!
//! Each has a `not-` as well.

mod names;
mod parse;
mod words;

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::Result;
use regex_lite::Regex;
use tree_sitter::Node;

pub use names::Names;

use super::glob;
use super::language::Language;
use super::nodes::{FieldId, Nodes};
use super::source::Source;
use words::Words;

/// Captures of a match: names and nodes, in the order of the pattern.
pub type Captures<'tree> = Vec<(Arc<str>, Node<'tree>)>;

/// The same with the positions of nodes.
type Found = Vec<(Arc<str>, usize)>;

/// Queries by their text.
type Queries = HashMap<String, Rc<Query>>;

thread_local! {
    /// Checked queries, by the name of their language. The process need not free them at its end.
    static CACHE: RefCell<ManuallyDrop<HashMap<&'static str, Queries>>> = RefCell::default();
}

/// A parsed query.
#[derive(Debug)]
pub struct Query {
    patterns: Vec<Pattern>,
}

/// A pattern of a query: a form with predicates.
#[derive(Debug)]
struct Pattern {
    form: Form,
    /// Kinds of its outermost node; `None` is any.
    kinds: Option<Vec<u16>>,
    predicates: Vec<Predicate>,
    words: Words,
}

/// Form of one node.
#[derive(Debug)]
struct Form {
    test: Test,
    captures: Vec<Arc<str>>,
    repeat: Repeat,
}

#[derive(Debug)]
enum Test {
    /// `(kind …)`, by the numbers of the kind; none is `(_ …)`, any named node.
    Named {
        kinds: Option<&'static [u16]>,
        children: Vec<Child>,
        closed: bool,
        absent: Vec<FieldId>,
    },
    /// `_`
    Anything,
    /// `"text"`
    Literal(&'static [u16]),
    /// `[…]`
    OneOf(Vec<Form>),
}

/// Form of one child of a node. Other children may be between two of them.
#[derive(Debug)]
struct Child {
    form: Form,
    field: Option<FieldId>,
    /// `.`: no named node comes before it.
    adjacent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Once,
    Optional,
    Any,
    Some,
}

#[derive(Debug)]
struct Predicate {
    capture: String,
    holds: Condition,
    negated: bool,
}

#[derive(Debug)]
enum Condition {
    Equals(String),
    /// `#eq? @a @b`
    SameAs(String),
    Matches(Regex),
    AnyOf(Vec<String>),
    /// `#names?`
    Names(Vec<String>),
    /// `#reads?`
    Reads(Regex),
    /// `#covers?`
    Covers(String),
    /// `#defines?`
    Defines(String),
}

impl Query {
    /// Reads a query for files of `language`.
    ///
    /// # Errors
    /// The text is not a query, uses an unsupported feature, or names a kind or a field that `language` does not have.
    pub fn parse(text: &str, language: &'static Language) -> Result<Self> {
        parse::query(text, language)
    }

    /// Returns the query `text`, parsed once for each language.
    ///
    /// # Errors
    /// As [`Query::parse`].
    pub fn cached(text: &str, language: &'static Language) -> Result<Rc<Self>> {
        let known = CACHE.with_borrow(|cache| cache.get(&*language.name)?.get(text).cloned());
        if let Some(query) = known {
            return Ok(query);
        }
        let query = Rc::new(Self::parse(text, language)?);
        CACHE.with_borrow_mut(|cache| {
            let queries = cache.entry(&language.name).or_default();
            queries.insert(text.to_owned(), Rc::clone(&query))
        });
        Ok(query)
    }

    /// Returns all matches at or below `root`, in the order of the nodes.
    pub fn matches<'tree>(&self, root: Node<'_>, source: &'tree Source) -> Vec<Captures<'tree>> {
        self.matches_among(source.nodes().below(root), source)
    }

    /// Returns all matches whose outermost node is `node`.
    pub fn matches_at<'tree>(&self, node: Node<'_>, source: &'tree Source) -> Vec<Captures<'tree>> {
        let at = source.nodes().below(node).start;
        self.matches_among(at..at + 1, source)
    }

    /// Returns all matches whose outermost node is at one of these positions.
    fn matches_among<'tree>(
        &self,
        positions: Range<usize>,
        source: &'tree Source,
    ) -> Vec<Captures<'tree>> {
        let mut found = Vec::new();
        for at in self.starts(positions, source.nodes()) {
            let kind = source.nodes().get(at).kind;
            for pattern in self.patterns.iter().filter(|p| p.may_start_with(kind)) {
                pattern.matches(at, source, &mut found);
            }
        }
        if found.is_empty() {
            return Vec::new();
        }
        let mut cursor = source.cursor();
        let mut node = |at| {
            cursor.goto_descendant(at);
            cursor.node()
        };
        let captures = |found: Found| {
            found
                .into_iter()
                .map(|(name, at)| (name, node(at)))
                .collect()
        };
        found.into_iter().map(captures).collect()
    }

    /// Returns the positions of nodes with which a match may start, in order.
    fn starts(&self, positions: Range<usize>, nodes: &Nodes) -> Vec<usize> {
        let kinds: Option<Vec<_>> = self.patterns.iter().map(|p| p.kinds.as_deref()).collect();
        let Some(kinds) = kinds else {
            return positions.collect();
        };
        let kinds = kinds.into_iter().flatten();
        let mut starts: Vec<_> = kinds
            .flat_map(|kind| nodes.of_kind(*kind, &positions))
            .copied()
            .collect();
        starts.sort_unstable();
        starts.dedup();
        starts
    }
}

impl Pattern {
    /// Returns whether the outermost node may be of this kind. Most are not: this is the inner loop.
    fn may_start_with(&self, kind: u16) -> bool {
        let kinds = self.kinds.as_deref();
        kinds.is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Adds all distinct matches of the pattern at the node `at`.
    fn matches(&self, at: usize, source: &Source, found: &mut Vec<Found>) {
        let known = found.len();
        let filter = Filter {
            predicates: &self.predicates,
            nodes: source.nodes(),
            source,
        };
        for captures in self.form.matches(at, &filter) {
            let holds = self
                .predicates
                .iter()
                .all(|predicate| predicate.holds(&captures, source));
            if holds && !found[known..].contains(&captures) {
                found.push(captures);
            }
        }
    }
}

/// Predicates of a pattern that need only the text of one node. They are checked before the rest of the pattern.
struct Filter<'a> {
    predicates: &'a [Predicate],
    nodes: &'a Nodes,
    source: &'a Source,
}

impl Filter<'_> {
    /// Returns whether the node `at` may have these captures.
    fn admits(&self, captures: &[Arc<str>], at: usize) -> bool {
        captures.iter().all(|name| {
            let mut about = self.predicates.iter().filter(|p| *p.capture == **name);
            about.all(|predicate| !predicate.rejects(at, self.source))
        })
    }
}

impl Form {
    /// Returns whether a node of this kind can match the form.
    fn may_be(&self, kind: u16) -> bool {
        match &self.test {
            Test::Named { kinds, .. } => kinds.is_none_or(|kinds| kinds.contains(&kind)),
            Test::Literal(kinds) => kinds.contains(&kind),
            Test::OneOf(forms) => forms.iter().any(|form| form.may_be(kind)),
            Test::Anything => true,
        }
    }

    /// Returns the kinds of nodes that can match the form; `None` is any.
    fn kinds(&self) -> Option<Vec<u16>> {
        match &self.test {
            Test::Named { kinds, .. } => kinds.map(<[u16]>::to_vec),
            Test::Literal(kinds) => Some(kinds.to_vec()),
            Test::OneOf(forms) => {
                let kinds: Option<Vec<_>> = forms.iter().map(Self::kinds).collect();
                kinds.map(|kinds| kinds.concat())
            }
            Test::Anything => None,
        }
    }

    /// Returns all matches of the form at the node `at`.
    fn matches(&self, at: usize, filter: &Filter<'_>) -> Vec<Found> {
        let node = filter.nodes.get(at);
        if !self.may_be(node.kind) || !filter.admits(&self.captures, at) {
            return Vec::new();
        }
        let inner = match &self.test {
            Test::Anything => vec![Vec::new()],
            Test::Literal(_) if node.is_named => Vec::new(),
            Test::Literal(_) => vec![Vec::new()],
            Test::OneOf(forms) => forms
                .iter()
                .flat_map(|form| form.matches(at, filter))
                .collect(),
            Test::Named { absent, .. } if !node.is_named || has_any(absent, at, filter.nodes) => {
                return Vec::new();
            }
            Test::Named {
                children, closed, ..
            } => below(children, *closed, at, filter),
        };
        let own = self.captures.iter().map(|name| (Arc::clone(name), at));
        inner
            .into_iter()
            .map(|captures| own.clone().chain(captures).collect())
            .collect()
    }
}

/// Returns whether the node `at` has one of these fields.
fn has_any(fields: &[FieldId], at: usize, nodes: &Nodes) -> bool {
    let has = |field: &FieldId| {
        let mut children = nodes.children(at);
        children.any(|child| nodes.get(child).field == Some(*field))
    };
    fields.iter().any(has)
}

fn below(wanted: &[Child], closed: bool, at: usize, filter: &Filter<'_>) -> Vec<Found> {
    if wanted.is_empty() {
        return vec![Vec::new()];
    }
    let siblings = Siblings {
        end: filter.nodes.get(at).end,
        closed,
        filter,
    };
    siblings.matches(wanted, at + 1, false)
}

/// Children of a node, matched from left to right.
struct Siblings<'a> {
    /// Position after the last of them.
    end: usize,
    /// No named node follows the last match.
    closed: bool,
    filter: &'a Filter<'a>,
}

impl Siblings<'_> {
    /// Returns all matches of `wanted` from the child at `from` on; `repeated` if the first of them has already matched once.
    fn matches(&self, wanted: &[Child], from: usize, repeated: bool) -> Vec<Found> {
        let nodes = self.filter.nodes;
        let is_named = |at: usize| nodes.get(at).is_named;
        let Some((first, rest)) = wanted.split_first() else {
            let done = !self.closed || !nodes.siblings(from, self.end).any(is_named);
            return if done { vec![Vec::new()] } else { Vec::new() };
        };
        let mut found = Vec::new();
        // Repetitions are adjacent.
        let adjacent = first.adjacent || repeated;
        for node in nodes.siblings(from, self.end) {
            let next = nodes.get(node).end;
            if first.field.is_none() || first.field == nodes.get(node).field {
                for captures in first.form.matches(node, self.filter) {
                    let again = match first.form.repeat {
                        Repeat::Any | Repeat::Some => self.matches(wanted, next, true),
                        Repeat::Once | Repeat::Optional => self.matches(rest, next, false),
                    };
                    found.extend(
                        again
                            .into_iter()
                            .map(|more| captures.iter().cloned().chain(more).collect()),
                    );
                }
            }
            if adjacent && is_named(node) {
                break;
            }
        }
        if repeated || matches!(first.form.repeat, Repeat::Optional | Repeat::Any) {
            found.extend(self.matches(rest, from, false));
        }
        found
    }
}

impl Predicate {
    /// Returns whether the text of the node `at` alone contradicts this.
    fn rejects(&self, at: usize, source: &Source) -> bool {
        let is_met = match &self.holds {
            Condition::Equals(_) | Condition::Matches(_) | Condition::AnyOf(_) => {
                self.holds.is_met(at, &Vec::new(), source)
            }
            _ => return false,
        };
        is_met == self.negated
    }

    /// As in tree-sitter, predicates on missing captures hold.
    fn holds(&self, captures: &Found, source: &Source) -> bool {
        let mut named = captures.iter().filter(|(name, _)| **name == *self.capture);
        named.all(|(_, at)| self.holds.is_met(*at, captures, source) != self.negated)
    }
}

impl Condition {
    fn is_met(&self, at: usize, captures: &Found, source: &Source) -> bool {
        let bytes = |at: usize| source.nodes().get(at).bytes.clone();
        let text_of = |at: usize| &source.text[bytes(at)];
        let text = text_of(at);
        match self {
            Self::Equals(value) => value == text,
            Self::SameAs(other) => {
                let mut others = captures.iter().filter(|(name, _)| **name == **other);
                others.all(|(_, at)| text_of(*at) == text)
            }
            Self::Matches(regex) => regex.is_match(text),
            Self::AnyOf(values) => values.iter().any(|value| value == text),
            Self::Names(values) => values.iter().any(|value| source.names().are(text, value)),
            Self::Reads(regex) => {
                let wholes = source.names().wholes(text);
                wholes.iter().any(|whole| regex.is_match(whole))
            }
            Self::Defines(value) => source.names().defined(bytes(at).start, text) == *value,
            Self::Covers(value) => {
                let patterns = source.names().wholes(text.trim_matches('"'));
                patterns.iter().any(|pattern| glob::covers(pattern, value))
            }
        }
    }
}

#[cfg(test)]
mod tests;
