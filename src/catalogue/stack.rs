//! The types of `stack.toml`: recognition of projects, facts, and reserved names.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::templates::{Origin, Templates};
use crate::edit::place::one_or_many;
use crate::error::Misuse;

/// Name of the file of a stack.
pub const FILE: &str = "stack.toml";

/// A stack: a supported framework. Its folder contains a folder for each generator, and `places/`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// Name of the folder.
    #[serde(skip)]
    pub name: String,
    /// Origin of `stack.toml`.
    #[serde(skip)]
    pub origin: Origin,
    /// Description in one line.
    #[expect(dead_code, reason = "read by `Listed`")]
    about: String,
    /// True for the default stack of `new`.
    #[serde(default)]
    pub default: bool,
    /// True if names of apps may have hyphens, which otherwise become `_`.
    #[serde(default)]
    pub hyphens: bool,
    /// Recognition of projects.
    pub project: ProjectRules,
    /// Reserved names of apps: the reason, then the names.
    #[serde(default)]
    pub reserved: BTreeMap<String, Vec<String>>,
    /// Tables for `hello-sockets routes`.
    pub routes: Option<Routes>,
    /// Checks of `hello-sockets doctor`, in this order. A project's own stack cannot have any.
    #[serde(default)]
    pub doctor: Vec<Check>,
    /// The app during development. A project's own stack cannot have it.
    pub dev: Option<Dev>,
}

/// A stack in a list.
#[derive(Debug, Deserialize)]
pub struct Listed {
    #[serde(skip)]
    pub name: String,
    pub about: String,
    #[serde(default)]
    pub default: bool,
}

/// The tables that `hello-sockets routes` joins: sockets, their mounts and routes, channels, scripts. Texts are templates
/// with the variable `app`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Routes {
    /// Template for the name of a socket or a channel, with `value` for the capture. By default, the capture itself.
    pub name: Option<String>,
    /// Socket handlers: `@socket`.
    pub sockets: Table,
    /// Mounts of sockets: `@socket`, `@path`.
    pub mounts: Table,
    /// Channels: `@channel`.
    pub channels: Table,
    /// Routes: `@socket`, `@topic`, `@channel`.
    pub routes: Table,
    /// Scripts that connect to a socket: `@path`.
    pub scripts: Table,
    /// Imports of scripts: `@script`.
    pub imports: Table,
    /// Patterns of other files that load scripts, such as pages, by their names.
    #[serde(default)]
    pub pages: Vec<String>,
    /// Command that mounts the socket `name`.
    pub mount: String,
    /// Command or advice that loads `script`, the path of a script of the socket `name`.
    pub load: String,
    /// Command that routes the channel `name`.
    pub route: String,
}

/// A query in files, with several captures. Names in captures are written out: `MyAppWeb.UserSocket` for its alias.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Patterns of files, such as `lib/**/*.ex`.
    pub search: Vec<String>,
    /// A word in the file, or one of several. Files without it are not parsed.
    #[serde(default, deserialize_with = "one_or_many")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub mentions: Vec<String>,
    /// Query for `@scope`: nodes that limit the other query. Its other captures count as well.
    pub within: Option<String>,
    /// Query for the captures.
    pub query: String,
}

/// A check of `hello-sockets doctor`. Texts are templates with the variables `app` and `value`, the value of `any`. Programs
/// are started in the home folder, where settings of the app do not apply: those of a clone may name programs to run.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Name, for the report.
    pub name: String,
    /// The check is only for apps in which one of these has a value.
    #[serde(default)]
    pub only_if: Vec<Lookup>,
    /// Facts for this check, besides those of the app. Without a value for each, the check is left out.
    #[serde(default)]
    pub facts: Vec<FactRule>,
    /// Programs or files: one has to be there. Checks of programs are made outside of apps as well.
    #[serde(default)]
    pub any: Vec<Lookup>,
    /// A check of that name has to be good, or this one is left out.
    #[serde(default)]
    pub after: String,
    /// Program and arguments that print a version.
    #[serde(default)]
    pub version: Vec<String>,
    /// Files of the app that choose another version than that of the home folder. With one of them, the program is not started.
    #[serde(default)]
    pub chosen_by: Vec<Lookup>,
    /// Reason why that program fails.
    pub failing: Option<Failing>,
    /// The lowest version, such as `1.15`.
    pub minimum: Option<String>,
    /// The error if none of `any` is there; without `any`, if the program for the version fails.
    pub message: String,
    /// Way out.
    pub help: String,
    /// Environment variables of the program. An empty one is not set.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// A reason why a program fails, if one of `any` has a value. Texts are templates with the variables `app` and `value`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Failing {
    /// Files that explain it.
    pub any: Vec<Lookup>,
    /// The error.
    pub message: String,
    /// Way out.
    pub help: String,
}

