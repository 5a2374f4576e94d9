use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Maximum depth of a nested parameter. The key of a deeper one is taken as it is.
const MAX_DEPTH: usize = 32;

/// A parameter, while others may nest into it.
enum Node<'a> {
    Text(&'a str),
    Object(BTreeMap<&'a str, Node<'a>>),
    List(List<'a>),
}

/// Items of a list, of which at most one is an object and one a list: what nests into the list goes there. Looking for them
/// would take a time that grows with the square of the number of parameters.
#[derive(Default)]
struct List<'a> {
    items: Vec<Node<'a>>,
    object: Option<usize>,
    list: Option<usize>,
}

/// Nests parameters: `a[b]=1` is an object, `a[]=1` a list.
///
/// Source: `Plug.Conn.Query`. phoenix.js writes objects and lists in its `params` like this.
pub(super) fn nest<'a>(params: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let mut tree = BTreeMap::new();
    for (name, value) in params {
        let (root, keys) = split(name);
        let node = tree.entry(root).or_insert(Node::Text(value));
        node.insert(&keys, value);
    }
    Node::Object(tree).into()
}

/// Splits `a[b][]` into `a` and the keys `b` and the empty one, which appends to a list.
fn split(name: &str) -> (&str, Vec<&str>) {
    let parts = name.strip_suffix(']').and_then(|name| name.split_once('['));
    let nested = parts.map(|(root, keys)| (root, keys.split("][").collect::<Vec<_>>()));
    let is_valid = |(root, keys): &(&str, Vec<_>)| !root.is_empty() && keys.len() <= MAX_DEPTH;
    nested.filter(is_valid).unwrap_or((name, Vec::new()))
}

impl<'a> Node<'a> {
    /// Sets a value. One of another kind in its way is replaced: the last parameter counts.
    fn insert(&mut self, keys: &[&'a str], value: &'a str) {
        match keys {
            [] => *self = Node::Text(value),
            ["", rest @ ..] => {
                if !matches!(self, Node::List(_)) {
                    *self = Node::List(List::default());
                }
                if let Node::List(list) = self {
                    list.item(rest.first()).insert(rest, value);
                }
            }
            [key, rest @ ..] => {
                if !matches!(self, Node::Object(_)) {
                    *self = Node::Object(BTreeMap::new());
                }
                if let Node::Object(entries) = self {
                    let entry = entries.entry(key).or_insert(Node::Text(value));
                    entry.insert(rest, value);
                }
            }
        }
    }
}

impl<'a> List<'a> {
    /// Returns the item that a value belongs to: the one that it nests into, or else a new one.
    fn item(&mut self, next: Option<&&str>) -> &mut Node<'a> {
        let new = self.items.len();
        let at = match next {
            None => new,
            Some(&"") => *self.list.get_or_insert(new),
            Some(_) => *self.object.get_or_insert(new),
        };
        if at == new {
            self.items.push(Node::Text(""));
        }
        &mut self.items[at]
    }
}

impl From<Node<'_>> for Value {
    fn from(node: Node<'_>) -> Value {
        match node {
            Node::Text(text) => text.into(),
            Node::List(list) => list.items.into_iter().map(Value::from).collect(),
            Node::Object(entries) => {
                let entries = entries.into_iter();
                let entries = entries.map(|(key, node)| (key.to_owned(), node.into()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Params;
    use serde_json::json;

    #[test]
    fn parameters_nest_as_in_plug() {
        let deep = format!("a{}=1", "[b]".repeat(33));
        for (query, expected) in [
            ("", json!({})),
            ("a=1&b=2", json!({"a": "1", "b": "2"})),
            ("a=1&a=2", json!({"a": "2"})),
            (
                "a[b]=1&a[c][d]=2",
                json!({"a": {"b": "1", "c": {"d": "2"}}}),
            ),
            ("a[]=1&a[]=2", json!({"a": ["1", "2"]})),
            ("a[b][]=1", json!({"a": {"b": ["1"]}})),
            ("a%5Bb%5D=1", json!({"a": {"b": "1"}})),
            (
                "a[][b]=1&a[]=x&a[][c]=2",
                json!({"a": [{"b": "1", "c": "2"}, "x"]}),
            ),
            ("a[][]=1&a[][]=2", json!({"a": [["1", "2"]]})),
            ("a=1&a[b]=2", json!({"a": {"b": "2"}})),
            ("a[b]=2&a=1", json!({"a": "1"})),
            ("a[b]=1&a[]=2", json!({"a": ["2"]})),
            ("a[]=1&a[b]=2", json!({"a": {"b": "2"}})),
            (
                "a[b=1&[c]=2&]=3&=4",
                json!({"a[b": "1", "[c]": "2", "]": "3", "": "4"}),
            ),
            (&deep, json!({deep.trim_end_matches("=1"): "1"})),
        ] {
            assert_eq!(Params::parse(query).to_value(), expected, "{query}");
        }
    }
}
