//! What was typed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::project::Project;
use crate::stack::{APP, DEFAULT_STACK, Generator, GeneratorOption, Stack};
use crate::template::Templates;

/// Scaffolds and grows realtime apps: a WebSocket server with channels, its tests, and a page that talks to it.
#[derive(Debug, Parser)]
#[command(name = "hello-sockets", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    /// Colour the report
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

const EXAMPLES: &str = "\
Examples:
  hello-sockets new my_app                  a Rust app in ./my_app; then: cd my_app && cargo run
  hello-sockets new my_app --channel User   the same, with a channel that the page talks to
  hello-sockets new my_app --stack phoenix  a Phoenix app; then: cd my_app && mix phx.server
  hello-sockets gen channel Room            another channel, in the app around the current folder
  hello-sockets help gen channel            all about one of them";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new app
    #[command(after_help = NEW_EXAMPLES)]
    New(New),
    /// Grow the app around the current folder: channels, sockets, presences, tokens
    #[command(after_help = GEN_EXAMPLES)]
    Gen(Gen),
}

const GEN_EXAMPLES: &str = "\
Examples:
  hello-sockets gen channel Room
  hello-sockets gen socket Device
  hello-sockets help gen channel            all about one of them";

const NEW_EXAMPLES: &str = "\
Examples:
  hello-sockets new my_app
  hello-sockets new ../chat --channel Room --channel Lobby
  hello-sockets new services/live-chat --app live_chat --no-git --no-install
  hello-sockets new my_app --stack phoenix";

#[derive(Debug, clap::Args)]
pub struct New {
    /// The folder to make it in; its last part names the app
    pub path: PathBuf,
    /// The framework that the app is built on
    #[arg(long, default_value = DEFAULT_STACK, value_parser = stacks())]
    pub stack: String,
    /// The app's name, if the folder's will not do
    #[arg(long)]
    pub app: Option<String>,
    /// Make this channel too, with a socket that routes it; may be given again
    #[arg(long = "channel", value_name = "NAME")]
    pub channels: Vec<String>,
    /// Fetch and install dependencies, without being asked
    #[arg(long, overrides_with = "no_install")]
    pub install: bool,
    /// Do not fetch and install dependencies
    #[arg(long)]
    pub no_install: bool,
    /// Do not initialise a git repository
    #[arg(long)]
    pub no_git: bool,
    #[command(flatten)]
    pub options: AppOptions,
    #[command(flatten)]
    pub common: Common,
}

/// What every command that writes understands.
#[derive(Debug, Default, clap::Args)]
pub struct Common {
    /// Answer every question with yes
    #[arg(short, long)]
    pub yes: bool,
    /// Report what would be done, and touch nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Overwrite files that differ, without being asked
    #[arg(long, conflicts_with = "skip")]
    pub force: bool,
    /// Keep files that differ, without being asked
    #[arg(long)]
    pub skip: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// What the stacks' own `app` generators can be asked for: `module` for `--module`.
#[derive(Debug, Default)]
pub struct AppOptions(pub BTreeMap<String, String>);

/// A generator with what it was asked for. Its subcommands are the folders under `templates/`.
#[derive(Debug)]
pub struct Gen {
    pub generator: String,
    pub name: Option<String>,
    /// `topic` for `--topic`
    pub options: BTreeMap<String, String>,
    /// `socket` for `--no-socket`
    pub no: Vec<String>,
    pub common: Common,
}

impl Args {
    /// Reads the command line; exits with 2 and a message if it makes no sense.
    pub fn parse() -> Self {
        <Self as Parser>::parse()
    }
}

fn stacks() -> clap::builder::PossibleValuesParser {
    let possible = |name: &'static str| {
        let value = clap::builder::PossibleValue::new(name);
        match Stack::read(name) {
            Ok(stack) => value.help(stack.about),
            Err(_) => value,
        }
    };
    Stack::names()
        .into_iter()
        .map(possible)
        .collect::<Vec<_>>()
        .into()
}

