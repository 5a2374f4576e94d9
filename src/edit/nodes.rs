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
pub struct Nodes {
    items: Vec<Item>,
    /// Positions of all nodes, sorted by their kind.
    by_kind: Vec<usize>,
    /// Position of each kind's first node in `by_kind`, and its end.
    kinds: Vec<usize>,
}

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
        let mut items: Vec<Item> = Vec::with_capacity(tree.root_node().descendant_count());
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
        let (by_kind, kinds) = by_kind(&items, tree.language().node_kind_count());
        Self {
            items,
            by_kind,
            kinds,
        }
    }

    pub fn get(&self, at: usize) -> &Item {
        &self.items[at]
    }

    /// Returns those of `positions` at which a node is of this kind, in order.
    pub fn of_kind(&self, kind: u16, positions: &Range<usize>) -> &[usize] {
        let kind = usize::from(kind);
        let all = &self.by_kind[self.kinds[kind]..self.kinds[kind + 1]];
        let [start, end] =
            [positions.start, positions.end].map(|p| all.partition_point(|at| *at < p));
        &all[start..end]
    }

    /// Returns the positions of `node` and of those below it.
    pub fn below(&self, node: Node<'_>) -> Range<usize> {
        let (id, kind, bytes) = (node.id(), node.kind_id(), node.byte_range());
        // In the order of the file, nodes start one after the other.
        let first = self
            .items
            .partition_point(|item| item.bytes.start < bytes.start);
        let mut same = self.items[first..].iter();
        match same.position(|item| item.id == id && item.kind == kind) {
            Some(behind) => first + behind..self.items[first + behind].end,
            None => 0..0,
        }
    }

    /// Returns the positions of the children of the node at `at`.
    pub fn children(&self, at: usize) -> impl Iterator<Item = usize> {
        let end = self.items[at].end;
        let first = Some(at + 1).filter(|first| *first < end);
        std::iter::successors(first, move |child| {
            Some(self.items[*child].end).filter(|next| *next < end)
        })
    }
}

/// Returns the positions of `items` by their kind, of which there are `count`, and the start of each kind in them.
fn by_kind(items: &[Item], count: usize) -> (Vec<usize>, Vec<usize>) {
    // The kind of syntax errors is none of the grammar's.
    let kind = |item: &Item| usize::from(item.kind).min(count);
    let mut kinds = vec![0; count + 2];
    for item in items {
        kinds[kind(item) + 1] += 1;
    }
    for next in 1..kinds.len() {
        kinds[next] += kinds[next - 1];
    }
    let mut free = kinds.clone();
    let mut by_kind = vec![0; items.len()];
    for (at, item) in items.iter().enumerate() {
        let slot = &mut free[kind(item)];
        by_kind[*slot] = at;
        *slot += 1;
    }
    (by_kind, kinds)
}
