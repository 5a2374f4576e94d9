//! An implementation of tree-sitter's query language.
//!
//! Tree-sitter analyses each query against the whole grammar before it runs: 3 to 9 ms per query for Rust, 60 ms for
//! Elixir, ten times the time of the rest of a run. Matching in one small file needs no analysis. This is a subset of
//! the language, which a test compares with tree-sitter: kinds, `_`, fields, `!field`, `"literals"`, `[alternations]`,
//! `* + ?`, `.`, captures, and the predicates `#eq? #not-eq? #match? #not-match? #any-of?`. Additional predicates:
//!
//! - `(#names? @name "Shop.Web.Socket")`: the name that the file may have shortened (`alias`, `use`) is this one.
//! - `(#defines? @name "Shop.Web.Socket")`: the name that is defined here, inside of what is defined around it, is this one.
//! - `(#covers? @pattern "room:*")`: the pattern, in which `*` matches anything, matches all that this one matches. It may be
//!   the name of a constant.
//!
//! Each has a `not-` as well.

mod check;
mod names;
mod parse;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context, Result};
use regex_lite::Regex;
use tree_sitter::Node;

pub use names::Names;

use super::glob;
use super::language::Language;
use super::source::Source;

/// Captures of a match: names and nodes, in the order of the pattern.
pub type Captures<'tree> = Vec<(Arc<str>, Node<'tree>)>;

thread_local! {
    /// Checked queries, by their text and language.
    static CACHE: RefCell<HashMap<(String, String), Rc<Query>>> = RefCell::default();
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
    predicates: Vec<Predicate>,
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
    /// `(kind …)`; no kind is `(_ …)`, any named node.
    Named {
        kind: Option<String>,
        children: Vec<Child>,
        closed: bool,
        absent: Vec<String>,
    },
    /// `_`
    Anything,
    /// `"text"`
    Literal(String),
    /// `[…]`
    OneOf(Vec<Form>),
}

/// Form of one child of a node. Other children may be between two of them.
#[derive(Debug)]
struct Child {
    form: Form,
    field: Option<String>,
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
    /// `#covers?`
    Covers(String),
    /// `#defines?`
    Defines(String),
}

/// A node's children with their fields, as a sequence to match.
type Children<'tree> = [(Node<'tree>, Option<&'tree str>)];

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// The text is not a query, or uses an unsupported feature.
    pub fn parse(text: &str) -> Result<Self> {
        parse::query(text)
    }

    /// Returns the query `text`, parsed once for each language.
    ///
    /// # Errors
    /// The text is not a query, or names a kind or a field that `language` does not have.
    pub fn cached(text: &str, language: &Language) -> Result<Rc<Self>> {
        let key = (text.to_owned(), language.name.clone());
        if let Some(query) = CACHE.with_borrow(|cache| cache.get(&key).cloned()) {
            return Ok(query);
        }
        let query = Self::parse(text)?;
        query
            .check(language)
            .with_context(|| format!("`{}` cannot match it", language.name))?;
        let query = Rc::new(query);
        CACHE.with_borrow_mut(|cache| cache.insert(key, Rc::clone(&query)));
        Ok(query)
    }

    /// Returns all matches at or below `root`, in the order of the nodes.
    pub fn matches<'tree>(&self, root: Node<'tree>, source: &Source) -> Vec<Captures<'tree>> {
        let mut found = Vec::new();
        let mut cursor = root.walk();
        // Visits only nodes that a pattern can start with, because visiting is the main cost.
        for (at, kind) in source.kinds_below(root).into_iter().enumerate() {
            if self
                .patterns
                .iter()
                .any(|pattern| pattern.form.may_be(kind))
            {
                cursor.goto_descendant(at);
                for pattern in &self.patterns {
                    pattern.matches(cursor.node(), source, &mut found);
                }
            }
        }
        found
    }

    /// Returns all matches whose outermost node is `node`.
    pub fn matches_at<'tree>(&self, node: Node<'tree>, source: &Source) -> Vec<Captures<'tree>> {
        let mut found = Vec::new();
        for pattern in &self.patterns {
            pattern.matches(node, source, &mut found);
        }
        found
    }
}

