//! The types of `generator.toml`: files, questions, inserts, programs and messages of a generator.

mod option;

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use tera::Context;

pub use option::{Kind, NameRule, OptionRule};

use super::condition::decided;
use super::parts;
use super::render::Renderer;
use super::stack::FactRule;
use super::templates::{Origin, SHARED, Templates};
use crate::edit::place::{Insert, Need};

/// The generator that `new` runs.
pub const APP: &str = "app";

/// Name of the file of a generator.
pub const FILE: &str = "generator.toml";

/// Purpose of a rendered generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A run of the generator.
    Run,
    /// Its inverse, or a comparison with an earlier run.
    Comparison,
}

/// A generator: a folder with this file and templates, each at the path of its target. Strings are templates. `if` is a
/// Tera expression over `app` (the facts), `name`, the options, `typed` (the options on the command line), the values,
/// `answers.QUESTION`, and the entries of `find`. Templates whose name ends with `.tera` are rendered; a leading `_`
/// becomes a dot.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Generator {
    /// Name of the folder.
    #[serde(skip)]
    pub id: String,
    /// Path of the folder: `rust/channel`.
    #[serde(skip)]
    pub folder: String,
    /// Origin of `generator.toml`.
    #[serde(skip)]
    pub origin: Origin,
    /// Description in one line.
    pub about: String,
    /// Files in the stack's `parts/`, without `.toml`: keys that several generators share. They come before those of this file:
    /// lists are joined, and of entries with the same name, that of this file counts.
    #[serde(default)]
    #[expect(dead_code, reason = "read by `parts`")]
    pub include: Vec<String>,
    /// Text of `--help` below the options.
    #[serde(default)]
    pub help: String,
    /// The argument `name` of the generator. Without this key, it has none.
    #[serde(default)]
    pub name: Option<NameRule>,
    /// Lists of values in the project, for the defaults of options and later keys.
    #[serde(default, rename = "list")]
    pub lists: Vec<ListRule>,
    /// Options: `--NAME VALUE`.
    #[serde(default, rename = "option")]
    pub options: Vec<OptionRule>,
    /// Random texts, as `secrets.NAME`.
    #[serde(default, rename = "secret")]
    pub secrets: Vec<Secret>,
    /// Variables that are read from the project, like facts of a stack; empty without a value.
    #[serde(default, rename = "fact")]
    pub facts: Vec<FactRule>,
    /// Variables computed from earlier ones, in this order.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, String>"))]
    pub values: toml::Table,
    /// Look-ups in the project, for `if`: the path of the file, or an empty text.
    #[serde(default)]
    pub find: BTreeMap<String, Find>,
    /// Conditions that stop the generator before it writes.
    #[serde(default, rename = "refuse")]
    pub refusals: Vec<Refuse>,
    /// Conditions that stop `destroy`: something else needs what the generator has made.
    #[serde(default)]
    pub in_use: Vec<Refuse>,
    /// Warnings, printed first when the generator itself is run.
    #[serde(default, rename = "warning")]
    pub warnings: Vec<Paragraph>,
    /// Folders of the stack's other generators whose files are created as well, such as `app/vendor`.
    #[serde(default)]
    pub more_files: Vec<String>,
    /// Rules for templates in the folder. Files with a rule come last, in the order of the rules.
    #[serde(default, rename = "file")]
    pub files: Vec<FileRule>,
    /// Yes-no questions.
    #[serde(default, rename = "question")]
    pub questions: Vec<Question>,
    /// Text for existing files.
    #[serde(default, rename = "insert")]
    pub inserts: Vec<Insert>,
    /// Places of only this generator, in the format of `places/`.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, crate::edit::Place>"))]
    pub places: BTreeMap<String, toml::Table>,
    /// Programs that run at the end. A project's own generators cannot have any.
    #[serde(default, rename = "command")]
    pub commands: Vec<Command>,
    /// Paths that the commands or the app write. They do not count as other files.
    #[serde(default)]
    pub leaves: Vec<String>,
    /// Next steps, printed last.
    #[serde(default, rename = "next")]
    pub next: Vec<Paragraph>,
    /// The table of the file, before rendering.
    #[serde(skip)]
    pub(crate) table: Rc<toml::Table>,
}

