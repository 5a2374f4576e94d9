//! The command line. The subcommands of `gen` and the flags of `new` come from the catalogue.

mod common;
mod connect;
mod documents;
mod examples;
mod generators;
mod hints;
mod new;
#[cfg(test)]
mod page;
mod tree;
mod upgrade;

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use clap::error::ErrorKind;
use clap::{ArgMatches, FromArgMatches, ValueEnum};
use clap_complete::Shell;

use crate::catalogue::Templates;
use crate::error::Misuse;
use crate::project::Project;
use generators::{Asked, asked};

pub use common::{Common, Detail, Form};
pub use connect::{Connect, Vsn};
pub use documents::Page;
pub use generators::Direction;
pub use new::{New, StackFrom};
pub use upgrade::Upgrade;

/// The parsed command line.
#[derive(Debug)]
pub struct Args {
    pub command: Command,
    pub color: Color,
}

#[derive(Debug)]
pub enum Command {
    New(New),
    Gen(Gen),
    Destroy(Gen),
    Undo(Common),
    Upgrade(Upgrade),
    Dev(Dev),
    Routes(Survey),
    Doctor(Survey),
    /// `completions`: the script.
    Completions(String),
    Man(Man),
    Connect(Connect),
    /// `templates docs`: the reference of templates.
    Reference,
    /// `templates test`: the test cases of the project's own places.
    TestTemplates,
}

/// A generator with its arguments.
#[derive(Debug)]
pub struct Gen {
    /// The words before the name: `hello-sockets destroy channel`.
    pub invocation: String,
    pub generator: String,
    pub name: Option<String>,
    pub asked: Asked,
    pub common: Common,
}

/// Options of `dev`.
#[derive(Debug, Default, clap::Args)]
pub struct Dev {
    /// Port to listen on; 0 selects a free one [default: that of the variable PORT, or else 4000]
    #[arg(long)]
    pub port: Option<u16>,
    /// Arguments for the build, or for a server that reloads itself
    #[arg(last = true, value_name = "ARGS")]
    pub arguments: Vec<String>,
}

/// Options of commands that report on the app.
#[derive(Debug, Default, clap::Args)]
pub struct Survey {
    /// Print the report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The man pages, and where to write them.
#[derive(Debug)]
pub struct Man {
    /// All pages, that of the command itself first.
    pub pages: Vec<Page>,
    /// Without it, the first page is printed.
    pub folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Args {
    /// Parses the command line. `around` is the project of the current folder.
    ///
    /// # Errors
    /// The command line is invalid, or asks for help: a [`clap::Error`] or a [`Misuse`]. A generator or a stack is invalid.
    pub fn parse(around: Option<&Project>, built_in: &Templates) -> Result<Self> {
        let typed: Vec<_> = std::env::args_os().collect();
        let tree = tree::needed(&typed, around, built_in)?;
        let matches = match tree.clone().try_get_matches_from(&typed) {
            Ok(matches) => matches,
            Err(error) => return Err(refused(error, &tree, &typed, built_in)),
        };
        Ok(Self {
            color: matches.get_one("color").copied().unwrap_or(Color::Auto),
            command: Command::read(&matches, tree)?,
        })
    }
}

/// Returns the error of an invalid command line: a [`Misuse`] if a report or a hint of ours shows it, and otherwise that of clap,
/// which may be a help text.
fn refused(
    mut error: clap::Error,
    tree: &clap::Command,
    typed: &[OsString],
    built_in: &Templates,
) -> anyhow::Error {
    let is_unknown = error.kind() == ErrorKind::UnknownArgument;
    let hint = is_unknown.then(|| hints::without_generator(&error, tree, typed));
    if let Some(misuse) = hint.flatten() {
        return misuse.into();
    }
    if error.kind() == ErrorKind::InvalidSubcommand {
        hints::add(&mut error, tree, typed, built_in);
    }
    match error.use_stderr() && object(typed).is_some() {
        true => misuse(&error).into(),
        false => error.into(),
    }
}

impl Command {
    fn read(matches: &ArgMatches, tree: clap::Command) -> Result<Self> {
        Ok(match matches.subcommand() {
            Some(("new", matches)) => Self::New(New::read(matches)),
            Some(("gen", matches)) => match matches.subcommand() {
                Some((generator, matches)) => {
                    Self::Gen(Gen::read(Direction::Gen, generator, matches))
                }
                None => Self::Reference,
            },
            Some(("destroy", matches)) => match matches.subcommand() {
                Some((generator, matches)) => {
                    Self::Destroy(Gen::read(Direction::Destroy, generator, matches))
                }
                None => Self::Reference,
            },
            Some(("undo", matches)) => Self::Undo(read(matches)),
            Some(("upgrade", matches)) => Self::Upgrade(Upgrade::read(matches)),
            Some(("dev", matches)) => Self::Dev(read(matches)),
            Some(("routes", matches)) => Self::Routes(read(matches)),
            Some(("doctor", matches)) => Self::Doctor(read(matches)),
            Some(("connect", matches)) => Self::Connect(read(matches)),
            Some(("completions", matches)) => {
                let shell = matches.get_one("shell").copied().unwrap_or(Shell::Bash);
                Self::Completions(documents::completions(shell, tree))
            }
            Some(("man", matches)) => Self::Man(Man {
                pages: documents::pages(tree)?,
                folder: matches.get_one("folder").cloned(),
            }),
            Some((_, matches)) if matches.subcommand_name() == Some("test") => Self::TestTemplates,
            _ => Self::Reference,
        })
    }
}

/// The JSON object of a command, also if it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    /// Of `new`, `gen`, `destroy`, `undo` and `upgrade`.
    Report,
    /// Of `routes`.
    Wiring,
    /// Of `doctor`.
    Health,
}

/// Returns the object that is asked for, also if the command line is invalid.
pub fn object(typed: &[OsString]) -> Option<Object> {
    let is_json = typed.iter().any(|arg| arg == "--json");
    let object = |word: &OsString| match word.to_str()? {
        "new" | "gen" | "destroy" | "undo" | "upgrade" => Some(Object::Report),
        "routes" => Some(Object::Wiring),
        "doctor" => Some(Object::Health),
        _ => None,
    };
    typed.iter().skip(1).find_map(object).filter(|_| is_json)
}

/// Returns the words of the command line, for the record: without the program, and without options of all commands.
pub fn typed() -> Vec<String> {
    let words = std::env::args_os().skip(1);
    let words = words.map(|word| word.to_string_lossy().into_owned());
    common::without_common(words)
}

/// Returns the error of an invalid command line: its first line, and the rest as help.
fn misuse(error: &clap::Error) -> Misuse {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (message, help) = text.split_once("\n\n").unwrap_or((text, ""));
    Misuse::new(message.trim()).help(help.trim())
}

impl Gen {
    fn read(direction: Direction, generator: &str, matches: &ArgMatches) -> Self {
        let name = matches.try_get_one::<String>("name").ok().flatten();
        Self {
            invocation: format!("hello-sockets {} {generator}", direction.word()),
            generator: generator.to_owned(),
            name: name.cloned(),
            asked: asked(matches),
            common: read(matches),
        }
    }
}

/// Returns the options of a command. Without them in its matches, they have their defaults.
fn read<T: FromArgMatches + Default>(matches: &ArgMatches) -> T {
    T::from_arg_matches(matches).unwrap_or_default()
}
