//! The types of `generator.toml`: what a generator asks, makes, inserts, runs and says.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use schemars::JsonSchema;
use serde::Deserialize;
use tera::Context;

use super::render::Renderer;
use super::stack::FactRule;
use super::templates::{Origin, SHARED, Templates};
use super::typed;
use crate::edit::Place;
use crate::edit::place::Insert;

/// The generator that `new` runs.
pub const APP: &str = "app";

/// The file that makes a folder a generator.
pub const FILE: &str = "generator.toml";

/// A generator: a folder with the files that it makes, each at the path of its target, and this. Strings are templates;
/// `if` is a Tera expression over `app` (the facts), `name`, the options, `typed` (the options that were typed), the values, `answers.QUESTION`, and what
/// `find` looks for. A file whose name ends with `.tera` is rendered; a leading `_` becomes a dot.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// The folder's name.
    #[serde(skip)]
    pub id: String,
    /// The folder's path: `rust/channel`.
    #[serde(skip)]
    pub folder: String,
    /// Where `generator.toml` comes from.
    #[serde(skip)]
    pub origin: Origin,
    /// One line for people.
    pub about: String,
    /// What `--help` says below the options.
    #[serde(default)]
    pub help: String,
    /// The name that the generator takes, as `name`. Without this it takes none.
    #[serde(default)]
    pub name: Option<NameRule>,
    /// Lists of what the project has, for the options' defaults and all that follows.
    #[serde(default, rename = "list")]
    pub lists: Vec<ListRule>,
    /// Options: `--NAME VALUE`.
    #[serde(default, rename = "option")]
    pub options: Vec<OptionRule>,
    /// Random texts, as `secrets.NAME`.
    #[serde(default, rename = "secret")]
    pub secrets: Vec<Secret>,
    /// Variables that are looked up in the project, by the ways of a stack's facts; empty if none leads to one.
    #[serde(default, rename = "fact")]
    pub facts: Vec<FactRule>,
    /// Variables worked out from those before, in this order.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub values: toml::Table,
    /// What the project may have, for `if`: the path of the file, or an empty text.
    #[serde(default)]
    pub find: BTreeMap<String, Find>,
    /// What stops the generator before anything is written.
    #[serde(default, rename = "refuse")]
    pub refusals: Vec<Refuse>,
    /// Folders of the stack's other generators whose files are made as well, such as `app/vendor`.
    #[serde(default)]
    pub more_files: Vec<String>,
    /// Something to know of one of the folder's files; those with a rule come last, in the order of the rules.
    #[serde(default, rename = "file")]
    pub files: Vec<FileRule>,
    /// Questions with a yes and a no.
    #[serde(default, rename = "question")]
    pub questions: Vec<Question>,
    /// Text that goes into files which are there already.
    #[serde(default, rename = "insert")]
    pub inserts: Vec<Insert>,
    /// Places of this generator alone, written as those in `places/`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Place>")]
    pub places: BTreeMap<String, toml::Table>,
    /// Programs that are run at the end. A project's own generators have none.
    #[serde(default, rename = "command")]
    pub commands: Vec<Command>,
    /// Paths that the commands or using the app will write: not somebody else's files.
    #[serde(default)]
    pub leaves: Vec<String>,
    /// What to do next, printed last.
    #[serde(default, rename = "next")]
    pub next: Vec<Paragraph>,
    /// The table itself, to be rendered.
    #[serde(skip)]
    pub(crate) table: toml::Table,
}

/// The name that a generator takes, such as `Room` or `Admin.Room`. Templates get its spellings: `name.module`
/// (`Admin.Room`), `name.pascal` (`AdminRoom`), `name.camel`, `name.snake`, `name.path` (`admin/room`), `name.last`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NameRule {
    /// What `--help` says of it.
    pub help: String,
    /// Dropped from the end of a name: `Channel` from `RoomChannel`.
    #[serde(default)]
    pub suffix: String,
    /// The name if none is given.
    #[serde(default)]
    pub default: Option<String>,
    /// A second variable that holds the same.
    #[serde(default, rename = "as")]
    pub alias: Option<String>,
}

