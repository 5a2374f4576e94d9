//! The nodes of a syntax tree as a list, in the order of the file: those below a node follow it directly.
//!
//! Queries read each node many times; in the tree itself, each step to a child or a sibling is a search.

use std::num::NonZeroU16;
use std::ops::Range;

use tree_sitter::{InputEdit, Node, Tree};

use super::source::{Visit, walk};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    id: usize,
    /// Number of its kind.
    pub kind: u16,
    pub is_named: bool,
    /// Its field in the parent.
    pub field: Option<FieldId>,
    pub bytes: Range<usize>,
    /// Position after the last node below it.
    pub end: usize,
}

impl Nodes {
    pub fn of(tree: &Tree) -> Self {
        Self::read(tree, |_| None)
    }

    /// Returns the nodes of `tree`, which replaces that of these nodes after `edit`. Those that both trees have are copied: to
    /// visit a node takes far longer.
    pub fn after(&self, edit: &InputEdit, tree: &Tree) -> Self {
        Self::read(tree, |node| self.same(node, edit))
    }

    /// Reads the nodes of `tree`, except those below nodes with a known copy.
    fn read<'a>(tree: &Tree, known: impl Fn(&Node<'_>) -> Option<&'a [Item]>) -> Self {
        let mut items: Vec<Item> = Vec::with_capacity(tree.root_node().descendant_count());
        walk(&mut tree.walk(), &mut |cursor| {
            let node = cursor.node();
            let (at, bytes) = (items.len(), node.byte_range());
            let copy = known(&node);
            items.push(Item {
                id: node.id(),
                kind: node.kind_id(),
                is_named: node.is_named(),
                field: cursor.field_id(),
                end: at + node.descendant_count(),
                bytes: bytes.clone(),
            });
            let Some([first, below @ ..]) = copy else {
                return Visit::Below;
            };
            let old_at = first.end - 1 - below.len();
            let byte = |old: usize| old - first.bytes.start + bytes.start;
            items.extend(below.iter().map(|item| Item {
                bytes: byte(item.bytes.start)..byte(item.bytes.end),
                end: item.end - old_at + at,
                ..*item
            }));
            Visit::Next
        });
        let (by_kind, kinds) = by_kind(&items, tree.language().node_kind_count());
        Self {
            items,
            by_kind,
            kinds,
        }
    }

    /// Returns the items of `node` and of those below it, if the tree before `edit` had the same: then they share their memory.
    fn same(&self, node: &Node<'_>, edit: &InputEdit) -> Option<&[Item]> {
        let bytes = node.byte_range();
        let start = match bytes {
            _ if bytes.end <= edit.start_byte => bytes.start,
            _ if bytes.start >= edit.new_end_byte => {
                bytes.start - edit.new_end_byte + edit.old_end_byte
            }
            _ => return None,
        };
        let at = self.position(node, start)?;
        Some(&self.items[at..self.items[at].end])
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
        match self.position(&node, node.start_byte()) {
            Some(at) => at..self.items[at].end,
            None => 0..0,
        }
    }

    /// Returns the position of `node`, which starts at this byte.
    fn position(&self, node: &Node<'_>, start: usize) -> Option<usize> {
        let (id, kind) = (node.id(), node.kind_id());
        // In the order of the file, nodes start one after the other.
        let first = self.items.partition_point(|item| item.bytes.start < start);
        let mut same = self.items[first..]
            .iter()
            .take_while(|item| item.bytes.start == start);
        let behind = same.position(|item| item.id == id && item.kind == kind)?;
        Some(first + behind)
    }

    /// Returns the positions of the children of the node at `at`.
    pub fn children(&self, at: usize) -> impl Iterator<Item = usize> {
        self.siblings(at + 1, self.items[at].end)
    }

    /// Returns the positions of the node at `from` and of its next siblings before `end`.
    pub fn siblings(&self, from: usize, end: usize) -> impl Iterator<Item = usize> {
        let first = Some(from).filter(|first| *first < end);
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::edit::{Language, Source};

    #[test]
    fn nodes_that_an_edit_has_left_are_copied_as_they_are() {
        let before = "use a::b;\n\npub mod c;\n\nfn d(e: F) -> G {\n    e.h::<I>(\"j\")\n}\n";
        let language = Language::of(Path::new("lib.rs")).expect("Rust is linked");
        for (old, new) in [
            ("use a::b;\n", "use a::b;\nuse a::k;\n"),
            ("pub mod c;\n\n", ""),
            ("\"j\")", "\"j\")\n        .l(2)"),
            ("fn d", "fn new_d"),
            ("}\n", "}\n// m\n"),
            ("(e: F)", "(e: F"),
            ("use a", "fn n() {}\nuse a"),
        ] {
            let source = Source::new(before.to_owned(), language);
            let _ = source.nodes();

            let edited = source.with_text(before.replacen(old, new, 1));
            let copied = edited.nodes();

            assert_eq!(copied.items, edited.read_nodes().items, "{new}");
            let old = source.nodes();
            let mut all = copied.items.iter();
            assert!(
                all.any(|item| old.items.iter().any(|o| o.id == item.id)),
                "{new}"
            );
        }
    }
}