impl Pattern {
    /// Adds all distinct matches of the pattern at `node`.
    fn matches<'tree>(&self, node: Node<'tree>, source: &Source, found: &mut Vec<Captures<'tree>>) {
        let known = found.len();
        for captures in self.form.matches(node) {
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

impl Form {
    /// Returns whether a node of this kind can match the form.
    fn may_be(&self, kind: &str) -> bool {
        match &self.test {
            Test::Named { kind: wanted, .. } => wanted.as_ref().is_none_or(|wanted| wanted == kind),
            Test::Literal(text) => text == kind,
            Test::OneOf(forms) => forms.iter().any(|form| form.may_be(kind)),
            Test::Anything => true,
        }
    }

    /// Returns all matches of the form at this node.
    fn matches<'tree>(&self, node: Node<'tree>) -> Vec<Captures<'tree>> {
        let inner = match &self.test {
            Test::Anything => vec![Vec::new()],
            Test::Literal(text) => match !node.is_named() && node.kind() == text {
                true => vec![Vec::new()],
                false => Vec::new(),
            },
            Test::OneOf(forms) => forms.iter().flat_map(|form| form.matches(node)).collect(),
            Test::Named {
                kind,
                children,
                closed,
                absent,
            } => {
                let is_kind =
                    node.is_named() && kind.as_ref().is_none_or(|kind| kind == node.kind());
                if !is_kind
                    || absent
                        .iter()
                        .any(|field| node.child_by_field_name(field).is_some())
                {
                    return Vec::new();
                }
                below(children, *closed, node)
            }
        };
        let own = self.captures.iter().map(|name| (Arc::clone(name), node));
        inner
            .into_iter()
            .map(|captures| own.clone().chain(captures).collect())
            .collect()
    }
}

fn below<'tree>(wanted: &[Child], closed: bool, node: Node<'tree>) -> Vec<Captures<'tree>> {
    if wanted.is_empty() {
        return vec![Vec::new()];
    }
    let mut children = Vec::new();
    let mut cursor = node.walk();
    let mut more = cursor.goto_first_child();
    while more {
        children.push((cursor.node(), cursor.field_name()));
        more = cursor.goto_next_sibling();
    }
    let siblings = Siblings {
        children: &children,
        closed,
    };
    siblings.matches(wanted, 0, false)
}

/// Children, matched from left to right.
struct Siblings<'a, 'tree> {
    children: &'a Children<'tree>,
    /// No named node follows the last match.
    closed: bool,
}

impl<'tree> Siblings<'_, 'tree> {
    /// Returns all matches of `wanted` from `from` on; `repeated` if the first of them has already matched once.
    fn matches(&self, wanted: &[Child], from: usize, repeated: bool) -> Vec<Captures<'tree>> {
        let Some((first, rest)) = wanted.split_first() else {
            let done = !self.closed || self.only_anonymous(from, self.children.len());
            return if done { vec![Vec::new()] } else { Vec::new() };
        };
        let mut found = Vec::new();
        // Repetitions are adjacent.
        let adjacent = first.adjacent || repeated;
        for (at, (node, field)) in self.children.iter().enumerate().skip(from) {
            if adjacent && !self.only_anonymous(from, at) {
                break;
            }
            if first.field.is_some() && first.field.as_deref() != *field {
                continue;
            }
            for captures in first.form.matches(*node) {
                let again = match first.form.repeat {
                    Repeat::Any | Repeat::Some => self.matches(wanted, at + 1, true),
                    Repeat::Once | Repeat::Optional => self.matches(rest, at + 1, false),
                };
                found.extend(
                    again
                        .into_iter()
                        .map(|more| captures.iter().cloned().chain(more).collect()),
                );
            }
        }
        if repeated || matches!(first.form.repeat, Repeat::Optional | Repeat::Any) {
            found.extend(self.matches(rest, from, false));
        }
        found
    }

    fn only_anonymous(&self, from: usize, to: usize) -> bool {
        self.children[from..to]
            .iter()
            .all(|(node, _)| !node.is_named())
    }
}

impl Predicate {
    /// As in tree-sitter, predicates on missing captures hold.
    fn holds(&self, captures: &Captures<'_>, source: &Source) -> bool {
        let text = |node: &Node<'_>| &source.text[node.byte_range()];
        let named = captures.iter().filter(|(name, _)| **name == *self.capture);
        named
            .map(|(_, node)| (node, text(node)))
            .all(|(node, text_here)| {
                let holds = match &self.holds {
                    Condition::Equals(value) => value == text_here,
                    Condition::SameAs(other) => {
                        let mut others = captures.iter().filter(|(name, _)| **name == **other);
                        others.all(|(_, node)| text(node) == text_here)
                    }
                    Condition::Matches(regex) => regex.is_match(text_here),
                    Condition::AnyOf(values) => values.iter().any(|value| value == text_here),
                    Condition::Names(values) => {
                        values.iter().any(|v| source.names().are(text_here, v))
                    }
                    Condition::Defines(value) => {
                        source.names().defined(node.start_byte(), text_here) == *value
                    }
                    Condition::Covers(value) => {
                        let patterns = source.names().wholes(text_here.trim_matches('"'));
                        patterns.iter().any(|pattern| glob::covers(pattern, value))
                    }
                };
                holds != self.negated
            })
    }
}

#[cfg(test)]
mod tests;