/// A list of what the project has, each value once, in order. Its texts are templates that see `app` and `name`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListRule {
    /// The variable that holds it.
    pub name: String,
    /// Patterns of files, such as `lib/**/*.ex`.
    pub search: Vec<String>,
    /// A word that such a file has: others are not parsed.
    #[serde(default)]
    pub mentions: String,
    /// Query for `@value`, in each file as often as it matches.
    pub query: String,
    /// What is listed, a template with `value` for what the query captured; that itself if not given.
    #[serde(default)]
    pub value: Option<String>,
}

/// An option: `--NAME VALUE`, and a variable of that name.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionRule {
    /// `topic` for `--topic`. The variable has `_` for `-`.
    pub name: String,
    /// What values it takes.
    #[serde(default, rename = "type")]
    pub kind: Kind,
    /// What `--help` says of it.
    pub help: String,
    /// What `--help` calls the value, if not by the type.
    #[serde(default)]
    pub value: Option<String>,
    /// A template for the value if none is given. A flag that is `true` unless asked otherwise is `--no-NAME`.
    #[serde(default)]
    pub default: String,
    /// For a choice: the values there are.
    #[serde(default)]
    pub choices: Vec<String>,
    /// For a name: the suffix that it may carry.
    #[serde(default)]
    pub suffix: String,
    /// For a name: those that it may not be.
    #[serde(default)]
    pub reserved: Vec<String>,
    /// For a name: why.
    #[serde(default)]
    pub reserved_because: String,
    /// For a name: runs this generator with it, once for each time that the option is given.
    #[serde(default)]
    pub generate: Option<String>,
    /// Questions that count as answered for what `generate` runs.
    #[serde(default)]
    pub answers: BTreeMap<String, bool>,
}

/// The values of an option.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Any text.
    #[default]
    Text,
    /// A name such as `Admin.Room`; templates get its spellings.
    Name,
    /// The first part of a topic: lower-case letters, digits and `_`.
    Topic,
    /// A whole number.
    Number,
    /// No value: given or not.
    Flag,
    /// One of `choices`.
    Choice,
}

/// A random text. An app that has one keeps it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Templates read it as `secrets.NAME`.
    pub name: String,
    /// Its number of characters.
    pub length: usize,
    /// The file in which an app has it.
    pub file: String,
    /// Query for `@value` in that file.
    pub query: String,
}

/// Something that the project may have: one of the four.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// The file that this place is in.
    #[serde(default)]
    pub place: Option<String>,
    /// The variables that the place needs.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// A file at this path.
    #[serde(default)]
    pub file: Option<String>,
    /// A folder at this path.
    #[serde(default)]
    pub folder: Option<String>,
    /// An entry of this name, in the root or in a folder above it.
    #[serde(default)]
    pub above: Option<String>,
}

/// Stops the generator before anything is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// Condition.
    #[serde(rename = "if")]
    pub condition: String,
    /// Lower case, with backticks round what was typed or found; `found.NAME` is what `find` has found.
    pub message: String,
    /// What to do instead.
    pub help: String,
}

/// Something to know of one of the folder's files.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileRule {
    /// Path of the file in the project, or of a folder: then the rule is for all files in it.
    pub path: String,
    /// Condition: made only if this holds.
    #[serde(default, rename = "if")]
    pub condition: String,
    /// Made once for all: whatever stands there already is left alone.
    #[serde(default)]
    pub once: bool,
    /// The report names the folder once for all of its files.
    #[serde(default)]
    pub report_as_folder: bool,
    /// What `find` has under this name, if that is another file, stands for this one, which is not made then.
    #[serde(default)]
    pub unless_found: Option<String>,
}

/// A question with a yes, which is the default, and a no.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// `answers.NAME` in conditions; `--no-NAME` answers no.
    pub name: String,
    /// What `--help` says of `--no-NAME`.
    pub no_help: String,
    /// What `--help` says of `--NAME`, which answers yes; there is no such flag if not given.
    #[serde(default)]
    pub yes_help: Option<String>,
    /// Condition: asked only if this holds.
    #[serde(default, rename = "if")]
    pub condition: String,
    /// Printed before.
    #[serde(default)]
    pub say: String,
    /// The question.
    pub ask: String,
    /// Yes runs this generator.
    #[serde(default)]
    pub generate: Option<String>,
    /// The name that it is given.
    #[serde(default)]
    pub generate_name: Option<String>,
    /// Printed after a no.
    #[serde(default)]
    pub no: String,
}

