//! A stack, read from its folder under `templates/`: what differs between stacks is data.
//!
//! `stack.toml` says how to recognise a project and what an app may not be called. Each folder beside it is a
//! generator: the files that it makes, and a `generator.toml` with its options, questions, edits and last words.
//! Edits that several generators make are in `edits.toml`.
//! Every string in the two is a Tera template where a value can matter.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::edit::Place;
use crate::template::{self, Templates};

/// The generator that `new` runs.
pub const APP: &str = "app";

/// The stack of a new app, unless another one is asked for.
pub const DEFAULT_STACK: &str = "rust";

/// A stack's name and `stack.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// The folder's name.
    #[serde(skip)]
    pub name: String,
    /// One line for people.
    pub about: String,
    /// How a project is recognised.
    pub project: ProjectRules,
    /// What an app may not be called: reason, then names.
    pub reserved: BTreeMap<String, Vec<String>>,
}

/// How a project of the stack is recognised, and what it says of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectRules {
    /// How, in words for somebody who is in no project.
    pub known_by: String,
    /// A folder is a project if all of these find something.
    pub markers: Vec<Fact>,
    /// A folder that holds projects: what this finds is the folder below it that they are in.
    pub nested: Option<Fact>,
    /// Worked out in this order; `name` is the app's.
    pub facts: Vec<FactRule>,
}

/// A fact, and where it can be had: the first place that has it counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactRule {
    pub name: String,
    pub any: Vec<Lookup>,
}

/// One place where a fact can be had. Its texts are templates that may use the facts before.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// With `query`: the file that has to be there and to match.
    pub file: Option<String>,
    pub query: Option<String>,
    /// The fact; what the query captured if not given, and `value` in it.
    pub value: Option<String>,
}

/// A query into a file of the project, which captures `@value`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    pub file: String,
    pub query: String,
}

/// A generator's name and `generator.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// The folder's name.
    #[serde(skip)]
    pub name: String,
    /// The folder's place: `rust/channel`.
    #[serde(skip)]
    pub folder: String,
    /// One line for people.
    pub about: String,
    /// What `--help` says below the options.
    #[serde(default)]
    pub help: String,
    /// What `--help` says of the name.
    #[serde(default)]
    pub name_help: String,
    /// Dropped from the end of a name: `Channel` from `RoomChannel`.
    #[serde(default)]
    pub suffix: String,
    /// What templates call the name besides `name`.
    pub alias: Option<String>,
    /// The name if none is given. A generator with none of these three takes no name.
    pub default_name: Option<String>,
    #[serde(default)]
    pub options: Vec<GeneratorOption>,
    /// Found or drawn before anything is planned.
    #[serde(default)]
    pub secrets: Vec<Secret>,
    /// Values worked out from those before, in this order.
    #[serde(default)]
    pub values: Vec<Value>,
    #[serde(default)]
    pub files: Vec<FileRule>,
    #[serde(default)]
    pub taken: Vec<Taken>,
    #[serde(default)]
    pub questions: Vec<Question>,
    /// Names of edits in the stack's `edits.toml`, made before this one's own.
    #[serde(default)]
    pub shared_edits: Vec<String>,
    #[serde(default)]
    pub edits: Vec<EditRule>,
    #[serde(default)]
    pub commands: Vec<Command>,
    /// Written by the commands or by using the app: not somebody else's files.
    #[serde(default)]
    pub leaves: Vec<String>,
    /// What to do next, printed last.
    #[serde(default)]
    pub next: Vec<Words>,
}

/// A paragraph, printed if all its conditions hold when everything is done.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub text: String,
    pub if_file: Option<String>,
    pub unless_file: Option<String>,
    /// The id of a question that was answered yes.
    pub if_yes: Option<String>,
    /// The id of a question that was not.
    pub unless_yes: Option<String>,
}

/// `--topic TOPIC`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneratorOption {
    pub name: String,
    /// What `--help` calls the value.
    pub value: String,
    pub help: String,
    pub default: String,
    /// Set for a name (`Device`): the suffix that it may carry. Templates get its spellings.
    pub suffix: Option<String>,
    /// Characters that a plain value consists of, as a message says it.
    #[serde(default)]
    pub of: String,
    /// Names that it may not be, and why.
    #[serde(default)]
    pub reserved: Vec<String>,
    #[serde(default)]
    pub kept_for: String,
}

/// A random text, `{{ secrets.NAME }}`. An app that has one keeps it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    pub name: String,
    pub length: usize,
    /// Where the app has it: a template, and a query that captures `@value`.
    pub file: String,
    pub query: String,
}

/// A value that templates use.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    pub name: String,
    pub value: String,
}

/// Something to know of one of the folder's files; those with a rule come last, in the order of the rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRule {
    pub path: String,
    /// Made once for all: whatever stands there already is left alone.
    #[serde(default)]
    pub once: bool,
    /// The path is a folder, which the report names once for all of its files.
    #[serde(default)]
    pub folded: bool,
}

