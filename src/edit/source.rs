//! A source text with its syntax tree, and the matches of queries in it.

use std::cell::OnceCell;
use std::ops::Range;

use anyhow::{Context, Result};
use tree_sitter::{InputEdit, Node, Parser, Point, Tree, TreeCursor};

use super::language::Language;
use super::nodes::Nodes;
use super::query::{Captures, Names, Query};
use crate::key;

/// A text and its syntax tree.
pub struct Source {
    pub text: String,
    pub language: &'static Language,
    /// Parsed when a query may match.
    tree: OnceCell<Tree>,
    names: OnceCell<Names>,
    nodes: OnceCell<Nodes>,
}

/// One match of a query.
pub struct Match<'a> {
    captures: Captures<'a>,
    source: &'a Source,
}

impl Source {
    /// Returns the source of a file. It is parsed when it is needed.
    pub fn new(text: String, language: &'static Language) -> Self {
        Self {
            text,
            language,
            tree: OnceCell::new(),
            names: OnceCell::new(),
            nodes: OnceCell::new(),
        }
    }

    /// Returns the same file with another text. Its unchanged start and end are not parsed again.
    pub fn with_text(&self, text: String) -> Self {
        let mut old = self.tree().clone();
        let edit = difference(&self.text, &text);
        old.edit(&edit);
        let tree = parse(Some(&old), &text, self.language);
        let nodes = self.nodes.get().map(|nodes| nodes.after(&edit, &tree));
        Self {
            tree: OnceCell::from(tree),
            nodes: nodes.map(OnceCell::from).unwrap_or_default(),
            ..Self::new(text, self.language)
        }
    }

    fn tree(&self) -> &Tree {
        let parse = || parse(None, &self.text, self.language);
        self.tree.get_or_init(parse)
    }

    /// Returns whether a query has needed the syntax tree.
    #[cfg(test)]
    pub fn is_parsed(&self) -> bool {
        self.tree.get().is_some()
    }

