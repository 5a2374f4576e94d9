//! The command line. The subcommands of `gen` and the flags of `new` come from the catalogue.

mod generators;

use std::path::PathBuf;

use anyhow::Result;
use clap::builder::PossibleValue;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args as _, FromArgMatches, ValueEnum};

use crate::catalogue::generator::{APP, Generator};
use crate::catalogue::{Stack, Templates};
use crate::project::Project;
use generators::{Asked, arguments, asked, subcommands};

/// Everything that was typed.
#[derive(Debug)]
pub struct Args {
    pub command: Command,
    pub color: Color,
}

#[derive(Debug)]
pub enum Command {
    New(New),
    Gen(Gen),
    /// `templates docs`: the reference of templates.
    Reference,
}

/// A new app.
#[derive(Debug)]
pub struct New {
    /// The folder to make it in. Empty if none was typed.
    pub path: PathBuf,
    pub stack: String,
    pub stack_from: StackFrom,
    /// The app's name, if the folder's will not do.
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

/// A generator with what it was asked for.
#[derive(Debug)]
pub struct Gen {
    pub generator: String,
    pub name: Option<String>,
    pub asked: Asked,
    pub common: Common,
}

/// What every command that writes understands.
#[derive(Debug, Clone, Default, clap::Args)]
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
    /// Exit with 3 if lines are left to be put in by hand
    #[arg(long)]
    pub strict: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

const EXAMPLES: &str = "\
Examples:
  hello-sockets new my_app                  a Rust app in ./my_app; then: cd my_app && cargo run
  hello-sockets new my_app --channel User   the same, with a channel that the page talks to
  hello-sockets new my_app --stack phoenix  a Phoenix app; then: cd my_app && mix phx.server
  hello-sockets gen channel Room            another channel, in the app around the current folder
  hello-sockets help gen channel            all about one of them";

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

impl Args {
    /// Reads the command line; exits with 2 and a message if it makes no sense. `around` is the project that the
    /// current folder belongs to.
    ///
    /// # Errors
    /// A generator or a stack is wrong.
    pub fn parse(around: Option<&Project>) -> Result<Self> {
        let built_in = Templates::default();
        let typed: Vec<_> = std::env::args_os().collect();
        let has = |word: &str| typed.iter().any(|arg| arg == word);
        // Templates are read only if it is a command of theirs that was typed.
        let new = match has("new") {
            true => new_command(&built_in)?,
            false => clap::Command::new("new"),
        };
        let generators = match has("gen") {
            true => subcommands(around, &built_in)?,
            false => Vec::new(),
        };
        let matches = command(new, generators).get_matches_from(typed);
        let color = matches.get_one("color").copied().unwrap_or(Color::Auto);
        let command = match matches.subcommand() {
            Some(("new", matches)) => Command::New(New::read(matches)),
            Some(("gen", matches)) => match matches.subcommand() {
                Some((generator, matches)) => Command::Gen(Gen::read(generator, matches)),
                None => Command::Reference,
            },
            _ => Command::Reference,
        };
        Ok(Self { command, color })
    }
}

fn command(new: clap::Command, generators: Vec<clap::Command>) -> clap::Command {
    let color = Arg::new("color")
        .long("color")
        .global(true)
        .display_order(900)
        .value_parser(clap::value_parser!(Color))
        .default_value("auto")
        .value_name("WHEN")
        .help("Colour the report");
    let generate = clap::Command::new("gen")
        .about("Grow the app around the current folder: channels, sockets, presences, tokens")
        .after_help(GEN_EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(generators);
    let templates = clap::Command::new("templates")
        .about("Write stacks and generators of your own")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            clap::Command::new("docs")
                .about("Print the reference of stack.toml, generator.toml and places"),
        );
    clap::Command::new("hello-sockets")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Scaffolds and grows realtime apps: a WebSocket server with channels, its tests, and a page that talks to it")
        .max_term_width(100)
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(color)
        .subcommand(new.about("Make a new app"))
        .subcommand(generate)
        .subcommand(templates)
}

fn new_command(templates: &Templates) -> Result<clap::Command> {
    let names = Stack::names(templates);
    let stacks = names.iter().map(|name| Stack::read(name, templates));
    let stacks = stacks.collect::<Result<Vec<_>>>()?;
    let possible = stacks
        .iter()
        .map(|stack| PossibleValue::new(stack.name.clone()).help(stack.about.clone()));
    let default = stacks.iter().find(|stack| stack.default);
    let path = Arg::new("path")
        .value_name("PATH")
        .value_parser(clap::value_parser!(PathBuf))
        .help("The folder to make it in; its last part names the app. Without it, a terminal is asked");
    let stack = Arg::new("stack")
        .long("stack")
        .value_name("STACK")
        .value_parser(possible.collect::<Vec<_>>())
        .default_value(default.map_or_else(String::new, |stack| stack.name.clone()))
        .help("The framework that the app is built on");
    let app = Arg::new("app")
        .long("app")
        .value_name("APP")
        .help("The app's name, if the folder's will not do");
    let mut args: Vec<Arg> = Vec::new();
    for stack in &stacks {
        if !templates.has(&format!("{}/{APP}/generator.toml", stack.name)) {
            continue;
        }
        // Where two stacks ask for the same, it is said once.
        for arg in arguments(&Generator::read(&stack.name, APP, templates)?) {
            if args.iter().all(|known| known.get_id() != arg.get_id()) {
                args.push(arg);
            }
        }
    }
    let command = clap::Command::new("new")
        .after_help(NEW_EXAMPLES)
        .args([path, stack, app])
        .args(args);
    Ok(Common::augment_args(command))
}

impl New {
    fn read(matches: &ArgMatches) -> Self {
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
            common: common(matches),
        }
    }
}

impl Gen {
    fn read(generator: &str, matches: &ArgMatches) -> Self {
        let name = matches.try_get_one::<String>("name").ok().flatten();
        Self {
            generator: generator.to_owned(),
            name: name.cloned(),
            asked: asked(matches),
            common: common(matches),
        }
    }
}

fn common(matches: &ArgMatches) -> Common {
    Common::from_arg_matches(matches).unwrap_or_default()
}
