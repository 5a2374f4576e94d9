//! Arguments of generators: options and questions, and the subcommands of `gen`.

use std::collections::BTreeMap;

use anyhow::Result;
use clap::{Arg, ArgAction, ArgMatches, Args as _};

use super::Common;
use crate::catalogue::generator::{Generator, Kind, OptionRule, Question};
use crate::catalogue::{Stack, Templates};
use crate::project::Project;

/// Arguments of a generator.
#[derive(Debug, Default)]
pub struct Asked {
    /// Values by name: `topic` for `--topic`, one for each time that it is given.
    pub options: BTreeMap<String, Vec<String>>,
    /// Answers to questions: `socket` is false for `--no-socket`.
    pub answers: BTreeMap<String, bool>,
}

/// Prefixes of the internal names of arguments. They contain a space, so they cannot conflict with names on the command
/// line.
const OPTION: &str = "option ";
const FLAG: &str = "flag ";
const YES: &str = "yes ";
const NO: &str = "no ";

/// Command of a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Gen,
    Destroy,
}

impl Direction {
    pub fn word(self) -> &'static str {
        match self {
            Self::Gen => "gen",
            Self::Destroy => "destroy",
        }
    }
}

/// Returns the subcommands of `gen` or `destroy`: the generators of the current project, including its own, and generators of other
/// stacks with other names.
pub fn subcommands(
    direction: Direction,
    around: Option<&Project>,
    built_in: &Templates,
) -> Result<Vec<clap::Command>> {
    let mut owners: BTreeMap<&str, (&str, &Templates)> = BTreeMap::new();
    if let Some(project) = around {
        let stack = project.stack.name.as_str();
        for name in Generator::names(stack, &project.templates) {
            owners.insert(name, (stack, &project.templates));
        }
    }
    // Reading stacks is slow, so the stack of the project comes first.
    let first = match around {
        Some(project) => project.stack.name.clone(),
        None => Stack::default(built_in)?.name,
    };
    let mut stacks = Stack::names(built_in);
    stacks.sort_by_key(|name| *name != first);
    for stack in stacks {
        for name in Generator::names(stack, built_in) {
            owners.entry(name).or_insert((stack, built_in));
        }
    }
    let typed = typed_generator(direction).filter(|typed| owners.contains_key(typed.as_str()));
    let is_needed = |name: &str| typed.as_deref().is_none_or(|typed| typed == name);
    let commands = owners
        .into_iter()
        .map(|(name, (stack, templates))| match is_needed(name) {
            true => Ok(subcommand(
                direction,
                Generator::read(stack, name, templates)?.as_ref(),
            )),
            false => Ok(clap::Command::new(name.to_owned())),
        });
    commands.collect()
}

/// Returns the word after the command. Reading all other generators would take longer than the whole run.
fn typed_generator(direction: Direction) -> Option<String> {
    let args = std::env::args_os().skip(1);
    let mut args = args.skip_while(|arg| arg != direction.word());
    args.nth(1)?.into_string().ok()
}

pub fn subcommand(direction: Direction, generator: &Generator) -> clap::Command {
    let name = generator.name.as_ref().map(|rule| {
        let help = match &rule.default {
            Some(name) => format!("{} [default: {name}]", rule.help),
            None => rule.help.clone(),
        };
        Arg::new("name")
            .required(rule.default.is_none())
            .value_name("NAME")
            .help(help)
    });
    let command = clap::Command::new(generator.id.clone()).args(name);
    if direction == Direction::Destroy {
        let options = generator.options.iter().map(option);
        let questions = generator
            .questions
            .iter()
            .filter(|q| q.remove_ask.is_some());
        let questions = questions.map(|q| {
            let what = q.generate.as_deref().unwrap_or_default();
            flag(
                &format!("{NO}{}", q.name),
                format!("no-{}", q.name),
                &format!("Keep the {what} also if it is unused then"),
            )
        });
        let about = format!("Take back what `gen {}` made", generator.id);
        return Common::augment_args(command.args(options).args(questions)).about(about);
    }
    Common::augment_args(command.args(arguments(generator)))
        .about(generator.about.clone())
        .after_help(generator.help.clone())
}

fn flag(id: &str, long: String, help: &str) -> Arg {
    Arg::new(id.to_owned())
        .long(long)
        .action(ArgAction::SetTrue)
        .help(help.to_owned())
}

/// Returns the options and questions of a generator as arguments.
pub fn arguments(generator: &Generator) -> Vec<Arg> {
    let options = generator.options.iter().map(option);
    let questions = generator.questions.iter().flat_map(question);
    options.chain(questions).collect()
}

fn option(option: &OptionRule) -> Arg {
    let name = &option.name;
    let help = option.help.clone();
    if option.kind == Kind::Flag {
        let (id, long) = match option.default.as_str() {
            "true" => (format!("{FLAG}no {name}"), format!("no-{name}")),
            _ => (format!("{FLAG}{name}"), name.clone()),
        };
        let flag = Arg::new(id).long(long).action(ArgAction::SetTrue);
        return flag.help(help).hide(option.hidden);
    }
    let value = option.value.as_deref().unwrap_or(match option.kind {
        Kind::Name => "NAME",
        Kind::Topic => "TOPIC",
        Kind::Number => "NUMBER",
        Kind::Choice => "CHOICE",
        Kind::Text | Kind::Flag => "TEXT",
    });
    let arg = Arg::new(format!("{OPTION}{name}"))
        .value_name(value.to_owned())
        .help(help)
        .hide(option.hidden);
    let arg = match option.argument {
        true => arg.action(ArgAction::Set),
        false => arg.long(name.clone()).action(ArgAction::Append),
    };
    match option.kind {
        Kind::Choice => arg.value_parser(clap::builder::PossibleValuesParser::new(&option.choices)),
        _ => arg,
    }
}

/// Returns `--no-NAME`, and `--NAME` if it has a help text.
fn question(question: &Question) -> Vec<Arg> {
    let name = &question.name;
    let (yes, no) = (format!("{YES}{name}"), format!("{NO}{name}"));
    let mut args = Vec::new();
    if let Some(help) = &question.yes_help {
        args.push(flag(&yes, name.clone(), help).overrides_with(no.clone()));
    }
    args.push(flag(&no, format!("no-{name}"), &question.no_help));
    args
}

/// Returns the values of a generator's options and questions.
pub fn asked(matches: &ArgMatches) -> Asked {
    let mut asked = Asked::default();
    for id in matches.ids().map(clap::Id::as_str) {
        if let Some(name) = id.strip_prefix(OPTION) {
            let values = matches.get_many::<String>(id).into_iter().flatten();
            asked
                .options
                .insert(name.to_owned(), values.cloned().collect());
            continue;
        }
        let is_set = || matches.get_flag(id);
        if let Some(name) = id.strip_prefix(FLAG) {
            if is_set() {
                let (name, value) = match name.strip_prefix("no ") {
                    Some(name) => (name, "false"),
                    None => (name, "true"),
                };
                asked
                    .options
                    .insert(name.to_owned(), vec![value.to_owned()]);
            }
        } else if let Some(name) = id.strip_prefix(YES).filter(|_| is_set()) {
            asked.answers.insert(name.to_owned(), true);
        } else if let Some(name) = id.strip_prefix(NO).filter(|_| is_set()) {
            asked.answers.insert(name.to_owned(), false);
        }
    }
    asked
}