/// Every stack's generators, read if they are needed; where two stacks have one of the same name, that of the app around
/// the current folder, or else the default stack's.
fn generators() -> BTreeMap<&'static str, Option<Generator>> {
    let templates = Templates::new(&|_| Ok(None));
    let first = Project::stack_here().ok().flatten();
    let first = first.as_deref().unwrap_or(DEFAULT_STACK);
    let mut stacks = Stack::names();
    stacks.sort_by_key(|name| *name != first);
    let mut owners = BTreeMap::new();
    for stack in stacks {
        for name in Generator::names(stack) {
            owners.entry(name).or_insert(stack);
        }
    }
    let typed = typed_generator().filter(|typed| owners.contains_key(typed.as_str()));
    let is_needed = |name: &str| typed.as_deref().is_none_or(|typed| typed == name);
    let read = |(name, stack)| {
        let generator = is_needed(name).then(|| Generator::read(stack, name, &templates));
        match generator.transpose() {
            Ok(generator) => Some((name, generator)),
            Err(_) => None,
        }
    };
    owners.into_iter().filter_map(read).collect()
}

/// What stands behind `gen`: reading the others would take longer than all else that is done.
fn typed_generator() -> Option<String> {
    let mut args = std::env::args_os().skip(1).skip_while(|arg| arg != "gen");
    args.nth(1)?.into_string().ok()
}

/// The options of every stack's new app.
fn app_options() -> Vec<GeneratorOption> {
    let templates = Templates::new(&|_| Ok(None));
    Stack::names()
        .into_iter()
        .filter_map(|stack| Generator::read(stack, APP, &templates).ok())
        .flat_map(|generator| generator.options)
        .collect()
}

impl clap::Args for AppOptions {
    fn augment_args(command: clap::Command) -> clap::Command {
        // Templates are read only if this is the command that was typed.
        command.defer(|command| command.args(app_options().iter().map(option_arg)))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for AppOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(typed_options(matches)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

const OPTION: &str = "option ";

fn option_arg(option: &GeneratorOption) -> Arg {
    Arg::new(format!("{OPTION}{}", option.name))
        .long(option.name.clone())
        .value_name(option.value.clone())
        .help(option.help.clone())
}

fn typed_options(matches: &ArgMatches) -> BTreeMap<String, String> {
    let names = matches
        .ids()
        .filter_map(|id| id.as_str().strip_prefix(OPTION));
    let value = |name: &str| {
        let id = format!("{OPTION}{name}");
        matches.try_get_one::<String>(&id).ok().flatten().cloned()
    };
    names
        .filter_map(|name| Some((name.to_owned(), value(name)?)))
        .collect()
}

impl clap::Args for Gen {
    fn augment_args(command: clap::Command) -> clap::Command {
        command
            .subcommand_required(true)
            .arg_required_else_help(true)
            .defer(|command| {
                let generators = generators();
                command.subcommands(generators.iter().map(|(name, generator)| match generator {
                    Some(generator) => subcommand(generator),
                    None => clap::Command::new(*name),
                }))
            })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

fn subcommand(generator: &Generator) -> clap::Command {
    let name = generator.is_named().then(|| {
        let help = match &generator.default_name {
            Some(name) => format!("{} [default: {name}]", generator.name_help),
            None => generator.name_help.clone(),
        };
        Arg::new("name")
            .required(generator.default_name.is_none())
            .value_name("NAME")
            .help(help)
    });
    let options = generator.options.iter().map(option_arg);
    let questions = generator.questions.iter().map(|question| {
        Arg::new(format!("no {}", question.id))
            .long(format!("no-{}", question.id))
            .action(ArgAction::SetTrue)
            .help(question.flag_help.clone())
    });
    let command = clap::Command::new(generator.name.clone())
        .args(name.into_iter().chain(options).chain(questions));
    <Common as clap::Args>::augment_args(command)
        .about(generator.about.clone())
        .after_help(generator.help.clone())
}

impl FromArgMatches for Gen {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (generator, matches) = matches.subcommand().ok_or_else(missing)?;
        let no = matches
            .ids()
            .filter_map(|id| id.as_str().strip_prefix("no "));
        let name = matches.try_get_one::<String>("name").ok().flatten();
        Ok(Self {
            generator: generator.to_owned(),
            name: name.cloned(),
            options: typed_options(matches),
            no: no
                .filter(|q| matches.get_flag(&format!("no {q}")))
                .map(str::to_owned)
                .collect(),
            common: Common::from_arg_matches(matches)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
