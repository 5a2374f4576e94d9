//! Comparison with tree-sitter's own matches.

use super::*;
use crate::edit::Language;
use crate::edit::source::Source;
use std::path::Path;
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

fn language(name: &str) -> &'static Language {
    Language::of(Path::new(name)).expect(name)
}

/// Captures as names and texts, sorted.
fn ours(name: &str, source: &str, query: &str) -> Vec<Vec<(String, String)>> {
    let parsed = Source::new(source.to_owned(), language(name));
    let query = Query::parse(query, language(name)).expect(query);
    let found = query.matches(parsed.root(), &parsed);
    let found = found.iter().map(|captures| {
        let captures = captures.iter();
        captures.map(|(name, node)| (&**name, *node)).collect()
    });
    sorted(found, source)
}

fn theirs(name: &str, source: &str, query: &str) -> Vec<Vec<(String, String)>> {
    let grammar = language(name).grammar();
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(grammar).expect("the versions fit");
    let tree = parser.parse(source, None).expect("nothing cancels");
    let query = tree_sitter::Query::new(grammar, query).expect(query);
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
        "(function_item parameters: (parameters (parameter pattern: (identifier) @p)) body: (block (expression_statement \
              (call_expression function: (generic_function function: (field_expression value: (identifier) @v)))) @s) \
              (#eq? @v @p))",
    ];
    for query in rust {
        let found = ours("a.rs", RUST, query);
        assert!(!found.is_empty() || query.contains("not-match"), "{query}");
        assert_eq!(found, theirs("a.rs", RUST, query), "{query}");
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
        let found = ours("a.js", JAVASCRIPT, query);
        assert!(!found.is_empty(), "{query}");
        assert_eq!(found, theirs("a.js", JAVASCRIPT, query), "{query}");
    }
}

#[test]
fn what_repeats_is_captured_from_the_longest_run_to_none() {
    let found = ours(
        "a.rs",
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
        "(block",
        "block)",
        "(block @)",
        "(block (#what? @b \"c\"))",
        "(block (#not-any-of? @b \"c\"))",
        "(block (#last? @b \"c\"))",
        "(block name:)",
        "(#eq? @a \"b\")",
        "(block (#match? @b \"(\"))",
    ] {
        assert!(Query::parse(query, language("a.rs")).is_err(), "{query}");
    }
}

#[test]
fn a_file_without_a_word_of_the_query_is_not_parsed() {
    let import = "(use_declaration argument: (_) @path (#names? @path \"axum_channels::Socket\"))";
    for (query, text, may_match) in [
        ("((identifier) @a (#eq? @a \"main\"))", "fn main() {}", true),
        (
            "((identifier) @a (#eq? @a \"main\"))",
            "fn other() {}",
            false,
        ),
        (
            "((identifier) @a (#not-eq? @a \"main\"))",
            "fn other() {}",
            true,
        ),
        (
            "((identifier) @a (#any-of? @a \"b\" \"main\"))",
            "fn main() {}",
            true,
        ),
        (
            "(function_item (visibility_modifier)? @pub name: (_) @name (#eq? @pub \"pub\"))",
            "fn main() {}",
            true,
        ),
        (
            "((identifier) @a (#eq? @a \"x\")) ((identifier) @a (#eq? @a \"main\"))",
            "fn main() {}",
            true,
        ),
        (import, "use axum_channels::Socket;", true),
        (import, "use axum::Router;", false),
    ] {
        let source = Source::new(text.to_owned(), language("a.rs"));
        let found = source.find(query).expect(query);
        assert_eq!(source.is_parsed(), may_match, "{query} in {text}");
        assert_eq!(!found.is_empty(), may_match, "{query} in {text}");
    }
}

#[test]
fn a_shortened_name_may_match_in_a_file_without_the_whole_name() {
    let mounted = "(call target: (identifier) @f (arguments (string) . (alias) @socket) \
                   (#eq? @f \"socket\") (#names? @socket \"Shop.Web.UserSocket\"))";
    for text in [
        "alias Shop.Web\nsocket \"/socket\", Web.UserSocket\n",
        "alias Shop.Web.UserSocket, as: S\nsocket \"/socket\", S\n",
        "alias Shop.Web.{A, UserSocket}\nsocket \"/socket\", UserSocket\n",
        "defmodule Shop do\n  defmodule Web.UserSocket do\n  end\n  socket \"/socket\", Web.UserSocket\nend\n",
    ] {
        let source = Source::new(text.to_owned(), language("a.ex"));
        assert_eq!(source.find(mounted).expect(mounted).len(), 1, "{text}");
    }
}

#[test]
fn the_documentation_has_every_predicate() {
    let page = include_str!("../../../docs/stacks.md");
    let shown: Vec<_> = page
        .lines()
        .filter(|line| line.starts_with("| `(#"))
        .flat_map(|line| line.split('`'))
        .filter(|part| part.starts_with("(#"))
        .collect();
    for predicate in &shown {
        let query = format!("((identifier) @a {predicate})");
        assert!(Query::parse(&query, language("a.rs")).is_ok(), "{query}");
    }
    let name = |predicate: &&str| predicate[2..].split(' ').next().map(str::to_owned);
    let shown: std::collections::BTreeSet<_> = shown.iter().filter_map(name).collect();
    let parser = include_str!("parse.rs");
    let literals = parser.split('"').skip(1).step_by(2);
    let is_name =
        |literal: &&str| literal.ends_with('?') && literal.starts_with(char::is_alphabetic);
    let known = literals.filter(is_name).map(str::to_owned);
    assert_eq!(shown, known.collect());
}