/// A list of distinct values in the project, in order. Its texts are templates with the variables `app` and `name`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ListRule {
    /// Name of the variable.
    pub name: String,
    /// The list is for this option: it is empty unless the option is on the command line.
    #[serde(default)]
    pub for_option: Option<String>,
    /// Patterns of files, such as `lib/**/*.ex`.
    pub search: Vec<String>,
    /// A word in these files. Files without it are not parsed.
    #[serde(default)]
    pub mentions: String,
    /// Query for `@value`; all matches in all files count.
    pub query: String,
    /// Template for the listed value, with `value` for the capture. By default, the capture itself.
    #[serde(default)]
    pub value: Option<String>,
}

/// A random text. An app keeps its existing one.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Name; `secrets.NAME` in templates.
    pub name: String,
    /// Number of characters.
    pub length: usize,
    /// File of the secret in an app.
    pub file: String,
    /// Query for `@value` in that file.
    pub query: String,
}

/// A look-up in the project, with exactly one of `place`, `file`, `folder` and `above`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// The file of this place.
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

/// A condition that stops the generator before it writes.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    /// Condition.
    #[serde(rename = "if")]
    pub condition: String,
    /// Error message in lower case, with backticks around values; `found.NAME` is the result of `find.NAME`.
    pub message: String,
    /// Suggestion.
    pub help: String,
}

/// A rule for a template in the folder.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FileRule {
    /// Path of the file in the project, or of a folder, for all files in it.
    pub path: String,
    /// Condition of the file.
    #[serde(default, rename = "if")]
    pub condition: String,
    /// Created only once: an existing file is kept.
    #[serde(default)]
    pub once: bool,
    /// Report the folder once instead of its files.
    #[serde(default)]
    pub report_as_folder: bool,
    /// Name of a `find` entry. If it finds another file, this one is not created.
    #[serde(default)]
    pub unless_found: Option<String>,
    /// Files that need it: while one of them exists, `destroy` keeps this one.
    #[serde(default)]
    pub needed_by: Vec<Need>,
}

/// A yes-no question, with the default yes.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Name; `answers.NAME` in conditions. `--no-NAME` answers no.
    pub name: String,
    /// Text of `--help` for `--no-NAME`.
    pub no_help: String,
    /// Text of `--help` for `--NAME`, which answers yes. Without this key, there is no such flag.
    #[serde(default)]
    pub yes_help: Option<String>,
    /// Condition of the question.
    #[serde(default, rename = "if")]
    pub condition: String,
    /// Text before the question.
    #[serde(default)]
    pub say: String,
    /// The question.
    pub ask: String,
    /// Generator to run after a yes.
    #[serde(default)]
    pub generate: Option<String>,
    /// Name argument of that generator.
    #[serde(default)]
    pub generate_name: Option<String>,
    /// Text after a no.
    #[serde(default)]
    pub no: String,
    /// Text before the question of `destroy`, which is asked if the generator's files are unchanged by then.
    #[serde(default)]
    pub remove_say: String,
    /// The question of `destroy`: whether to take back what the generator after a yes has made. Without this key, it stays.
    #[serde(default)]
    pub remove_ask: Option<String>,
}

/// A program that runs in the project after all writes.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// The program and its arguments.
    pub run: Vec<String>,
    /// Condition of the run.
    #[serde(default, rename = "if")]
    pub condition: String,
    /// Warning if the program is missing or fails.
    pub otherwise: String,
}

/// A paragraph of the warnings or of the next steps.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Paragraph {
    /// Condition. That of a next step is evaluated at the end: `failed` lists the programs that failed.
    #[serde(default, rename = "if")]
    pub condition: String,
    /// The paragraph.
    pub text: String,
}

