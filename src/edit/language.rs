//! Languages whose files can be edited: their linked grammars, and the settings in `templates/languages.toml`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

use super::glob;
use super::query::Query;

/// The table of `templates/languages.toml`, in JSON.
const RULES: &str = include_str!(concat!(env!("OUT_DIR"), "/templates/languages.toml"));

/// A language whose files can be edited.
#[derive(Debug)]
pub struct Language {
    /// Name in `languages.toml`.
    pub name: String,
    grammar: tree_sitter::Language,
    pub rules: Rules,
    aliases: OnceLock<Vec<Query>>,
    definitions: OnceLock<Option<Query>>,
    kinds: OnceLock<Kinds>,
}

/// Kinds of nodes, sorted by their names. Several kinds have the same name.
#[derive(Debug)]
struct Kinds {
    /// Each with whether it is that of a named node or of a token.
    names: Vec<(&'static str, bool)>,
    numbers: Vec<u16>,
}

/// Settings of a language in `languages.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Patterns of file names.
    files: Vec<String>,
    /// Markers that start a comment to the end of the line, or two that enclose one.
    comments: Vec<String>,
    /// Kinds of nodes that belong to the following item.
    #[serde(default)]
    attributes: Vec<String>,
    /// Kind of a child of comments and attributes that belong to the whole file.
    #[serde(default)]
    inner: String,
    /// Separator between the parts of a name.
    #[serde(default)]
    pub separator: String,
    /// Names are absolute, or shortened by an alias.
    #[serde(default)]
    pub whole_names: bool,
    /// Name of the definition around it, in that definition.
    pub around: Option<String>,
    /// Queries for `@path`, and optionally `@prefix` and `@name`: a long name and its short form.
    #[serde(default)]
    aliases: Vec<String>,
    /// Query for `@name` and `@body`: what is defined in the body has that name before its own.
    definitions: Option<String>,
    /// Styles that a file may have; without this key, all files have the same.
    pub style: Option<StyleQueries>,
}

/// Queries for code whose style differs between files: `@own`, except for what is `@other`, too.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StyleQueries {
    /// Strings in double or single quotes.
    pub strings: String,
    /// Statements that end with a semicolon, or with the line.
    pub statements: String,
}

/// Linked grammars, by their name in `languages.toml`.
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
    let rules: BTreeMap<String, Rules> =
        serde_json::from_str(RULES).expect("languages.toml is read");
    let language = |(name, rules): (String, Rules)| Language {
        grammar: grammar(&name).expect("its grammar is linked"),
        name,
        rules,
        aliases: OnceLock::new(),
        definitions: OnceLock::new(),
        kinds: OnceLock::new(),
    };
    rules.into_iter().map(language).collect()
});

/// Returns the kinds of a grammar.
fn kinds_of(grammar: &'static tree_sitter::Language) -> Kinds {
    let count = u16::try_from(grammar.node_kind_count()).unwrap_or(u16::MAX);
    let kind = |id| {
        let name = grammar.node_kind_for_id(id)?;
        Some(((name, grammar.node_kind_is_named(id)), id))
    };
    let mut kinds: Vec<_> = (0..count).filter_map(kind).collect();
    kinds.sort_unstable();
    let (names, numbers) = kinds.into_iter().unzip();
    Kinds { names, numbers }
}

impl Language {
    /// Returns the language of a file by its name; `None` without a linked grammar.
    pub fn of(path: &Path) -> Option<&'static Self> {
        let name = path.file_name()?.to_str()?;
        LANGUAGES.iter().find(|language| {
            let mut patterns = language.rules.files.iter();
            patterns.any(|pattern| glob::covers(pattern, name))
        })
    }

    pub fn grammar(&self) -> &tree_sitter::Language {
        &self.grammar
    }

    /// Returns the numbers of a kind of named nodes, or of a token; none if the grammar does not have it.
    pub fn kinds(&'static self, name: &str, named: bool) -> &'static [u16] {
        let kinds = self.kinds.get_or_init(|| kinds_of(&self.grammar));
        let wanted = (name, named);
        let first = kinds.names.partition_point(|known| *known < wanted);
        let same = kinds.names[first..].partition_point(|known| *known == wanted);
        &kinds.numbers[first..first + same]
    }

    /// Returns the queries for short names.
    #[expect(
        clippy::expect_used,
        reason = "languages.toml is part of the binary: a mistake in it fails every test"
    )]
    pub fn aliases(&'static self) -> &'static [Query] {
        self.aliases.get_or_init(|| {
            let queries = self.rules.aliases.iter();
            let queries = queries.map(|query| Query::parse(query, self));
            queries
                .collect::<Result<_, _>>()
                .expect("aliases are queries")
        })
    }

    /// Returns the query for definitions that contain others.
    #[expect(
        clippy::expect_used,
        reason = "languages.toml is part of the binary: a mistake in it fails every test"
    )]
    pub fn definitions(&'static self) -> Option<&'static Query> {
        let query = self.definitions.get_or_init(|| {
            let query = self.rules.definitions.as_deref();
            let query = query.map(|query| Query::parse(query, self)).transpose();
            query.expect("definitions are a query")
        });
        query.as_ref()
    }

    /// Returns whether nodes of this kind belong to the following item, as attributes do.
    pub fn is_attribute(&self, kind: &str) -> bool {
        self.rules.attributes.iter().any(|k| k == kind)
    }

    /// Returns whether comments and attributes with a child of this kind belong to the whole file.
    pub fn is_inner(&self, kind: &str) -> bool {
        !self.rules.inner.is_empty() && self.rules.inner == kind
    }

    /// Returns a line as a comment.
    pub fn commented(&self, line: &str) -> String {
        let markers = self.rules.comments.first().map_or("", String::as_str);
        let (open, close) = markers.split_once(' ').unwrap_or((markers, ""));
        format!("{open} {line} {close}").trim_end().to_owned()
    }

    /// Returns a comment without its markers and the space after them.
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