    pub fn root(&self) -> Node<'_> {
        self.tree().root_node()
    }

    /// Returns the matches of `query` in the whole file, in order.
    pub fn find(&self, query: &str) -> Result<Vec<Match<'_>>> {
        self.matches(query, |query| query.matches(self.root(), self))
    }

    /// Returns the matches of `query` at `node` and below it, in order.
    pub fn find_in<'a>(&'a self, node: Node<'a>, query: &str) -> Result<Vec<Match<'a>>> {
        self.matches(query, |query| query.matches(node, self))
    }

    /// Returns the matches of `query` whose outermost node is `node`.
    pub fn find_at<'a>(&'a self, node: Node<'a>, query: &str) -> Result<Vec<Match<'a>>> {
        self.matches(query, |query| query.matches_at(node, self))
    }

    fn matches<'a>(
        &'a self,
        text: &str,
        run: impl FnOnce(&Query) -> Vec<Captures<'a>>,
    ) -> Result<Vec<Match<'a>>> {
        let query =
            Query::cached(text, self.language).with_context(|| format!("in the query {text}"))?;
        if !query.may_match(&self.text) {
            return Ok(Vec::new());
        }
        let found = run(&query).into_iter();
        let mut found: Vec<_> = found
            .map(|found| Match::from_captures(found, self))
            .collect();
        // Of matches with the same start, as in a method chain, the longest is the last.
        found.sort_by_key(|m| (m.start(), m.anchor().end));
        Ok(found)
    }

    /// Returns the short names of the file.
    pub fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::of(self))
    }

    /// Returns the number of syntax errors, and of files that are invalid for another reason: a table that stands twice.
    pub fn errors(&self) -> usize {
        let of_syntax = match self.root().has_error() {
            true => self.all(|n| n.is_error() || n.is_missing()).len(),
            false => 0,
        };
        let parsed = key::parse(&self.language.name, &self.text);
        of_syntax + usize::from(parsed.is_some_and(|parsed| parsed.is_err()))
    }

    /// Returns the comments, in order.
    pub fn comments(&self) -> Vec<Node<'_>> {
        self.all(|n| is_comment(n) && n.is_extra() && n.is_named())
    }

    /// Returns whether the byte at `at` belongs to a comment.
    pub fn is_comment(&self, at: usize) -> bool {
        let node = self.root().descendant_for_byte_range(at, at + 1);
        std::iter::successors(node, |n| n.parent()).any(|n| is_comment(&n))
    }

    /// Returns whether a word at `at` is the text of a string, such as a topic, and names no variable, as `"{name}"` does in Rust.
    pub fn is_string(&self, at: usize) -> bool {
        let node = self.root().descendant_for_byte_range(at, at + 1);
        let kinds = ["string_fragment", "string_content", "quoted_content"];
        node.is_some_and(|node| kinds.contains(&node.kind())) && !self.text[..at].ends_with('{')
    }

    /// Returns whether a word at `at` is the name of a field or a method.
    pub fn is_field(&self, at: usize) -> bool {
        let node = self.root().descendant_for_byte_range(at, at + 1);
        let kinds = ["property_identifier", "field_identifier"];
        node.is_some_and(|node| kinds.contains(&node.kind()))
    }

    /// Returns the text of a node, without the line ending that some grammars include in comments.
    pub fn text_of(&self, node: Node<'_>) -> &str {
        &self.text[self.range_of(node)]
    }

    /// Returns the range of a node, without the line ending that some grammars include in comments.
    pub fn range_of(&self, node: Node<'_>) -> Range<usize> {
        let end = node.start_byte() + self.text[node.byte_range()].trim_end().len();
        node.start_byte()..end
    }

    /// Returns the line number of `at`, starting with one.
    pub fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// Returns all nodes.
    pub fn nodes(&self) -> &Nodes {
        self.nodes.get_or_init(|| Nodes::of(self.tree()))
    }

    /// Returns the nodes, read from the tree.
    #[cfg(test)]
    pub fn read_nodes(&self) -> Nodes {
        Nodes::of(self.tree())
    }

    /// Returns a cursor at the root. Positions of [`Source::nodes`] are those of its descendants.
    pub fn cursor(&self) -> TreeCursor<'_> {
        self.tree().walk()
    }

    fn all(&self, wanted: impl Fn(&Node<'_>) -> bool) -> Vec<Node<'_>> {
        let mut found = Vec::new();
        walk(&mut self.tree().walk(), &mut |cursor| {
            let node = cursor.node();
            if wanted(&node) {
                found.push(node);
            }
            Visit::Below
        });
        found
    }
}

#[expect(
    clippy::expect_used,
    reason = "fails only for a grammar built for another tree-sitter, which no test would survive"
)]
fn parse(old: Option<&Tree>, text: &str, language: &Language) -> Tree {
    let mut parser = Parser::new();
    parser
        .set_language(language.grammar())
        .expect("a linked grammar has the linked version");
    let tree = parser.parse(text, old);
    tree.expect("a language is set and nothing cancels")
}

/// Returns the only range in which two texts differ, as an edit.
fn difference(old: &str, new: &str) -> InputEdit {
    let is_same = |(a, b): &(u8, u8)| a == b;
    let start = old.bytes().zip(new.bytes()).take_while(is_same).count();
    let rest = old.len().min(new.len()) - start;
    let ends = old.bytes().rev().zip(new.bytes().rev()).take(rest);
    let end = ends.take_while(is_same).count();
    let (old_end, new_end) = (old.len() - end, new.len() - end);
    InputEdit {
        start_byte: start,
        old_end_byte: old_end,
        new_end_byte: new_end,
        start_position: point(old, start),
        old_end_position: point(old, old_end),
        new_end_position: point(new, new_end),
    }
}

fn point(text: &str, at: usize) -> Point {
    let before = &text.as_bytes()[..at];
    let line = before.iter().rposition(|byte| *byte == b'\n');
    let row = before.iter().filter(|byte| **byte == b'\n').count();
    Point::new(row, at - line.map_or(0, |line| line + 1))
}

/// The node to visit next.
pub enum Visit {
    /// The first one below.
    Below,
    /// The one after those below.
    Next,
}

/// Visits the node at `cursor` and all below it, in the order of the file.
pub fn walk<'tree>(
    cursor: &mut TreeCursor<'tree>,
    visit: &mut impl FnMut(&TreeCursor<'tree>) -> Visit,
) {
    let mut depth = 0; // without recursion: a file may be as deep as it is long
    loop {
        if let Visit::Below = visit(cursor)
            && cursor.goto_first_child()
        {
            depth += 1;
            continue;
        }
        while depth > 0 && !cursor.goto_next_sibling() {
            cursor.goto_parent();
            depth -= 1;
        }
        if depth == 0 {
            return;
        }
    }
}

fn is_comment(node: &Node<'_>) -> bool {
    node.kind().contains("comment")
}

