//! The types of `places/<place>.toml`: the search for the file, the position of the text, and the check for existing
//! text.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::insert::At;

/// A place for text in the files of a project. Strings are templates with the variables `app`, those in `needs`,
/// `text`, and `found.NAME` for the capture `@NAME` of a query. `found.NAME_used` is the name of an unused variable without the
/// underscore at its start; for `_`, it is `NAME`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Description in one line.
    #[expect(dead_code, reason = "the reference shows it as it is written")]
    pub about: String,
    /// Variables that an insert passes in `with`, with a description of each.
    #[serde(default)]
    #[expect(dead_code, reason = "the reference shows it as it is written")]
    pub needs: BTreeMap<String, String>,
    /// Values for the test cases of the place, and for the reference.
    #[serde(default)]
    #[expect(dead_code, reason = "the cases read it as it is written")]
    pub example: Example,
    /// The file of the place. Without it, the place is used in the file of the insert that names it.
    pub file: Option<Location>,
    /// Purpose of the text, for the manual step: `to mount the socket`.
    #[serde(default)]
    pub manual: String,
    /// Position of the text in words, for a manual step of several texts: `in Config::read`.
    #[serde(default)]
    pub position: String,
    /// Name of the nodes that the text replaces, all of them, such as `clauses of connect`: for the manual step if there are several.
    pub replaces: Option<String>,
    /// The lines, without indentation. Without this key, the insert defines them.
    #[serde(default)]
    pub text: String,
    /// Other spellings of the text: a commented-out copy of one is uncommented.
    #[serde(default)]
    pub spellings: Vec<String>,
    /// Query for `@scope`: nodes that limit the search for the scope and `present`. There may be several.
    pub within: Option<String>,
    /// Query for `@scope`, the node that the text goes into; the whole file if not given. Several matches make the edit
    /// a manual step. Text goes below the capture `@below`, if there is one. Of several queries, the first match
    /// counts.
    #[serde(default, deserialize_with = "one_or_many")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub scope: Vec<String>,
    /// Query for existing text, in any spelling: in `within` if it is given, or else in the scope, or in the whole file
    /// without a scope. Without this key, the lines themselves are searched.
    pub present: Option<String>,
    /// Other files in which `present` finds the text as well, such as a helper's or a macro's.
    pub elsewhere: Option<Elsewhere>,
    /// A name by which the file uses the text, such as that of an import: while the file has it elsewhere, `destroy` leaves
    /// the text.
    pub used_as: Option<String>,
    /// Query for `@item`, a name of the text in a list of imports, for `destroy`; with `@statement`, which goes if it has no other
    /// name, `@brackets` if a list of one name has none, and `@name`, if that is not the whole item.
    #[serde(default)]
    pub listed: Option<String>,
    /// Files that need the text: while one of them exists, `destroy` leaves it.
    #[serde(default)]
    pub needed_by: Vec<Need>,
    /// The app may have had the text before, or need it for something else: `destroy` takes it out only if the record of
    /// runs shows that a run has inserted it.
    #[serde(default)]
    pub shared: bool,
    /// Part of the file that has the text, such as a table, for the record of runs: the app may have the same text in another one.
    #[serde(default)]
    pub section: String,
    /// Query for code that makes this a manual step, anywhere in the file: a used name, a custom order.
    pub blocked_by: Option<String>,
    /// Lines of the manual step in that case, instead of the text: with a name that is not taken.
    pub blocked_text: Option<String>,
    /// Lines of the manual step for code in the file, instead of the text: those with the options of an entry that the text
    /// replaces. The first query that matches counts, with lines for each of its matches.
    #[serde(default)]
    pub manual_text: Vec<ManualText>,
    /// Query for code before the scope that makes this a manual step: a catch-all route in another scope.
    pub blocked_above: Option<String>,
    /// Conflicts that stop the command before it writes.
    #[serde(default, rename = "conflict")]
    pub conflicts: Vec<Conflict>,
    /// Query for `@barrier`, from the scope's node on. Text goes before the first barrier, such as a catch-all route.
    pub barrier: Option<String>,
    /// Anchors of the text; the first match counts.
    #[serde(default, rename = "anchor")]
    pub anchors: Vec<Anchor>,
    /// Other texts in the same file, such as imports. They are inserted with this text, before it, or not at all.
    #[serde(default)]
    pub also: Vec<Also>,
    /// One level of indentation, for lines to print and for files that show none.
    #[serde(skip)]
    pub level: Option<String>,
}

/// Values for the test cases of a place.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Example {
    /// The `with` of an insert.
    pub with: BTreeMap<String, String>,
    /// The `text` of an insert.
    pub text: Option<String>,
    /// The `also` of an insert.
    pub also: Vec<Also>,
    /// Facts that differ from those of a new app called `my_app`.
    pub app: BTreeMap<String, String>,
}

