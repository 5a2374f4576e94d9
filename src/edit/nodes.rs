//! The nodes of a syntax tree as a list, in the order of the file: those below a node follow it directly.
//!
//! Queries read each node many times; in the tree itself, each step to a child or a sibling is a search.

use std::num::NonZeroU16;
use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::source::walk;

/// The number of a field.
pub type FieldId = NonZeroU16;

/// All nodes of a tree.
pub struct Nodes(Vec<Item>);

/// A node.
pub struct Item {
    id: usize,
    /// Number of its kind.
    pub kind: u16,
    pub is_named: bool,
    /// Its field in the parent.
    pub field: Option<FieldId>,
    pub bytes: Range<usize>,
    /// Position after the last node below it.
    end: usize,
}

impl Nodes {
    pub fn of(tree: &Tree) -> Self {
        let mut items = Vec::with_capacity(tree.root_node().descendant_count());
        walk(&mut tree.walk(), &mut |cursor| {
            let node = cursor.node();
            items.push(Item {
                id: node.id(),
                kind: node.kind_id(),
                is_named: node.is_named(),
                field: cursor.field_id(),
                bytes: node.byte_range(),
                end: items.len() + node.descendant_count(),
            });
        });
        Self(items)
    }

    pub fn get(&self, at: usize) -> &Item {
        &self.0[at]
    }

    /// Returns the positions of `node` and of those below it.
    pub fn below(&self, node: Node<'_>) -> Range<usize> {
        let is_node = |item: &Item| item.id == node.id() && item.kind == node.kind_id();
        match self.0.iter().position(is_node) {
            Some(at) => at..self.0[at].end,
            None => 0..0,
        }
    }

    /// Returns the positions of the children of the node at `at`.
    pub fn children(&self, at: usize) -> impl Iterator<Item = usize> {
        let end = self.0[at].end;
        let first = Some(at + 1).filter(|first| *first < end);
        std::iter::successors(first, move |child| {
            Some(self.0[*child].end).filter(|next| *next < end)
        })
    }
}
