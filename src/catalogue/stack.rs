//! The types of `stack.toml`: how a stack's projects are recognised, and what they may not be called.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::templates::{Origin, Templates};
use super::typed;

/// The file that makes a folder a stack.
pub const FILE: &str = "stack.toml";

/// A stack: a framework that generators know. Its folder holds a folder for each generator, and `places/`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// The folder's name.
    #[serde(skip)]
    pub name: String,
    /// Where `stack.toml` comes from.
    #[serde(skip)]
    pub origin: Origin,
    /// One line for people.
    pub about: String,
    /// Used by `new` if no other stack is asked for.
    #[serde(default)]
    pub default: bool,
    /// Whether an app's name may have hyphens: they become `_` if not.
    #[serde(default)]
    pub hyphens: bool,
    /// How a project is recognised.
    pub project: ProjectRules,
    /// Names that an app may not have: the reason, then the names.
    #[serde(default)]
    pub reserved: BTreeMap<String, Vec<String>>,
}

/// How a project of the stack is recognised, and what it says of itself.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectRules {
    /// How, in words for somebody who is in no project.
    pub known_by: String,
    /// A folder is a project if all of these find something.
    pub markers: Vec<Fact>,
    /// Where no folder is a project by its markers, one in which any of these finds something is one, in which `app.complete`
    /// is empty: its generators tell what it lacks.
    #[serde(default)]
    pub almost: Vec<Fact>,
    /// A folder that holds projects.
    #[serde(default)]
    pub nested: Option<Nested>,
    /// Worked out in this order, as `app.NAME`; `name` is the app's.
    #[serde(default)]
    pub facts: Vec<FactRule>,
}

/// Where the projects are that a folder holds.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nested {
    /// The file of that folder which says so.
    pub file: String,
    /// Query for `@value`, once for each project or pattern of projects.
    pub query: String,
    /// What is put behind each value to have a pattern of folders: `/*` where the value is the folder around them.
    #[serde(default)]
    pub below: String,
}

/// A fact, and where it can be had: the first place that has it counts.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactRule {
    /// Templates read it as `app.NAME`.
    pub name: String,
    /// Where it is empty, the folder is no project of the stack.
    #[serde(default)]
    pub needed: bool,
    /// Tried in order.
    pub any: Vec<Lookup>,
}

/// One way to a fact. Its texts are templates that see the facts before it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The file that has to be there and, with `query`, to match.
    #[serde(default)]
    pub file: Option<String>,
    /// The file may be in a folder above the project's: the closest one that matches counts.
    #[serde(default)]
    pub above: bool,
    /// With `above`: query for `@value`, patterns of folders beside the file, none of which may fit the project's. Then
    /// `query` is for such patterns as well, one of which has to fit, and the value is the folder as seen from there.
    #[serde(default)]
    pub except: Option<String>,
    /// Patterns of files, such as `lib/**/*.ex`, of which exactly one has to match.
    #[serde(default)]
    pub search: Vec<String>,
    /// A word that a file among `search` has: others are not parsed.
    #[serde(default)]
    pub mentions: String,
    /// In a generator: the place whose `present` captures `@value`, in the file that it is in.
    #[serde(default)]
    pub place: Option<String>,
    /// Variables that the place needs for that.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// Query for `@scope`: the other one counts in these nodes alone.
    #[serde(default)]
    pub within: Option<String>,
    /// Query for `@value`.
    #[serde(default)]
    pub query: Option<String>,
    /// The fact; what the query captured if not given, and `value` in it, with `path` for the file.
    #[serde(default)]
    pub value: Option<String>,
}

/// A query into a file of the project, which captures `@value`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The file, below the project's root.
    pub file: String,
    /// Query for `@value`.
    pub query: String,
}

impl Stack {
    /// The names of the stacks that there are.
    pub fn names(templates: &Templates) -> Vec<&str> {
        templates.folders_with("", FILE)
    }

    /// Reads the stack called `name`.
    ///
    /// # Errors
    /// Its `stack.toml` is missing or wrong.
    pub fn read(name: &str, templates: &Templates) -> Result<Self> {
        let path = format!("{name}/{FILE}");
        let mut stack: Self = typed(templates.table(&path)?, &path, templates)?;
        stack.name = name.to_owned();
        stack.origin = templates.get(&path).map(|(_, o)| o).unwrap_or_default();
        Ok(stack)
    }

    /// The stack of a new app, unless another one is asked for.
    ///
    /// # Errors
    /// A stack is wrong, or none is the default.
    pub fn default(templates: &Templates) -> Result<Self> {
        for name in Self::names(templates) {
            let stack = Self::read(name, templates)?;
            if stack.default {
                return Ok(stack);
            }
        }
        None.context("no stack is the default")
    }
}
