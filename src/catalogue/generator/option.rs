//! The name and the options of a generator.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The name argument of a generator, such as `Room` or `Admin.Room`. Templates have its spellings: `name.module`
/// (`Admin.Room`), `name.pascal` (`AdminRoom`), `name.camel`, `name.snake`, `name.path` (`admin/room`), `name.last`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NameRule {
    /// Text of `--help`.
    pub help: String,
    /// Suffix that is dropped from a name: `Channel` from `RoomChannel`.
    #[serde(default)]
    pub suffix: String,
    /// Default name.
    pub default: Option<String>,
    /// Another variable for the name.
    #[serde(rename = "as")]
    pub alias: Option<String>,
}

/// An option: `--NAME VALUE`, and a variable of that name.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OptionRule {
    /// `topic` for `--topic`. The variable has `_` for `-`.
    pub name: String,
    /// Type of the value.
    #[serde(default, rename = "type")]
    pub kind: Kind,
    /// The option is an argument without `--NAME`: `gen pubsub redis`.
    #[serde(default)]
    pub argument: bool,
    /// Text of `--help`.
    pub help: String,
    /// `--help` does not list the option. For options of other programs that are accepted or refused by name.
    #[serde(default)]
    pub hidden: bool,
    /// Name of the value in `--help`, if it differs from the type.
    pub value: Option<String>,
    /// Template for the default value. A flag with the default `true` becomes `--no-NAME`.
    #[serde(default)]
    pub default: String,
    /// For a choice: its values.
    #[serde(default)]
    pub choices: Vec<String>,
    /// For a name: suffix that is dropped.
    #[serde(default)]
    pub suffix: String,
    /// For a name: reserved names.
    #[serde(default)]
    pub reserved: Vec<String>,
    /// For a name: reason of the reservation.
    #[serde(default)]
    pub reserved_because: String,
    /// For a name: generator to run with it, for each value of the option. For a choice: generator to run with it as its
    /// argument, unless it is the default.
    pub generate: Option<String>,
    /// Questions that count as answered in that generator.
    #[serde(default)]
    pub answers: BTreeMap<String, bool>,
    /// For a name, a choice or a flag of `new`: question of its dialogue, if the option is not given.
    pub ask: Option<String>,
}

/// Type of an option.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Any text.
    #[default]
    Text,
    /// A name such as `Admin.Room`; templates have its spellings.
    Name,
    /// The first part of a topic: lower-case letters, digits and `_`.
    Topic,
    /// A whole number.
    Number,
    /// No value: present or absent.
    Flag,
    /// One of `choices`.
    Choice,
}

impl OptionRule {
    /// Returns the name of the option's variable: these have no `-`.
    pub fn variable(&self) -> String {
        self.name.replace('-', "_")
    }
}