/// A program that is run in the project once all is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// The program and its arguments.
    pub run: Vec<String>,
    /// Condition: run only if this holds.
    #[serde(default, rename = "if")]
    pub condition: String,
    /// What the reader is told if the program is missing or fails.
    pub otherwise: String,
}

/// A paragraph of what to do next.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Paragraph {
    /// Condition, once everything is done: printed only if this holds. `failed` lists the programs that failed.
    #[serde(default, rename = "if")]
    pub condition: String,
    /// The paragraph.
    pub text: String,
}

impl Generator {
    /// What can be made in a stack's projects, by name.
    pub fn names<'a>(stack: &str, templates: &'a Templates) -> Vec<&'a str> {
        let mut names = templates.folders_with(stack, FILE);
        names.retain(|name| *name != APP);
        names
    }

    /// Reads the generator `id` of a stack: its strings are templates still.
    ///
    /// # Errors
    /// Its `generator.toml` is missing or wrong.
    pub fn read(stack: &str, id: &str, templates: &Templates) -> Result<Self> {
        let folder = format!("{stack}/{id}");
        let path = format!("{folder}/{FILE}");
        let table = templates.table(&path)?;
        let mut generator: Self = typed(table.clone(), &path, templates)?;
        generator.origin = templates.get(&path).map(|(_, o)| o).unwrap_or_default();
        if generator.origin == Origin::Project && !generator.commands.is_empty() {
            let file = templates.whereabouts(&path);
            bail!("in {file}: `command`: a project's own generators run no programs");
        }
        generator.id = id.to_owned();
        generator.folder = folder;
        generator.table = table;
        Ok(generator)
    }

    /// The generator with its strings rendered.
    ///
    /// # Errors
    /// A template is wrong.
    pub fn rendered(&self, renderer: &Renderer<'_>, context: &Context) -> Result<Self> {
        let path = format!("{}/{FILE}", self.folder);
        let mut table = self.table.clone();
        // These have been used, or see other variables.
        for key in ["name", "list", "option", "fact", "values", "places", "help"] {
            table.remove(key);
        }
        renderer.table(&mut table, context).map_err(|error| {
            error.context(format!("in {}", renderer.templates().whereabouts(&path)))
        })?;
        let rendered: Self = typed(table, &path, renderer.templates())?;
        Ok(Self {
            questions: rendered.questions,
            find: rendered.find,
            refusals: rendered.refusals,
            files: rendered.files,
            inserts: rendered.inserts,
            commands: rendered.commands,
            leaves: rendered.leaves,
            next: rendered.next,
            ..self.clone()
        })
    }

    /// The table of the place `name`: of the generator itself, or of its stack; and where it is written.
    ///
    /// # Errors
    /// There is none.
    pub fn place(&self, name: &str, templates: &Templates) -> Result<(toml::Table, String)> {
        let stack = self.folder.split('/').next().unwrap_or_default();
        match self.places.get(name) {
            Some(place) => Ok((place.clone(), format!("{}/{FILE}", self.folder))),
            None => place(stack, name, templates),
        }
    }
}

/// The table of a stack's place, or of one that all stacks share; and where it is written.
///
/// # Errors
/// There is none.
pub fn place(stack: &str, name: &str, templates: &Templates) -> Result<(toml::Table, String)> {
    let own = format!("{stack}/places/{name}.toml");
    let path = match templates.has(&own) {
        true => own,
        false => format!("{SHARED}/places/{name}.toml"),
    };
    Ok((templates.table(&path)?, path))
}

/// The names of the places in a folder: of a stack, or `shared`.
pub fn places<'a>(folder: &str, templates: &'a Templates) -> Vec<&'a str> {
    let prefix = format!("{folder}/places/");
    let files = templates.below(&format!("{folder}/places")).into_iter();
    let name = |path: &'a str| path.strip_prefix(prefix.as_str())?.strip_suffix(".toml");
    // Cases are in folders of their own.
    files
        .filter_map(name)
        .filter(|name| !name.contains('/'))
        .collect()
}
