//! The grammars that the command itself reads files with.

use std::path::Path;

use tree_sitter::{Language, Parser, Tree};

/// The syntax tree of a file, or `None` for a kind of file that has none.
pub fn parse(path: &str, text: &str) -> Option<Tree> {
    let language: Language = match Path::new(path).extension()?.to_str()? {
        "rs" => tree_sitter_rust::LANGUAGE.into(),
        "ex" | "exs" => tree_sitter_elixir::LANGUAGE.into(),
        "js" => tree_sitter_javascript::LANGUAGE.into(),
        "json" => tree_sitter_json::LANGUAGE.into(),
        "toml" => tree_sitter_toml_ng::LANGUAGE.into(),
        _ => return None,
    };
    let mut parser = Parser::new();
    parser.set_language(&language).expect("the versions fit");
    parser.parse(text, None)
}