impl Generator {
    /// Returns the names of a stack's generators.
    pub fn names<'a>(stack: &str, templates: &'a Templates) -> Vec<&'a str> {
        let mut names = templates.folders_with(stack, FILE);
        names.retain(|name| *name != APP);
        names
    }

    /// Returns the option that is an argument without `--NAME`.
    pub fn argument(&self) -> Option<&OptionRule> {
        self.options.iter().find(|option| option.argument)
    }

    /// Reads the generator `id` of a stack, before rendering.
    ///
    /// # Errors
    /// Its `generator.toml` is missing or invalid.
    pub fn read(stack: &str, id: &str, templates: &Templates) -> Result<Self> {
        let folder = format!("{stack}/{id}");
        let path = format!("{folder}/{FILE}");
        let own = templates.table(&path)?;
        let part = |name: &str| format!("{stack}/parts/{name}.toml");
        let mut paths: Vec<_> = parts::of(&own).map(part).collect();
        // A project's own file also without its parts: an error in it names the file.
        let alone = match paths.is_empty() || templates.is_own(&path) {
            true => Some(templates.read(&path)?),
            false => None,
        };
        let table = parts::before(own, &paths, templates)?;
        let mut generator: Self = match alone.filter(|_| paths.is_empty()) {
            Some(alone) => alone,
            None => toml::Table::clone(&table).try_into().with_context(|| {
                let files = paths.iter().map(|path| templates.whereabouts(path));
                format!("in {}", files.collect::<Vec<_>>().join(" or "))
            })?,
        };
        paths.push(path);
        let is_own = |path: &&String| templates.is_own(path);
        if let Some(own) = paths.iter().find(is_own) {
            generator.origin = Origin::Project;
            if !generator.commands.is_empty() {
                let file = templates.whereabouts(own);
                bail!("in {file}: `command`: a project's own generators run no programs");
            }
        }
        generator.id = id.to_owned();
        generator.folder = folder;
        generator.table = table;
        Ok(generator)
    }

    /// Returns the path of its file, for messages.
    pub fn whereabouts(&self, templates: &Templates) -> String {
        templates.whereabouts(&format!("{}/{FILE}", self.folder))
    }

    /// Returns the generator with rendered strings. For a run, some entries whose condition is false whatever comes are left out, as
    /// rendering is the main cost; not of a project's own generators, so that their authors see each mistake.
    ///
    /// # Errors
    /// A template is invalid.
    pub fn rendered(
        self,
        renderer: &Renderer<'_>,
        context: &Context,
        purpose: Purpose,
    ) -> Result<Self> {
        // The others are rendered elsewhere: with other variables, or only by `destroy`.
        let others = [
            "name", "include", "list", "option", "fact", "values", "places", "help", "in_use",
        ];
        let whereabouts = || format!("in {}", self.whereabouts(renderer.templates()));
        let left_out: &[&str] = match (purpose, self.origin) {
            (Purpose::Run, Origin::BuiltIn) => &["refuse", "warning", "insert", "command", "next"],
            _ => &[],
        };
        let is_wanted = |key: &str, value: &toml::Value| {
            let condition = value.get("if").and_then(toml::Value::as_str);
            let is_false = |condition| decided(condition, context) == Some(false);
            let cannot_be = left_out.contains(&key) && condition.is_some_and(is_false);
            !others.contains(&key) && !cannot_be
        };
        let table = renderer.table(&self.table, is_wanted, context);
        let table = table.with_context(whereabouts)?;
        let rendered: Self = table.try_into().with_context(whereabouts)?;
        Ok(Self {
            questions: rendered.questions,
            find: rendered.find,
            refusals: rendered.refusals,
            warnings: rendered.warnings,
            files: rendered.files,
            inserts: rendered.inserts,
            commands: rendered.commands,
            leaves: rendered.leaves,
            next: rendered.next,
            ..self
        })
    }

    /// Returns the table of the place `name`, of the generator or of its stack, and its origin.
    ///
    /// # Errors
    /// There is no such place.
    pub fn place(&self, name: &str, templates: &Templates) -> Result<(Rc<toml::Table>, String)> {
        let stack = self.folder.split('/').next().unwrap_or_default();
        match self.places.get(name) {
            Some(place) => Ok((Rc::new(place.clone()), format!("{}/{FILE}", self.folder))),
            None => place(stack, name, templates),
        }
    }
}

/// Returns the table of a place of a stack, or of a shared one, and its origin.
///
/// # Errors
/// There is no such place.
pub fn place(stack: &str, name: &str, templates: &Templates) -> Result<(Rc<toml::Table>, String)> {
    let own = format!("{stack}/places/{name}.toml");
    let path = match templates.has(&own) {
        true => own,
        false => format!("{SHARED}/places/{name}.toml"),
    };
    Ok((templates.table(&path)?, path))
}

/// Returns the names of the places in a folder: a stack, or `shared`.
pub fn places<'a>(folder: &str, templates: &'a Templates) -> Vec<&'a str> {
    let prefix = format!("{folder}/places/");
    let files = templates.below(&format!("{folder}/places")).into_iter();
    let name = |path: &'a str| path.strip_prefix(prefix.as_str())?.strip_suffix(".toml");
    // Test cases are in folders.
    files
        .filter_map(name)
        .filter(|name| !name.contains('/'))
        .collect()
}
