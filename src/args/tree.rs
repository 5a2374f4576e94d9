//! All commands, with their help.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Arg, Args as _};
use clap_complete::Shell;

use super::examples::{
    COMPLETIONS_EXAMPLES, CONNECT_EXAMPLES, DESTROY_HELP, DEV_EXAMPLES, EXAMPLES, GEN_EXAMPLES,
    MAN_EXAMPLES, UNDO_HELP,
};
use super::generators::{Direction, subcommands};
use super::{Color, Common, Connect, Dev, Survey, new, upgrade};
use crate::catalogue::Templates;
use crate::project::Project;

/// Returns the commands. Templates are read only for those that were `typed`.
///
/// # Errors
/// A generator or a stack is invalid.
pub fn needed(
    typed: &[OsString],
    around: Option<&Project>,
    built_in: &Templates,
) -> Result<clap::Command> {
    let has = |word: &str| typed.iter().any(|arg| arg == word);
    let is_whole = has("completions") || has("man");
    let new = match has("new") || is_whole {
        true => new::command(built_in)?,
        false => clap::Command::new("new"),
    };
    let generators = |direction: Direction| match has(direction.word()) || is_whole {
        true => subcommands(direction, around, built_in),
        false => Ok(Vec::new()),
    };
    let generate = generators(Direction::Gen)?;
    Ok(command(new, generate, generators(Direction::Destroy)?))
}

/// Returns the tree of all commands: `new`, those of `gen` and those of `destroy` are read from templates.
pub fn command(
    new: clap::Command,
    generators: Vec<clap::Command>,
    destroyers: Vec<clap::Command>,
) -> clap::Command {
    let color = Arg::new("color")
        .long("color")
        .global(true)
        .display_order(900)
        .value_parser(clap::value_parser!(Color))
        .default_value("auto")
        .value_name("WHEN")
        .help("Colour the report");
    let undo = Common::augment_args(clap::Command::new("undo"))
        .about("Take back the last run of gen, destroy or upgrade in the current app")
        .after_help(UNDO_HELP);
    let dev = Dev::augment_args(clap::Command::new("dev"))
        .about("Run the current app, and bring each change to the browser")
        .after_help(DEV_EXAMPLES);
    let connect = Connect::augment_args(clap::Command::new("connect"))
        .about("Connect to a socket, and show every frame; typed lines are pushed")
        .after_help(CONNECT_EXAMPLES);
    let routes = Survey::augment_args(clap::Command::new("routes"))
        .about("Print the sockets, topics and channels of the current app, and what is not wired");
    let doctor = Survey::augment_args(clap::Command::new("doctor"))
        .about("Check the programs, files and limits that the current app needs, or a new one");
    let [completions, man] = document_commands();
    clap::Command::new("hello-sockets")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Creates and extends realtime apps: a WebSocket server with channels, its tests, and a page that uses them")
        .max_term_width(100)
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(color)
        .subcommand(new.about("Make a new app"))
        .subcommand(generate(generators))
        .subcommand(destroy(destroyers))
        .subcommand(undo)
        .subcommand(upgrade::command())
        .subcommand(dev)
        .subcommand(connect)
        .subcommand(routes)
        .subcommand(doctor)
        .subcommand(templates())
        .subcommand(completions)
        .subcommand(man)
}

fn generate(generators: Vec<clap::Command>) -> clap::Command {
    clap::Command::new("gen")
        .about("Add channels, sockets, presences and more to the current app")
        .after_help(GEN_EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(generators)
}

fn destroy(destroyers: Vec<clap::Command>) -> clap::Command {
    clap::Command::new("destroy")
        .about("Take back what gen made: files, routes, mounts, imports")
        .after_help(DESTROY_HELP)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(destroyers)
}

fn templates() -> clap::Command {
    let docs = clap::Command::new("docs")
        .about("Print the reference of stack.toml, generator.toml and places");
    let test = clap::Command::new("test")
        .about("Run the test cases of the places in .hello-sockets/templates/");
    clap::Command::new("templates")
        .about("Print the reference for own stacks and generators, or test their places")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([docs, test])
}

fn document_commands() -> [clap::Command; 2] {
    let shell = Arg::new("shell")
        .value_name("SHELL")
        .required(true)
        .value_parser(clap::value_parser!(Shell))
        .help("Shell of the script");
    let folder = Arg::new("folder")
        .value_name("FOLDER")
        .value_parser(clap::value_parser!(PathBuf))
        .help("Folder for the pages of all commands. Without it, the first page is printed");
    [
        clap::Command::new("completions")
            .about("Print a script that completes commands in a shell")
            .after_help(COMPLETIONS_EXAMPLES)
            .arg(shell),
        clap::Command::new("man")
            .about("Print the man page, or write those of all commands to a folder")
            .after_help(MAN_EXAMPLES)
            .arg(folder),
    ]
}
