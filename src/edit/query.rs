//! Tree-sitter's query language, matched by ourselves.
//!
//! Tree-sitter analyses a query against the whole grammar before it runs it: 3 to 9 ms a query for Rust, 60 ms for
//! Elixir, which is ten times what everything else here takes. Walking one small file needs no analysis. What is
//! understood is a subset of the language, and a test holds it against tree-sitter's own:
//! kinds, `_`, fields, `!field`, `"literals"`, `[alternations]`, `* + ?`, `.`, captures, and the predicates
//! `#eq? #not-eq? #match? #not-match? #any-of?`.

mod parse;

use anyhow::Result;
use regex::Regex;
use tree_sitter::Node;

/// What a match captured: names and nodes, in the order of the pattern.
pub type Captures<'q, 'tree> = Vec<(&'q str, Node<'tree>)>;

/// A parsed query.
#[derive(Debug)]
pub struct Query {
    patterns: Vec<Pattern>,
}

/// One of a query's patterns: it matches where its form does and its predicates hold.
#[derive(Debug)]
struct Pattern {
    form: Form,
    predicates: Vec<Predicate>,
}

/// What one node has to be.
#[derive(Debug)]
struct Form {
    test: Test,
    captures: Vec<String>,
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

/// What one of a node's children has to be. Other children may stand between two of them.
#[derive(Debug)]
struct Child {
    form: Form,
    field: Option<String>,
    /// `.`: no named node stands before it.
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
}

/// A node's children with their fields, as a sequence to match.
type Children<'tree> = [(Node<'tree>, Option<&'tree str>)];

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// What is not of the language, or not of the part of it that is understood here.
    pub fn parse(text: &str) -> Result<Self> {
        parse::query(text)
    }

    /// Every match at or below `root`, in the order of the nodes.
    pub fn matches<'q, 'tree>(
        &'q self,
        root: Node<'tree>,
        source: &str,
    ) -> Vec<Captures<'q, 'tree>> {
        let mut found = Vec::new();
        let mut todo = vec![root];
        while let Some(node) = todo.pop() {
            self.patterns
                .iter()
                .for_each(|pattern| pattern.matches(node, source, &mut found));
            todo.extend((0..node.child_count()).rev().filter_map(|i| node.child(i)));
        }
        found
    }
}

impl Pattern {
    /// Adds every way in which the pattern matches `node`, but none twice.
    fn matches<'q, 'tree>(
        &'q self,
        node: Node<'tree>,
        source: &str,
        found: &mut Vec<Captures<'q, 'tree>>,
    ) {
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
    /// Every way in which this one node is what the form says.
    fn matches<'q, 'tree>(&'q self, node: Node<'tree>) -> Vec<Captures<'q, 'tree>> {
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
        let own = self.captures.iter().map(|name| (name.as_str(), node));
        inner
            .into_iter()
            .map(|captures| own.clone().chain(captures).collect())
            .collect()
    }
}

fn below<'q, 'tree>(
    wanted: &'q [Child],
    closed: bool,
    node: Node<'tree>,
) -> Vec<Captures<'q, 'tree>> {
    if wanted.is_empty() {
        return vec![Vec::new()];
    }
    let named = |i| {
        node.child(i)
            .map(|child| (child, node.field_name_for_child(i)))
    };
    let children: Vec<_> = (0..node.child_count()).filter_map(named).collect();
    let siblings = Siblings {
        children: &children,
        closed,
    };
    siblings.matches(wanted, 0, false)
}

/// Children that are matched from left to right.
struct Siblings<'a, 'tree> {
    children: &'a Children<'tree>,
    /// No named node follows the last match.
    closed: bool,
}

impl<'tree> Siblings<'_, 'tree> {
    /// Every way to find `wanted` from `from` on; `repeated` if the first of them has been found once already.
    fn matches<'q>(
        &self,
        wanted: &'q [Child],
        from: usize,
        repeated: bool,
    ) -> Vec<Captures<'q, 'tree>> {
        let Some((first, rest)) = wanted.split_first() else {
            let done = !self.closed || self.only_anonymous(from, self.children.len());
            return if done { vec![Vec::new()] } else { Vec::new() };
        };
        let mut found = Vec::new();
        // What repeats does so without a gap.
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
                        .map(|more| captures.iter().copied().chain(more).collect()),
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
    /// As in tree-sitter, a capture that is not there fails nothing.
    fn holds(&self, captures: &Captures<'_, '_>, source: &str) -> bool {
        let named = captures.iter().filter(|(name, _)| *name == self.capture);
        named
            .map(|(_, node)| &source[node.byte_range()])
            .all(|text| {
                let holds = match &self.holds {
                    Condition::Equals(value) => value == text,
                    Condition::SameAs(other) => {
                        let mut others = captures.iter().filter(|(name, _)| name == other);
                        others.all(|(_, node)| &source[node.byte_range()] == text)
                    }
                    Condition::Matches(regex) => regex.is_match(text),
                    Condition::AnyOf(values) => values.iter().any(|value| value == text),
                };
                holds != self.negated
            })
    }
}

#[cfg(test)]
mod tests;
