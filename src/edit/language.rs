//! Languages whose files can be edited: a linked grammar each, and `templates/languages.toml`, which says the rest.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use super::glob;
use super::query::Query;

const RULES: &str = include_str!("../../templates/languages.toml");

/// A language whose files can be edited.
#[derive(Debug)]
pub struct Language {
    /// As `languages.toml` calls it.
    pub name: String,
    grammar: tree_sitter::Language,
    rules: Rules,
    aliases: Vec<Query>,
    definitions: Option<Query>,
}

/// What `languages.toml` says of a language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    /// Patterns of file names.
    files: Vec<String>,
    /// Signs that start a comment to the end of the line, or two that enclose one.
    comments: Vec<String>,
    /// Kinds of nodes that belong to the item below them.
    #[serde(default)]
    attributes: Vec<String>,
    /// Kind of a child that makes a comment or an attribute one of the whole file.
    #[serde(default)]
    inner: String,
    /// Stands between the parts of a name.
    #[serde(default)]
    separator: String,
    /// Names are written from their first part on, or shortened by an alias.
    #[serde(default)]
    whole_names: bool,
    /// Queries for `@path`, optionally `@prefix` and `@name`: a short name and the long one that it stands for.
    #[serde(default)]
    aliases: Vec<String>,
    /// Query for `@name` and `@body`: what is defined in the body has that name before its own.
    #[serde(default)]
    definitions: Option<String>,
}

/// The grammars that are linked, by the name that `languages.toml` calls them.
fn grammar(name: &str) -> Option<tree_sitter::Language> {
    Some(match name {
        "elixir" => tree_sitter_elixir::LANGUAGE.into(),
        "javascript" => tree_sitter_javascript::LANGUAGE.into(),
        "json" => tree_sitter_json::LANGUAGE.into(),
        "rust" => tree_sitter_rust::LANGUAGE.into(),
        "toml" => tree_sitter_toml_ng::LANGUAGE.into(),
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX.into(),
        _ => return None,
    })
}

#[expect(
    clippy::expect_used,
    reason = "languages.toml is part of the binary: a mistake in it fails every test"
)]
static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let rules: BTreeMap<String, Rules> = toml::from_str(RULES).expect("languages.toml is read");
    let language = |(name, rules): (String, Rules)| {
        let aliases = rules.aliases.iter().map(|query| Query::parse(query));
        let definitions = rules.definitions.as_deref().map(Query::parse);
        Language {
            grammar: grammar(&name).expect("its grammar is linked"),
            name,
            aliases: aliases
                .collect::<Result<_, _>>()
                .expect("aliases are queries"),
            definitions: definitions.transpose().expect("definitions are a query"),
            rules,
        }
    };
    rules.into_iter().map(language).collect()
});

impl Language {
    /// The language of the file at `path`, by its name; `None` if no grammar of it is linked.
    pub fn of(path: &Path) -> Option<&'static Self> {
        let name = path.file_name()?.to_str()?;
        LANGUAGES.iter().find(|language| {
            let mut patterns = language.rules.files.iter();
            patterns.any(|pattern| glob::matches(pattern, name))
        })
    }

    pub fn grammar(&self) -> &tree_sitter::Language {
        &self.grammar
    }

    /// Queries for the names that a file shortens.
    pub fn aliases(&self) -> &[Query] {
        &self.aliases
    }

    /// Query for what has a body in which others are defined.
    pub fn definitions(&self) -> Option<&Query> {
        self.definitions.as_ref()
    }

    /// What stands between the parts of a name.
    pub fn separator(&self) -> &str {
        &self.rules.separator
    }

    /// Whether names are written from their first part on, or shortened by an alias.
    pub fn has_whole_names(&self) -> bool {
        self.rules.whole_names
    }

    /// Whether nodes of this kind belong to the item below them, as attributes do.
    pub fn is_attribute(&self, kind: &str) -> bool {
        self.rules.attributes.iter().any(|k| k == kind)
    }

    /// Whether a child of this kind makes a comment or an attribute one of the whole file.
    pub fn is_inner(&self, kind: &str) -> bool {
        !self.rules.inner.is_empty() && self.rules.inner == kind
    }

    /// A comment without its signs and the one space that follows them.
    pub fn uncommented<'a>(&self, comment: &'a str) -> &'a str {
        let strip = |signs: &String| match signs.split_once(' ') {
            Some((open, close)) => {
                let inside = comment.strip_prefix(open)?.strip_suffix(close)?;
                Some(inside.trim())
            }
            None => comment.strip_prefix(signs.as_str()),
        };
        let bare = self
            .rules
            .comments
            .iter()
            .find_map(strip)
            .unwrap_or(comment);
        bare.strip_prefix(' ').unwrap_or(bare)
    }
}