impl<'a> Match<'a> {
    /// Returns a match with `node` as its anchor.
    pub fn of(node: Node<'a>, source: &'a Source) -> Self {
        Self {
            captures: vec![("anchor".into(), node)],
            source,
        }
    }

    pub fn from_captures(captures: Captures<'a>, source: &'a Source) -> Self {
        Self { captures, source }
    }

    pub fn source(&self) -> &'a Source {
        self.source
    }

    pub fn node(&self, name: &str) -> Option<Node<'a>> {
        let mut captures = self.captures.iter();
        captures.find(|(n, _)| **n == *name).map(|(_, node)| *node)
    }
}

impl Match<'_> {
    pub fn start(&self) -> usize {
        self.span().start
    }

    /// Returns the range from the first captured byte to the last.
    pub fn span(&self) -> Range<usize> {
        let ranges = self
            .captures
            .iter()
            .map(|(_, node)| self.source.range_of(*node));
        let (starts, ends): (Vec<_>, Vec<_>) = ranges.map(|r| (r.start, r.end)).unzip();
        starts.into_iter().min().unwrap_or_default()..ends.into_iter().max().unwrap_or_default()
    }

    /// Returns the start of the anchor, including the comments and attributes directly above it.
    pub fn start_with_lead(&self) -> usize {
        let Some(anchor) = self.node("anchor") else {
            return 0;
        };
        let above = std::iter::successors(Some(anchor), |node| {
            let above = node.prev_named_sibling()?;
            let language = self.source.language;
            let attached = is_comment(&above) || language.is_attribute(above.kind());
            let mut first = [above.child(0), above.named_child(0)].into_iter().flatten();
            let about_the_file = first.any(|child| language.is_inner(child.kind()));
            let range = self.source.range_of(above);
            let text = &self.source.text;
            let between = &text[range.end..node.start_byte()];
            let before = text[..range.start].rsplit('\n').next()?;
            let adjacent = between.matches('\n').count() == 1 && before.trim().is_empty();
            (attached && !about_the_file && adjacent).then_some(above)
        });
        above
            .last()
            .map_or(anchor.start_byte(), |node| node.start_byte())
    }

    /// Returns the capture `@anchor`.
    pub fn anchor(&self) -> Range<usize> {
        self.range("anchor").unwrap_or_default()
    }

    /// Returns whether the anchor is below other code of its block.
    pub fn is_below_other_code(&self) -> bool {
        let first = self.node("lead").or_else(|| self.node("anchor"));
        let above = first.and_then(|node| node.prev_named_sibling());
        above.is_some_and(|node| !is_comment(&node))
    }

    /// Returns whether something follows the anchor in its block.
    pub fn is_above_other_code(&self) -> bool {
        let anchor = self.node("anchor");
        anchor.is_some_and(|node| node.next_named_sibling().is_some())
    }

    /// Returns the end of the comma behind the anchor, or of the anchor if it is a comma.
    pub fn comma(&self) -> Option<usize> {
        let behind = std::iter::successors(self.node("anchor"), |node| node.next_sibling());
        let mut tokens = behind.filter(|node| !is_comment(node));
        let anchor = tokens.next()?;
        let comma = match anchor.kind() {
            "," => anchor,
            _ => tokens.next().filter(|node| node.kind() == ",")?,
        };
        Some(comma.end_byte())
    }

    /// Returns the start of the capture `name`.
    pub fn start_of(&self, name: &str) -> Option<usize> {
        self.node(name).map(|node| node.start_byte())
    }

    pub fn range(&self, name: &str) -> Option<Range<usize>> {
        self.node(name).map(|node| self.source.range_of(node))
    }

    /// Returns the names and texts of all captures.
    pub fn captures(&self) -> impl Iterator<Item = (&str, &str)> {
        let captures = self.captures.iter();
        captures.map(|(name, node)| (&**name, self.source.text_of(*node)))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        Some(&self.source.text[self.range(name)?])
    }

    /// Returns the range between the anchor's first and last token, such as `{` and `}`, and its first item.
    pub fn inside(&self) -> Option<(Range<usize>, Option<usize>)> {
        let node = self.node("anchor")?;
        let last = node.child(node.child_count().checked_sub(1)?)?;
        let inside = node.child(0)?.end_byte()..last.start_byte();
        Some((inside, node.named_child(0).map(|n| n.start_byte())))
    }
}
