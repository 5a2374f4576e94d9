//! Matches of a query in the nodes of a file.

use std::ops::Range;
use std::sync::Arc;

use tree_sitter::Node;

use super::{Captures, Child, Form, Found, Pattern, Predicate, Query, Repeat, Test};
use crate::edit::nodes::{FieldId, Nodes};
use crate::edit::source::Source;

impl Query {
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
