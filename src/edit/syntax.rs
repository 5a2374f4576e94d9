//! Grammars, parsing, queries.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use tree_sitter::{Node, Parser, Tree};

use super::query::{Captures, Query};

/// A language whose files can be edited. To add one, link its grammar here; nothing else changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// `.rs`
    Rust,
    /// `.js`, `.mjs`, `.jsx`
    JavaScript,
    /// `.toml`
    Toml,
    /// `.ex`, `.exs`, `mix.lock`
    Elixir,
}

impl Grammar {
    /// By the file's name; `None` is a language that we do not read.
    pub fn of(path: &Path) -> Option<Self> {
        if path.file_name()? == "mix.lock" {
            return Some(Self::Elixir);
        }
        match path.extension()?.to_str()? {
            "rs" => Some(Self::Rust),
            "js" | "mjs" | "jsx" => Some(Self::JavaScript),
            "toml" => Some(Self::Toml),
            "ex" | "exs" => Some(Self::Elixir),
            _ => None,
        }
    }

    pub fn language(self) -> tree_sitter::Language {
        match self {
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
            Self::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Self::Toml => tree_sitter_toml_ng::LANGUAGE.into(),
            Self::Elixir => tree_sitter_elixir::LANGUAGE.into(),
        }
    }
}

/// A text and its syntax tree.
pub struct Source<'a> {
    pub text: &'a str,
    tree: Tree,
}

/// One match of a query.
pub struct Match<'a> {
    captures: Vec<(String, Node<'a>)>,
    source: &'a str,
}

impl<'a> Source<'a> {
    #[expect(
        clippy::expect_used,
        reason = "fails only for a grammar built for another tree-sitter, which no test would survive"
    )]
    pub fn parse(text: &'a str, grammar: Grammar) -> Self {
        let language = grammar.language();
        let mut parser = Parser::new();
        parser
            .set_language(&language)
            .expect("a linked grammar has the linked version");
        let tree = parser
            .parse(text, None)
            .expect("a language is set and nothing cancels");
        Self { text, tree }
    }

    /// The matches of `query`, in the order of the file.
    pub fn find(&self, query: &str) -> Result<Vec<Match<'_>>> {
        let query = Query::parse(query).with_context(|| format!("in the query {query}"))?;
        let found = query.matches(self.tree.root_node(), self.text);
        let mut found: Vec<_> = found
            .into_iter()
            .map(|captures| Match::new(captures, self.text))
            .collect();
        // Of those that start together, as the links of a method chain do, the longest is the last.
        found.sort_by_key(|m| (m.start(), m.anchor().end));
        Ok(found)
    }

    /// Whether there is a query, and it finds something.
    pub fn finds(&self, query: Option<&str>) -> Result<bool> {
        Ok(match query {
            Some(query) => !self.find(query)?.is_empty(),
            None => false,
        })
    }

    /// The whole file as a match.
    pub fn whole(&self) -> Match<'_> {
        Match {
            captures: vec![("anchor".to_owned(), self.tree.root_node())],
            source: self.text,
        }
    }

    /// How many syntax errors the file has.
    pub fn errors(&self) -> usize {
        match self.tree.root_node().has_error() {
            true => self.nodes(|n| n.is_error() || n.is_missing()).len(),
            false => 0,
        }
    }

    /// The comments, in the order of the file.
    pub fn comments(&self) -> Vec<Range<usize>> {
        self.nodes(|n| n.kind().contains("comment") && n.is_extra() && n.is_named())
            .iter()
            .map(|n| n.start_byte()..trimmed_end(self.text, n))
            .collect()
    }

    /// Whether the byte at `at` belongs to a comment.
    pub fn is_comment(&self, at: usize) -> bool {
        let node = self.tree.root_node().descendant_for_byte_range(at, at + 1);
        std::iter::successors(node, |n| n.parent()).any(|n| n.kind().contains("comment"))
    }

    fn nodes(&self, wanted: impl Fn(&Node<'_>) -> bool) -> Vec<Node<'_>> {
        let mut found = Vec::new();
        let mut todo = vec![self.tree.root_node()];
        while let Some(node) = todo.pop() {
            if wanted(&node) {
                found.push(node);
            }
            let mut cursor = node.walk();
            todo.extend(
                node.children(&mut cursor)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .rev(),
            );
        }
        found
    }
}

/// A node's end, without the line ending that some grammars count into a comment.
fn trimmed_end(text: &str, node: &Node<'_>) -> usize {
    node.start_byte() + text[node.byte_range()].trim_end().len()
}

impl<'a> Match<'a> {
    fn new(captures: Captures<'_, 'a>, source: &'a str) -> Self {
        Self {
            captures: captures
                .into_iter()
                .map(|(name, node)| (name.to_owned(), node))
                .collect(),
            source,
        }
    }
}

impl Match<'_> {
    pub fn start(&self) -> usize {
        self.span().start
    }

    /// From the first captured byte to the last.
    pub fn span(&self) -> Range<usize> {
        let starts = self.captures.iter().map(|(_, node)| node.start_byte());
        let ends = self
            .captures
            .iter()
            .map(|(_, node)| trimmed_end(self.source, node));
        starts.min().unwrap_or_default()..ends.max().unwrap_or_default()
    }

    /// Where the anchor starts, with the comments and attributes right above it that are about it.
    pub fn start_with_lead(&self) -> usize {
        let Some(anchor) = self.node("anchor") else {
            return 0;
        };
        let above = std::iter::successors(Some(*anchor), |node| {
            let above = node.prev_named_sibling()?;
            let attached = above.kind().contains("comment") || above.kind() == "attribute_item";
            // `//!` and `#![…]` are about the whole file.
            let about_the_file = above
                .child(0)
                .is_some_and(|sign| sign.kind() == "inner_doc_comment_marker")
                || above
                    .named_child(0)
                    .is_some_and(|sign| sign.kind() == "inner_doc_comment_marker");
            let between = &self.source[trimmed_end(self.source, &above)..node.start_byte()];
            let first_on_its_line = self.source[..above.start_byte()]
                .rsplit('\n')
                .next()?
                .trim()
                .is_empty();
            let adjacent = between.matches('\n').count() == 1 && first_on_its_line;
            (attached && !about_the_file && adjacent).then_some(above)
        });
        above
            .last()
            .map_or(anchor.start_byte(), |node| node.start_byte())
    }

    /// What the text is placed by: the capture `@anchor`.
    pub fn anchor(&self) -> Range<usize> {
        self.range("anchor").unwrap_or_default()
    }

    pub fn range(&self, name: &str) -> Option<Range<usize>> {
        let node = self.node(name)?;
        Some(node.start_byte()..trimmed_end(self.source, node))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        Some(&self.source[self.range(name)?])
    }

    pub fn surrounds(&self, name: &str, inner: Range<usize>) -> bool {
        self.range(name)
            .is_some_and(|outer| outer.start <= inner.start && inner.end <= outer.end)
    }

    /// What stands between the anchor's first and last token, such as `{` and `}`, and its first item there.
    pub fn inside(&self) -> Option<(Range<usize>, Option<usize>)> {
        let node = self.node("anchor")?;
        let last = node.child(node.child_count().checked_sub(1)?)?;
        let inside = node.child(0)?.end_byte()..last.start_byte();
        Some((inside, node.named_child(0).map(|n| n.start_byte())))
    }

    fn node(&self, name: &str) -> Option<&Node<'_>> {
        self.captures
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, node)| node)
    }
}