/// Programs of `hello-sockets dev`: `build`, and then the binary, on Unix; or else `run`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Dev {
    /// Conditions, checked in this order.
    pub needs: Vec<Need>,
    /// Command that builds a binary and prints cargo's messages as JSON. The binary takes over a listening socket.
    pub build: Vec<String>,
    /// Command that runs the app. Its words are templates with the variable `app`.
    pub run: Vec<String>,
    /// Patterns of the files that `build` reads.
    pub rebuild: Vec<String>,
    /// Patterns of the files of pages.
    pub reload: Vec<String>,
}

/// A condition of `dev`: one of several files or programs.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Files and programs: one has to be there.
    pub any: Vec<Lookup>,
    /// The error without it.
    pub message: String,
    /// Way out, for the error message.
    pub help: String,
}

/// Recognition and facts of projects.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProjectRules {
    /// Description, for the error outside of projects.
    pub known_by: String,
    /// Markers of a project: all must match.
    pub markers: Vec<Fact>,
    /// Markers of a folder that is almost a project: one of them is enough, if no folder has all of `markers`. Then
    /// `app.complete` is empty, for generators that refuse or add what is missing.
    #[serde(default)]
    pub almost: Vec<Fact>,
    /// A folder with several projects: a workspace or an umbrella.
    pub nested: Option<Nested>,
    /// Facts, computed in this order; `app.NAME` in templates. `name` is the name of the app, `indent_EXTENSION` one
    /// level of indentation in its files with that extension, if it has one of its own, `port` its port, or `unknown`
    /// if it does not read the variable `PORT`.
    #[serde(default)]
    pub facts: Vec<FactRule>,
}

/// Search for the projects in a folder.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Nested {
    /// File in that folder which lists the projects.
    pub file: String,
    /// Keys of the projects, or of patterns of projects, as in a look-up.
    #[serde(default, deserialize_with = "one_or_many")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub key: Vec<String>,
    /// Query for `@value`, once for each project or pattern of projects.
    pub query: Option<String>,
    /// Suffix of each value, for a pattern of folders: `/*` if the value is their parent folder.
    #[serde(default)]
    pub below: String,
    /// A file of one of the projects that all of them share. `app.beside` is the path to that project, for one that is almost
    /// a project.
    pub shared: Option<String>,
}

/// A fact and its sources; the first value counts.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FactRule {
    /// Name; `app.NAME` in templates.
    pub name: String,
    /// A folder without a value for this fact is not a project of the stack.
    #[serde(default)]
    pub needed: bool,
    /// Sources, in order.
    pub any: Vec<Lookup>,
}

