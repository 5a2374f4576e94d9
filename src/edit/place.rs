//! The types of `places/<place>.toml`: how the file is found, where in it text goes, what counts as there already.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::insert::At;

/// A place in a project's files where generators put text. Strings are templates that see `app`, the variables under
/// `needs`, `text`, and `found.NAME` for what a query captured as `@NAME`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// One line for people.
    #[expect(dead_code, reason = "the reference shows it as it is written")]
    pub about: String,
    /// Variables that an insert has to give in `with`, and what each is.
    #[serde(default)]
    #[expect(dead_code, reason = "the reference shows it as it is written")]
    pub needs: BTreeMap<String, String>,
    /// Values for the cases beside the place, and for the reference.
    #[serde(default)]
    #[expect(dead_code, reason = "the cases read it as it is written")]
    pub example: Example,
    /// The file that the place is in. A place without one is used in the file of the insert that it belongs to.
    #[serde(default)]
    pub file: Option<Location>,
    /// What a reader is told if the text has to be put in by hand: `to mount the socket`.
    #[serde(default)]
    pub manual: String,
    /// The lines, without indentation, for a place that knows them; an insert gives them otherwise.
    #[serde(default)]
    pub text: String,
    /// Other spellings of the text: a commented-out copy of one is brought to life in place.
    #[serde(default)]
    pub spellings: Vec<String>,
    /// Query for `@scope`: the scope and `present` are looked for in these nodes alone, of which there may be several.
    #[serde(default)]
    pub within: Option<String>,
    /// Query for `@scope`, the node that the text goes into; the whole file if not given. With more than one match
    /// nothing is guessed. Text goes below `@below`, if that is captured. Of several queries the first that matches counts.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(with = "Vec<String>")]
    pub scope: Vec<String>,
    /// Finds the text if it is there already, in whatever spelling: in `within` if that is given, or else in the scope,
    /// or in the whole file if there is none. If not given, the lines themselves count.
    #[serde(default)]
    pub present: Option<String>,
    /// Other files in which `present` finds the text as well, such as a helper's or a macro's.
    #[serde(default)]
    pub elsewhere: Option<Elsewhere>,
    /// Finds what makes this a manual step, anywhere in the file: a name in use, a hand-written order.
    #[serde(default)]
    pub blocked_by: Option<String>,
    /// Finds what makes this a manual step if it stands above the scope: a catch-all route in another one.
    #[serde(default)]
    pub blocked_above: Option<String>,
    /// What stops the command before anything is written.
    #[serde(default, rename = "conflict")]
    pub conflicts: Vec<Conflict>,
    /// Query for `@barrier`, from the scope's node on: text goes before the first of these, such as a catch-all route.
    #[serde(default)]
    pub barrier: Option<String>,
    /// Tried in order: the first that matches places the text.
    #[serde(default, rename = "anchor")]
    pub anchors: Vec<Anchor>,
    /// What belongs to the text in the same file, such as an import. It is made with it, before it, or not at all.
    #[serde(default)]
    pub also: Vec<Also>,
}

/// Values for a place's cases.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "cases are for tests"))]
pub struct Example {
    /// What an insert would give as `with`.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// What an insert would give as `text`.
    #[serde(default)]
    pub text: Option<String>,
    /// What an insert would give as `also`.
    #[serde(default)]
    pub also: Vec<Also>,
    /// Facts that differ from those of a new app called `my_app`.
    #[serde(default)]
    pub app: BTreeMap<String, String>,
}

/// How a file is found: by its path, and by what is in it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Looked at first, in this order.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Patterns, such as `lib/**/*.ex`, of files that are looked through if none of `paths` is the one.
    #[serde(default)]
    pub search: Vec<String>,
    /// A word that the file has: others are not parsed.
    #[serde(default)]
    pub mentions: String,
    /// Query that the file has to match. Without it, being there is enough.
    #[serde(default)]
    pub holds: Option<String>,
    /// What a file found by `search` has to match, if that is not `holds`.
    #[serde(default)]
    pub search_holds: Option<String>,
    /// Looks through `search` in any case: with two such files, none is meant.
    #[serde(default)]
    pub only: bool,
    /// Starts the file, at the first of `paths`, if there is none.
    #[serde(default)]
    pub create: bool,
}

/// Files that are looked through for a text which another one may have.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// Patterns of files, such as `lib/**/*.ex`.
    pub search: Vec<String>,
    /// A word that such a file has: others are not parsed.
    pub mentions: String,
}

/// Something in the file that stands in the way of the text.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// Finds it: in `within` if the place has that, or else anywhere in the file.
    pub query: String,
    /// Lower case, with backticks round what was typed or found.
    pub message: String,
    /// What to type instead.
    pub help: String,
}

/// Where in the scope text goes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Query for `@anchor` whose outermost node is the scope's; the scope itself if not given.
    #[serde(default)]
    pub query: Option<String>,
    /// Which of several matches.
    #[serde(default)]
    pub pick: Pick,
    /// For `pick = "sorted"`: what the text sorts by, among the captures `@key`.
    #[serde(default)]
    pub key: String,
    /// Where the text goes, seen from the anchor.
    pub at: At,
    /// Empty lines between the anchor and the text.
    #[serde(default)]
    pub gap: usize,
    /// The text as it has to be here.
    #[serde(default)]
    pub text: Option<String>,
    /// Captures to write anew: name and new text.
    #[serde(default)]
    pub replace: BTreeMap<String, String>,
}

/// Which of an anchor's matches counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// The first in the file.
    #[default]
    First,
    /// The last in the file.
    Last,
    /// The last whose `@key` sorts before this one; with none, the text goes before the first.
    Sorted,
}

/// Text, and the place that it belongs to.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Insert {
    /// The name of a file in `places/`, or of a place in the generator's own `places`.
    pub place: String,
    /// The variables that the place needs.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// The lines, without indentation, if the place does not know them.
    #[serde(default)]
    pub text: Option<String>,
    /// Condition: made only if this holds.
    #[serde(default, rename = "if")]
    pub condition: String,
    /// What a reader is told, in place of the place's own words.
    #[serde(default)]
    pub manual: Option<String>,
    /// Reported only if it changes something.
    #[serde(default)]
    pub quiet: bool,
    /// What belongs to it in the same file: made together or not at all.
    #[serde(default)]
    pub also: Vec<Also>,
}

/// What belongs to a text in the same file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Also {
    /// The name of the place. Its `file` does not count.
    pub place: String,
    /// The variables that the place needs.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// The lines, if the place does not know them.
    #[serde(default)]
    pub text: Option<String>,
}

impl Also {
    /// The same as an insert of its own.
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
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
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
