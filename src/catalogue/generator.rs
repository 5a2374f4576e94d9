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
use crate::name::Name;

/// The generator that `new` runs.
pub const APP: &str = "app";

/// Name of the file of a generator.
pub const FILE: &str = "generator.toml";

/// Keys that are not rendered with the others: variables come from them, they are rendered elsewhere, or only by `destroy`.
const AS_WRITTEN: [&str; 9] = [
    "name", "include", "list", "option", "fact", "values", "places", "help", "in_use",
];

/// Keys that nothing reads before they are rendered.
const RENDERED: [&str; 5] = ["refuse", "warning", "file", "insert", "next"];

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
    /// The keys that are rendered, as they are written.
    #[serde(skip)]
    pub(crate) table: toml::Table,
}

/// A list of distinct values in the project, in order. Its texts are templates with the variables `app` and `name`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ListRule {
    /// Name of the variable.
    pub name: String,
    /// The list is for this option: it is empty unless the option is on the command line.
    pub for_option: Option<String>,
    /// Patterns of files, such as `lib/**/*.ex`.
    pub search: Vec<String>,
    /// A word in these files. Files without it are not parsed.
    #[serde(default)]
    pub mentions: String,
    /// Query for `@value`; all matches in all files count.
    pub query: String,
    /// Template for the listed value, with `value` for the capture. By default, the capture itself.
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
    pub place: Option<String>,
    /// The variables that the place needs.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// A file at this path.
    pub file: Option<String>,
    /// A folder at this path.
    pub folder: Option<String>,
    /// An entry of this name, in the root or in a folder above it.
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
    pub generate: Option<String>,
    /// Name argument of that generator.
    pub generate_name: Option<String>,
    /// Text after a no.
    #[serde(default)]
    pub no: String,
    /// Text before the question of `destroy`, which is asked if the generator's files are unchanged by then.
    #[serde(default)]
    pub remove_say: String,
    /// The question of `destroy`: whether to take back what the generator after a yes has made. Without this key, it stays.
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

    /// Returns whether the default of `option` is made of what the generator lists in the app.
    pub fn has_looked_up_default(&self, option: &OptionRule) -> bool {
        let mut lists = self.lists.iter();
        lists.any(|list| option.default.contains(&list.name))
    }

    /// Returns the option that is an argument without `--NAME`.
    pub fn argument(&self) -> Option<&OptionRule> {
        self.options.iter().find(|option| option.argument)
    }

    /// Returns whether the option `name` has no value of its own.
    pub fn is_flag(&self, name: &str) -> bool {
        let mut flags = self
            .options
            .iter()
            .filter(|option| option.kind == Kind::Flag);
        flags.any(|option| option.name == name)
    }

    /// Returns the name that records have for `typed`, or for the default: spelled as a module, without the suffix.
    pub fn recorded_name(&self, typed: Option<&str>) -> Option<String> {
        let rule = self.name.as_ref()?;
        let typed = typed.or(rule.default.as_deref())?;
        let parsed = Name::parse(typed, &self.id, &rule.suffix, "");
        Some(parsed.map_or_else(|_| typed.to_owned(), |name| name.module))
    }

    /// Returns the generator `id` of a stack, before rendering: without the lists in [`RENDERED`].
    ///
    /// # Errors
    /// Its `generator.toml` is missing or invalid.
    pub fn read(stack: &str, id: &str, templates: &Templates) -> Result<Rc<Self>> {
        let folder = format!("{stack}/{id}");
        let path = format!("{folder}/{FILE}");
        templates.generator(&path, || {
            let own: toml::Table = templates.read(&path)?;
            let part = |name: &str| format!("{stack}/parts/{name}.toml");
            let mut paths: Vec<_> = parts::of(&own).map(part).collect();
            if templates.is_own(&path) {
                // Without its parts: an error names the file.
                templates.read::<Self>(&path)?;
            }
            let joined = parts::before(own, &paths, templates)?;
            paths.push(path.clone());
            let own = paths.iter().find(|path| templates.is_own(path));
            let read = Self::of(joined, own.is_some()).with_context(|| {
                let files = paths.iter().map(|path| templates.whereabouts(path));
                format!("in {}", files.collect::<Vec<_>>().join(" or "))
            })?;
            if let Some(own) = own.filter(|_| !read.commands.is_empty()) {
                let file = templates.whereabouts(own);
                bail!("in {file}: `command`: a project's own generators run no programs");
            }
            Ok(Self {
                id: id.to_owned(),
                origin: own.map_or(Origin::BuiltIn, |_| Origin::Project),
                folder,
                ..read
            })
        })
    }

    /// Returns the generator of a table. The keys that are not rendered move, because copies take long. `is_checked` finds mistakes in
    /// the lists in [`RENDERED`], too.
    fn of(mut table: toml::Table, is_checked: bool) -> Result<Self> {
        if is_checked {
            let _: Self = table.clone().try_into()?;
        }
        let mut read = toml::Table::new();
        for key in AS_WRITTEN {
            read.extend(table.remove(key).map(|value| (key.to_owned(), value)));
        }
        let others = table
            .iter()
            .filter(|(key, _)| !RENDERED.contains(&key.as_str()));
        read.extend(others.map(|(key, value)| (key.clone(), value.clone())));
        Ok(Self {
            table,
            ..read.try_into()?
        })
    }

    /// Returns the path of its file, for messages.
    pub fn whereabouts(&self, templates: &Templates) -> String {
        templates.whereabouts(&format!("{}/{FILE}", self.folder))
    }

    /// Returns the generator with rendered strings, and without the keys in [`AS_WRITTEN`] that the variables come from. For a run,
    /// some entries whose condition is false whatever comes are left out, as rendering is the main cost; not of a project's own
    /// generators, so that their authors see each mistake.
    ///
    /// # Errors
    /// A template is invalid.
    pub fn rendered(
        &self,
        renderer: &Renderer<'_>,
        context: &Context,
        purpose: Purpose,
    ) -> Result<Self> {
        let left_out: &[&str] = match (purpose, self.origin) {
            (Purpose::Run, Origin::BuiltIn) => &["refuse", "warning", "insert", "command", "next"],
            _ => &[],
        };
        let is_wanted = |key: &str, value: &toml::Value| {
            let condition = value.get("if").and_then(toml::Value::as_str);
            let is_false = |condition| decided(condition, context) == Some(false);
            !(left_out.contains(&key) && condition.is_some_and(is_false))
        };
        let whereabouts = || format!("in {}", self.whereabouts(renderer.templates()));
        let table = renderer.table(&self.table, is_wanted, context);
        let rendered: Self = table
            .with_context(whereabouts)?
            .try_into()
            .with_context(whereabouts)?;
        Ok(Self {
            id: self.id.clone(),
            folder: self.folder.clone(),
            origin: self.origin,
            in_use: self.in_use.clone(),
            ..rendered
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