/// Refuses what somebody has already.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    pub file: String,
    /// Captures `@value`, a topic pattern, and `@owner`.
    pub query: String,
    /// The pattern that this run would add.
    pub value: String,
    /// The owner that is this run's own.
    pub owner: String,
    pub message: String,
    pub help: String,
}

/// A question with a yes and a no.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// `--no-ID` answers no.
    pub id: String,
    pub flag_help: String,
    /// Asked only while this file is missing.
    #[serde(default)]
    pub unless_file: Option<String>,
    /// Printed before.
    #[serde(default)]
    pub say: String,
    pub ask: String,
    /// Yes runs this generator, its name being this one's option of the same name.
    #[serde(default)]
    pub generate: Option<String>,
    /// Printed after a no.
    #[serde(default)]
    pub no: String,
}

/// An edit to a file that the stack knows of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditRule {
    pub file: String,
    /// Files that may be there in its place.
    #[serde(default)]
    pub or: Vec<String>,
    /// Made only if this file is there.
    #[serde(default)]
    pub if_file: Option<String>,
    /// Made only if there is something in this text.
    #[serde(default)]
    pub when: Option<String>,
    /// What the reader is told when it has to be done by hand.
    pub purpose: String,
    /// Starts the file if there is none.
    #[serde(default)]
    pub create: bool,
    /// Reported only if it changes something.
    #[serde(default)]
    pub quiet: bool,
    pub parts: Vec<PartRule>,
}

/// [`crate::edit::Part`] before it is rendered; what each field does is said there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRule {
    pub present: String,
    /// Finds the text where an edit may leave it, if that is less than `present` finds.
    pub made: Option<String>,
    pub text: String,
    pub within: Option<String>,
    pub root: Option<String>,
    pub bind: Option<String>,
    pub clash: Option<String>,
    pub anchors: Vec<AnchorRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorRule {
    pub query: Option<String>,
    #[serde(default)]
    pub pick: PickRule,
    /// For `pick = "sorted"`: what this text sorts by, among the captures `@key`.
    #[serde(default)]
    pub key: String,
    pub place: Place,
    #[serde(default)]
    pub gap: usize,
    pub text: Option<String>,
    #[serde(default)]
    pub replace: BTreeMap<String, String>,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PickRule {
    #[default]
    First,
    Last,
    Sorted,
}

/// A program that is run in the new app.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    pub run: Vec<String>,
    /// Run only if this question was answered yes.
    #[serde(default)]
    pub when: Option<String>,
    /// Not run where this is found in the folder or above it.
    #[serde(default)]
    pub unless_above: Option<String>,
    /// `--no-ID` leaves it out.
    #[serde(default)]
    pub flag: Option<String>,
    /// What the reader is told if the program is missing or fails.
    pub otherwise: String,
}

impl Generator {
    /// What can be made in a stack's projects, by name.
    pub fn names(stack: &str) -> impl Iterator<Item = &'static str> {
        template::folders(stack).filter(|name| *name != APP)
    }

    /// Reads the generator `name` of a stack.
    ///
    /// # Errors
    /// Its `generator.toml` is missing or wrong.
    pub fn read(stack: &str, name: &str, templates: &Templates<'_>) -> Result<Self> {
        let folder = format!("{stack}/{name}");
        let path = format!("{folder}/generator.toml");
        let mut generator: Self = read(&path, templates)?;
        if !generator.shared_edits.is_empty() {
            let shared = shared_edits(stack, &generator.shared_edits, templates)?;
            generator.edits.splice(..0, shared);
        }
        generator.name = name.to_owned();
        generator.folder = folder;
        Ok(generator)
    }

    /// Whether it takes a name.
    pub fn is_named(&self) -> bool {
        self.alias.is_some() || self.default_name.is_some() || !self.suffix.is_empty()
    }
}

impl Stack {
    /// The stacks that this binary carries, by name.
    pub fn names() -> Vec<&'static str> {
        template::folders("")
            .filter(|name| template::text(&format!("{name}/stack.toml")).is_ok())
            .collect()
    }

    /// Reads the stack called `name`.
    ///
    /// # Errors
    /// Its `stack.toml` is missing or wrong.
    pub fn read(name: &str) -> Result<Self> {
        let path = format!("{name}/stack.toml");
        let mut stack: Self =
            toml::from_str(template::text(&path)?).with_context(|| format!("in {path}"))?;
        stack.name = name.to_owned();
        Ok(stack)
    }
}

/// Edits that several generators of a stack make, from its `edits.toml`.
fn shared_edits(stack: &str, names: &[String], templates: &Templates<'_>) -> Result<Vec<EditRule>> {
    let path = format!("{stack}/edits.toml");
    let mut known: BTreeMap<String, EditRule> = read(&path, templates)?;
    let edit = |name: &String| {
        let found = known.remove(name);
        found.with_context(|| format!("no edit `{name}` in {}", templates.whereabouts(&path)))
    };
    names.iter().map(edit).collect()
}

/// A file of rules, of the project's own if it has one.
fn read<T: DeserializeOwned>(path: &str, templates: &Templates<'_>) -> Result<T> {
    let text = templates.text(path)?;
    toml::from_str(&text).with_context(|| format!("in {}", templates.whereabouts(path)))
}