/// A source of a fact. Its texts are templates with earlier facts as variables.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Lookup {
    /// A file that must exist and, with `key` or `query`, match. An empty text is no file.
    pub file: Option<String>,
    /// The file may be in a folder above the project's: the closest one that matches counts.
    pub above: bool,
    /// With `above`: key of patterns of folders below the file's. Then `key` is that of such patterns, too. The value is the
    /// project's folder, relative to the file's, if `key` has a pattern for it and `except` has none.
    pub except: Option<String>,
    /// A program in one of the folders of `PATH`, whose name is the value.
    pub program: Option<String>,
    /// In a check of `doctor`: a variable of the environment that is set, whose contents are the value.
    pub variable: Option<String>,
    /// Patterns of files, such as `lib/**/*.ex` or `assets/**/*.{js,ts}`, of which exactly one must match.
    pub search: Vec<String>,
    /// Several files may match; the first counts.
    pub several: bool,
    /// Separator, if all values count, as one text without the empty ones. Several files may match.
    pub join: Option<String>,
    /// A word in the file, or one of several. Files without it are not parsed. Without `key` and `query`, a file with it counts.
    #[serde(deserialize_with = "one_or_many")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub mentions: Vec<String>,
    /// In a TOML or JSON file: the key of the value, such as `package.name`, or several. `*` is any key of a table and any entry of
    /// a list; `@value` is any key, and the value itself. Tables and lists have an empty text.
    #[serde(deserialize_with = "one_or_many")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub key: Vec<String>,
    /// With `key`: regular expression for the text there.
    pub matches: Option<String>,
    /// In a generator: a place whose `present` captures `@value` in its file.
    pub place: Option<String>,
    /// Variables of the place.
    pub with: BTreeMap<String, String>,
    /// Query for `@scope`: nodes that limit the other query.
    pub within: Option<String>,
    /// In other files: query for `@value`.
    pub query: Option<String>,
    /// Template for the value, with `value` for the capture and `path` for the file. By default, the capture.
    pub value: Option<String>,
}

impl Lookup {
    /// Returns whether its value depends on files, programs or variables of the environment.
    pub fn is_look_up(&self) -> bool {
        let is_named = self.file.is_some() || self.program.is_some() || self.variable.is_some();
        is_named || self.place.is_some() || !self.search.is_empty()
    }
}

/// A value in a file of the project, by its key or by a query.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The file, below the project's root.
    pub file: String,
    /// Key of the value, or one of several, as in a look-up.
    #[serde(default, deserialize_with = "one_or_many")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub key: Vec<String>,
    /// With `key`: regular expression for the text there.
    pub matches: Option<String>,
    /// Query for `@value`.
    pub query: Option<String>,
}

impl Stack {
    /// Returns the names of all stacks.
    pub fn names(templates: &Templates) -> Vec<&str> {
        templates.folders_with("", FILE)
    }

    /// Reads all stacks.
    ///
    /// # Errors
    /// A `stack.toml` is invalid.
    pub fn all(templates: &Templates) -> Result<Vec<Self>> {
        let names = Self::names(templates).into_iter();
        names.map(|name| Self::read(name, templates)).collect()
    }

    /// Reads the stack called `name`.
    ///
    /// # Errors
    /// Its `stack.toml` is missing or invalid.
    pub fn read(name: &str, templates: &Templates) -> Result<Self> {
        let path = format!("{name}/{FILE}");
        let mut stack: Self = templates.read(&path)?;
        stack.name = name.to_owned();
        stack.origin = templates.get(&path).map(|(_, o)| o).unwrap_or_default();
        Ok(stack)
    }

    /// Returns the path of its file, for messages.
    pub fn whereabouts(&self, templates: &Templates) -> String {
        templates.whereabouts(&format!("{}/{FILE}", self.name))
    }

    /// Refuses to run the programs of a `stack.toml` that is the project's own.
    ///
    /// # Errors
    /// It is; `help` is the way out.
    pub fn refuse_own_programs(&self, help: &str) -> Result<(), Misuse> {
        match self.origin {
            Origin::Project => {
                let misuse = "the project's own `stack.toml` names programs to run";
                Err(Misuse::new(misuse).help(help))
            }
            _ => Ok(()),
        }
    }

    /// Lists all stacks. Reading a whole stack takes longer than rendering an app.
    ///
    /// # Errors
    /// A `stack.toml` is invalid.
    pub fn list(templates: &Templates) -> Result<Vec<Listed>> {
        let names = Self::names(templates).into_iter();
        let listed = names.map(|name| {
            let mut listed: Listed = templates.read(&format!("{name}/{FILE}"))?;
            listed.name = name.to_owned();
            Ok(listed)
        });
        listed.collect()
    }

    /// Returns the default stack of a new app.
    ///
    /// # Errors
    /// A stack is invalid, or none is the default.
    pub fn default(templates: &Templates) -> Result<Self> {
        let mut listed = Self::list(templates)?.into_iter();
        let default = listed.find(|stack| stack.default);
        Self::read(&default.context("no stack is the default")?.name, templates)
    }
}