/// Search for a file, by path and contents.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Location {
    /// Paths that are tried first, in this order.
    pub paths: Vec<String>,
    /// Patterns, such as `lib/**/*.ex` or `assets/**/*.{js,ts}`, of files that are searched if no file in `paths` matches.
    pub search: Vec<String>,
    /// Patterns of files that may be in its place, in languages that are not edited: the manual step names the first one.
    pub foreign: Vec<String>,
    /// A word in the file, or one of several. Files without it are not parsed.
    #[serde(deserialize_with = "one_or_many")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub mentions: Vec<String>,
    /// Query that the file must match. Without it, any existing file matches.
    pub holds: Option<String>,
    /// Query for files found by `search`, if it differs from `holds`.
    pub search_holds: Option<String>,
    /// Searches `search` even if a file in `paths` matches. Two matching files make the edit a manual step.
    pub only: bool,
    /// Query for the file to choose if several match. If more than one has it, none is chosen.
    pub prefer: Option<String>,
    /// Initial text of the file, created at the first of `paths` if no file matches.
    pub create: bool,
}

/// Files that need a text or a generated file.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Query for the file of the text: with a match, these files do not need the text. An empty one is none.
    #[serde(default)]
    pub unless: String,
    /// Patterns of files, such as `lib/**/*.ex`.
    pub search: Vec<String>,
    /// A word in these files, or one of several. Without one, any of them counts.
    #[serde(default, deserialize_with = "one_or_many")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub mentions: Vec<String>,
    /// Query for code in these files.
    pub holds: Option<String>,
    /// Query for the nodes in which `holds` has to match, as `@scope`.
    pub within: Option<String>,
}

/// Files that may have the text instead of the file of the place.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// Patterns of files, such as `lib/**/*.ex`.
    pub search: Vec<String>,
    /// A word in these files, or one of several. Files without it are not parsed.
    #[serde(deserialize_with = "one_or_many")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub mentions: Vec<String>,
}

/// Lines of the manual step for code in the file.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ManualText {
    /// Query for the code, in `within` if the place has it.
    pub query: String,
    /// The lines, with `found.NAME` for its captures.
    pub text: String,
}

/// Code in the file that prevents the insert.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// Query for the code: in `within` if the place has it, or else anywhere in the file.
    pub query: String,
    /// Error message in lower case, with backticks around values.
    pub message: String,
    /// Suggestion, usually a command.
    pub help: String,
}

/// Position of the text in the scope.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Query for `@anchor` whose outermost node is the scope's; the scope itself if not given.
    pub query: Option<String>,
    /// Selection among several matches.
    #[serde(default)]
    pub pick: Pick,
    /// For `pick = "sorted"` and `"version-sorted"`: sort key of the text among the captures `@key`.
    #[serde(default)]
    pub key: String,
    /// Position of the text relative to the anchor.
    pub at: At,
    /// Number of empty lines between the anchor and the text.
    #[serde(default)]
    pub gap: usize,
    /// Text for this anchor, if it differs.
    pub text: Option<String>,
    /// Captures to replace: name and new text.
    #[serde(default)]
    pub replace: BTreeMap<String, String>,
    /// Earlier texts, for `destroy`: of the captures in `replace`, and of `anchor`, if `instead` replaces it by a text without
    /// `found.anchor`. If there may be several, a list.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Vec<String>>"))]
    pub was: BTreeMap<String, Texts>,
}

/// A text, or a list of them.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Texts(#[serde(deserialize_with = "one_or_many")] pub Vec<String>);

/// Selection among the matches of an anchor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// The first in the file.
    #[default]
    First,
    /// The last in the file.
    Last,
    /// The last match whose `@key` sorts before this one; without one, the text goes before the first match.
    Sorted,
    /// As `sorted`, in the order of versions, which rustfmt has for `use` lines: `_` first, numbers by value.
    VersionSorted,
}

/// Text for a place.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Insert {
    /// The name of a file in `places/`, or of a place in the generator's own `places`.
    pub place: String,
    /// The variables that the place needs.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// The lines, without indentation, if the place does not define them.
    pub text: Option<String>,
    /// Condition of the insert.
    #[serde(default, rename = "if")]
    pub condition: String,
    /// Purpose of the text for the manual step, instead of that of the place.
    pub manual: Option<String>,
    /// Reported only if it changes something.
    #[serde(default)]
    pub quiet: bool,
    /// Files that need the text, besides those of the place.
    #[serde(default)]
    pub needed_by: Vec<Need>,
    /// The app may have the text without this insert: `destroy` goes by the record of runs, and by `needed_by` of the insert
    /// alone.
    #[serde(default)]
    pub shared: bool,
    /// Other texts in the same file: all are inserted, or none.
    #[serde(default)]
    pub also: Vec<Also>,
}

/// Another text in the same file.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Also {
    /// Name of the place. Its `file` is ignored.
    pub place: String,
    /// The variables that the place needs.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// The lines, if the place does not define them.
    pub text: Option<String>,
}

impl Also {
    /// Returns this as an insert.
    pub fn insert(&self) -> Insert {
        Insert {
            place: self.place.clone(),
            with: self.with.clone(),
            text: self.text.clone(),
            ..Insert::default()
        }
    }
}

/// A text, or a list of them.
pub fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    })
}
