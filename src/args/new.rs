//! Arguments of `new`.

use std::path::PathBuf;

use anyhow::Result;
use clap::builder::PossibleValue;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args as _};

use super::examples::NEW_EXAMPLES;
use super::generators::{Asked, arguments, asked};
use super::{Common, read};
use crate::catalogue::generator::{APP, Generator};
use crate::catalogue::{Stack, Templates};

/// Options of `new`.
#[derive(Debug)]
pub struct New {
    /// Folder of the app. Empty if not given.
    pub path: PathBuf,
    pub stack: String,
    pub stack_from: StackFrom,
    /// Name of the app, if it differs from that of the folder.
    pub app: Option<String>,
    pub asked: Asked,
    pub common: Common,
}

/// Source of a new app's stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackFrom {
    CommandLine,
    Default,
}

impl New {
    pub fn read(matches: &ArgMatches) -> Self {
        let text = |id: &str| matches.get_one::<String>(id).cloned();
        Self {
            path: matches.get_one("path").cloned().unwrap_or_default(),
            stack: text("stack").unwrap_or_default(),
            stack_from: match matches.value_source("stack") {
                Some(ValueSource::CommandLine) => StackFrom::CommandLine,
                _ => StackFrom::Default,
            },
            app: text("app"),
            asked: asked(matches),
            common: read(matches),
        }
    }
}

/// Returns the command, with the options of all stacks.
pub fn command(templates: &Templates) -> Result<clap::Command> {
    let stacks = Stack::list(templates)?;
    let possible = stacks
        .iter()
        .map(|stack| PossibleValue::new(stack.name.clone()).help(stack.about.clone()));
    let default = stacks.iter().find(|stack| stack.default);
    let path = Arg::new("path")
        .value_name("PATH")
        .value_parser(clap::value_parser!(PathBuf))
        .help("Folder of the new app; its last part is the app's name. Without it, the command asks for it in a terminal");
    let stack = Arg::new("stack")
        .long("stack")
        .value_name("STACK")
        .value_parser(possible.collect::<Vec<_>>())
        .default_value(default.map_or_else(String::new, |stack| stack.name.clone()))
        .help("Framework of the app");
    let app = Arg::new("app")
        .long("app")
        .value_name("APP")
        .help("Name of the app, if it differs from the folder's");
    let mut args: Vec<Arg> = Vec::new();
    for stack in &stacks {
        if !templates.has(&format!("{}/{APP}/generator.toml", stack.name)) {
            continue;
        }
        let generator = Generator::read(&stack.name, APP, templates)?;
        for arg in arguments(&generator) {
            match args.iter_mut().find(|known| known.get_id() == arg.get_id()) {
                None => args.push(arg),
                Some(known) => add_values(known, &arg),
            }
        }
    }
    let command = clap::Command::new("new")
        .after_help(NEW_EXAMPLES)
        .args([path, stack, app])
        .args(args);
    Ok(Common::augment_args(command))
}

/// Lets an option that several stacks have take the values of each.
fn add_values(known: &mut Arg, other: &Arg) {
    let mut values = known.get_possible_values();
    for value in other.get_possible_values() {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    if !values.is_empty() {
        *known = known.clone().value_parser(values);
    }
}
