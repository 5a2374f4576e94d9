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
                    Condition::Matches(regex) => regex.is_match(text),
                    Condition::AnyOf(values) => values.iter().any(|value| value == text),
                };
                holds != self.negated
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::Grammar;
    use tree_sitter::{QueryCursor, StreamingIterator};

    const RUST: &str = "\
//! Docs.
use a::b;
#[cfg(test)]
#[path = \"x\"]
mod one;
mod two { fn inner() {} }
impl<T> x::Trait for S<T> {
    fn f(&self, routes: &mut R) { routes.channel::<A>(\"a:*\"); routes.channel::<B>(\"b:*\", 1); }
    fn g() {}
}
";
    const JAVASCRIPT: &str = "// c\nimport \"./a.js\"\nimport b from './b.js'\nrequire(\"./c\")\nexport default b\nexport { x } from \"y\"\n";

    /// Captures as names and texts, in an order of their own.
    fn ours(grammar: Grammar, source: &str, query: &str) -> Vec<Vec<(String, String)>> {
        let tree = tree(grammar, source);
        let query = Query::parse(query).expect(query);
        let found = query.matches(tree.root_node(), source);
        sorted(
            found
                .iter()
                .map(|captures| captures.iter().map(|(n, node)| (*n, *node)).collect()),
            source,
        )
    }

    fn theirs(grammar: Grammar, source: &str, query: &str) -> Vec<Vec<(String, String)>> {
        let tree = tree(grammar, source);
        let query = tree_sitter::Query::new(&grammar.language(), query).expect(query);
        let names = query.capture_names();
        let mut cursor = QueryCursor::new();
        let mut matches = cursor.matches(&query, tree.root_node(), source.as_bytes());
        let mut found = Vec::new();
        while let Some(m) = matches.next() {
            found.push(
                m.captures()
                    .iter()
                    .map(|c| (names[c.index as usize], c.node))
                    .collect::<Vec<_>>(),
            );
        }
        sorted(found.into_iter(), source)
    }

    fn tree(grammar: Grammar, source: &str) -> tree_sitter::Tree {
        let mut parser = tree_sitter::Parser::new();
        parser
            .set_language(&grammar.language())
            .expect("the versions fit");
        parser.parse(source, None).expect("nothing cancels")
    }

    fn sorted<'a>(
        found: impl Iterator<Item = Vec<(&'a str, Node<'a>)>>,
        source: &str,
    ) -> Vec<Vec<(String, String)>> {
        let text = |node: Node<'_>| source[node.byte_range()].to_owned();
        let mut found: Vec<Vec<_>> = found
            .map(|captures| {
                captures
                    .into_iter()
                    .map(|(name, node)| (name.to_owned(), text(node)))
                    .collect()
            })
            .collect();
        found
            .iter_mut()
            .for_each(|captures: &mut Vec<_>| captures.sort());
        found.sort();
        found
    }

    #[test]
    fn matches_are_those_that_tree_sitter_finds() {
        let rust = [
            "(mod_item name: (identifier) @name) @item",
            "(mod_item name: (identifier) @name !body)",
            "((mod_item name: (identifier) @name) (#eq? @name \"two\"))",
            "(source_file (use_declaration) @use)",
            "(source_file . (_) @first)",
            "(source_file (_) @last .)",
            "(source_file (mod_item) @one . (mod_item) @two)",
            "(call_expression function: (generic_function type_arguments: (type_arguments . (_) @type .)) \
              arguments: (arguments . (string_literal) @topic .))",
            "(call_expression arguments: (arguments . (string_literal) @topic) (#match? @topic \"^.b\"))",
            "(function_item name: (identifier) @f body: (block (expression_statement) @statement) (#not-eq? @f \"g\"))",
            "(impl_item trait: (_) @trait type: [(type_identifier) (generic_type)] @type (#match? @trait \"Trait$\"))",
            "(source_file (attribute_item)* . (mod_item name: (identifier) @key))",
            "(function_item parameters: (parameters (self_parameter)? (parameter pattern: (identifier) @p)))",
            "(mod_item name: (identifier) @a) (use_declaration argument: (_) @b (#any-of? @b \"a::b\" \"c\"))",
            "(mod_item name: (identifier) @a (#not-match? @a \"o\"))",
        ];
        for query in rust {
            let found = ours(Grammar::Rust, RUST, query);
            assert!(!found.is_empty() || query.contains("not-match"), "{query}");
            assert_eq!(found, theirs(Grammar::Rust, RUST, query), "{query}");
        }
        let javascript = [
            "(program (import_statement source: (string (string_fragment) @path)) @import)",
            "(export_statement \"default\") @default",
            "(export_statement source: (_) @from)",
            "([(import_statement source: (string (string_fragment) @p)) \
               (call_expression function: (identifier) arguments: (arguments . (string (string_fragment) @p) .))] \
              (#match? @p \"(b|c)\"))",
        ];
        for query in javascript {
            let found = ours(Grammar::JavaScript, JAVASCRIPT, query);
            assert!(!found.is_empty(), "{query}");
            assert_eq!(
                found,
                theirs(Grammar::JavaScript, JAVASCRIPT, query),
                "{query}"
            );
        }
    }

    #[test]
    fn what_repeats_is_captured_from_the_longest_run_to_none() {
        let found = ours(
            Grammar::Rust,
            RUST,
            "(source_file (attribute_item)* @lead . (mod_item name: (_) @name !body))",
        );

        let lead = |text: &str| ("lead".to_owned(), text.to_owned());
        let name = ("name".to_owned(), "one".to_owned());
        let (first, second) = ("#[cfg(test)]", "#[path = \"x\"]");
        assert!(
            found.contains(&vec![lead(first), lead(second), name.clone()]),
            "{found:?}"
        );
        assert!(
            found.contains(&vec![lead(second), name.clone()]),
            "{found:?}"
        );
    }

    #[test]
    fn what_is_no_query_is_refused() {
        for query in [
            "(",
            "(a",
            "a)",
            "(a @)",
            "(a (#what? @b \"c\"))",
            "(a name:)",
            "(#eq? @a \"b\")",
            "(a (#match? @b \"(\"))",
        ] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
    }
}
