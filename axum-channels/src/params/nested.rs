use serde_json::{Map, Value};

/// Maximum depth of a nested parameter. The key of a deeper one is taken as it is.
const MAX_DEPTH: usize = 32;

/// Nests parameters: `a[b]=1` is an object, `a[]=1` a list.
///
/// Source: `Plug.Conn.Query`. phoenix.js writes objects and lists in its `params` like this.
pub(super) fn nest<'a>(params: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let mut tree = Map::new();
    for (name, value) in params {
        let (root, keys) = split(name);
        insert(tree.entry(root).or_insert(Value::Null), &keys, value);
    }
    Value::Object(tree)
}

/// Splits `a[b][]` into `a` and the keys `b` and the empty one, which appends to a list.
fn split(name: &str) -> (&str, Vec<&str>) {
    let parts = name.strip_suffix(']').and_then(|name| name.split_once('['));
    let nested = parts.map(|(root, keys)| (root, keys.split("][").collect::<Vec<_>>()));
    let is_valid = |(root, keys): &(&str, Vec<_>)| !root.is_empty() && keys.len() <= MAX_DEPTH;
    nested.filter(is_valid).unwrap_or((name, Vec::new()))
}

/// Sets a value. One of another kind in its way is replaced: the last parameter counts.
fn insert(tree: &mut Value, keys: &[&str], value: &str) {
    match keys {
        [] => *tree = value.into(),
        ["", rest @ ..] => insert(item(tree, rest.first()), rest, value),
        [key, rest @ ..] => {
            if !tree.is_object() {
                *tree = Value::Object(Map::new());
            }
            if let Value::Object(entries) = tree {
                insert(entries.entry(*key).or_insert(Value::Null), rest, value);
            }
        }
    }
}

/// Returns the item of a list that a value belongs to: one that it nests into, or else a new one.
fn item<'a>(tree: &'a mut Value, next: Option<&&str>) -> &'a mut Value {
    let mut items = match tree.take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    };
    let known = match next {
        None => None,
        Some(&"") => items.iter().position(Value::is_array),
        Some(_) => items.iter().position(Value::is_object),
    };
    let at = known.unwrap_or(items.len());
    if at == items.len() {
        items.push(Value::Null);
    }
    *tree = Value::Array(items);
    &mut tree[at]
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
