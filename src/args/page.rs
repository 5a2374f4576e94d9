//! The page docs/reference/commands.md, generated from the command line itself. `BLESS=1 cargo test --lib page` writes it.
#![allow(
    clippy::disallowed_methods,
    reason = "the test reads and writes a page of this repository"
)]

use std::fmt::Write as _;

use clap::{Arg, Args as _, Command};

use super::generators::{Direction, subcommand, subcommands};
use super::{Common, new, tree};
use crate::catalogue::generator::Generator;
use crate::catalogue::{Stack, Templates};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference/commands.md");

const INTRODUCTION: &str = "\
# Commands and options

This page is generated from the command line itself, as are `hello-sockets help`, the completions and the man pages. Guides and
explanations: [the command line](../command-line.md), [scripts and CI](../scripts-and-ci.md), [connect](../connect.md),
[development](../development.md). `--help`, or `-h`, prints the help of any command, and `--version`, or `-V`, the version.
";

#[test]
fn the_page_of_all_commands_is_that_of_the_command_line() {
    let page = page(&Templates::default());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(PAGE, &page).expect("the page is written");
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert_eq!(written, page, "`BLESS=1 cargo test --lib page` renews it");
}

fn page(templates: &Templates) -> String {
    let generators = |direction| subcommands(direction, None, templates).expect("they are valid");
    let mut tree = tree::command(
        new::command(templates).expect("it is valid"),
        generators(Direction::Gen),
        generators(Direction::Destroy),
    )
    .disable_help_subcommand(true);
    tree.build();
    let mut page = INTRODUCTION.to_owned();
    section(&mut page, "## For every command");
    let global = tree.get_arguments().filter(|arg| arg.is_global_set());
    table(&mut page, "Option", global, |_| String::new());
    section(
        &mut page,
        "## For `new`, `gen`, `destroy`, `undo` and `upgrade`",
    );
    table(
        &mut page,
        "Option",
        Common::augment_args(Command::new("")).get_arguments(),
        |_| String::new(),
    );
    for sub in tree.get_subcommands() {
        describe(&mut page, sub, "##", templates);
        match sub.get_name() {
            "destroy" => destroyers(&mut page, sub),
            _ => sub
                .get_subcommands()
                .for_each(|sub| describe(&mut page, sub, "###", templates)),
        }
    }
    page
}

fn section(page: &mut String, heading: &str) {
    let _ = write!(page, "\n{heading}\n\n");
}

/// Adds a command: its usage, arguments, options, and the text below them.
fn describe(page: &mut String, command: &Command, level: &str, templates: &Templates) {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let name = usage.split(" [").next().unwrap_or(usage);
    let name = name.split(" <").next().unwrap_or(name);
    section(page, &format!("{level} {name}"));
    let generator = name.strip_prefix("hello-sockets gen ");
    let only = |arg: Option<&Arg>| generator.map_or(String::new(), |g| stacks(g, arg, templates));
    let about = command.get_about().map(ToString::to_string);
    let _ = write!(page, "{}{}.\n\n", about.unwrap_or_default(), only(None));
    let _ = write!(page, "```text\n{usage}\n```\n");
    let arguments: Vec<_> = own_arguments(command).collect();
    let (positional, options): (Vec<_>, Vec<_>) =
        arguments.into_iter().partition(|arg| arg.is_positional());
    for (title, arguments) in [("Argument", positional), ("Option", options)] {
        if !arguments.is_empty() {
            page.push('\n');
            table(page, title, arguments.into_iter(), |arg| only(Some(arg)));
        }
    }
    if let Some(notes) = command.get_after_help() {
        let _ = write!(page, "\n```text\n{}\n```\n", notes.to_string().trim_end());
    }
}

/// Adds one row for each generator, since the options are those of `gen`.
fn destroyers(page: &mut String, destroy: &Command) {
    page.push_str(
        "\nOptions have the same meaning as those of `gen`; `--no-socket` keeps a socket handler that is unused then.\n",
    );
    page.push_str("\n| Command | Options |\n|---|---|\n");
    for sub in destroy.get_subcommands() {
        let usage = sub.clone().render_usage().to_string();
        let usage = usage
            .trim_start_matches("Usage: ")
            .replace("[OPTIONS] ", "");
        let usage = usage.replace(" [OPTIONS]", "");
        let names: Vec<_> = own_arguments(sub)
            .filter(|arg| !arg.is_positional())
            .map(|arg| format!("`{}`", spelling(arg)))
            .collect();
        let _ = writeln!(page, "| `{usage}` | {} |", names.join(", "));
    }
}

/// Returns the arguments of a command without those of all commands, and without hidden ones.
fn own_arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    let common = Common::augment_args(Command::new(""));
    let is_in = |id: &clap::Id, of: &Command| of.get_arguments().any(|arg| arg.get_id() == id);
    // `connect` and `routes` have a `--json` of their own.
    let writes = is_in(&"strict".into(), command);
    command.get_arguments().filter(move |arg| {
        let id = arg.get_id();
        let is_standard = arg.is_global_set() || ["help", "version"].contains(&id.as_str());
        let is_known = is_standard || writes && is_in(id, &common);
        !arg.is_hide_set() && !is_known
    })
}

fn table<'a>(
    page: &mut String,
    title: &str,
    arguments: impl Iterator<Item = &'a Arg>,
    only: impl Fn(&Arg) -> String,
) {
    let _ = write!(page, "| {title} | Meaning |\n|---|---|\n");
    for arg in arguments {
        let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let defaults: Vec<_> = arg
            .get_default_values()
            .iter()
            .filter_map(|v| v.to_str())
            .collect();
        let values = arg.get_possible_values();
        let takes_value = arg.get_action().takes_values();
        if takes_value && !values.is_empty() {
            let values: Vec<_> = values
                .iter()
                .map(|value| format!("`{}`", value.get_name()))
                .collect();
            let _ = write!(help, ": {}", values.join(", "));
        }
        if takes_value && !defaults.is_empty() {
            let _ = write!(help, " [default: {}]", defaults.join(", "));
        }
        let help = format!("{help}{}", only(arg)).replace('|', "\\|");
        let _ = writeln!(page, "| `{}` | {help} |", spelling(arg));
    }
}

/// Returns an argument as it is typed: `-y, --yes`, `--topic TOPIC`, `--recover[=POSITION]`.
fn spelling(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let names: Vec<_> = short.into_iter().chain(long).collect();
    let value = arg.get_value_names().and_then(|names| names.first());
    match value.filter(|_| arg.get_action().takes_values()) {
        Some(value) if names.is_empty() => value.to_string(),
        Some(value) if arg.is_require_equals_set() => format!("{}[={value}]", names.join(", ")),
        Some(value) => format!("{} {value}", names.join(", ")),
        None => names.join(", "),
    }
}

/// Returns a note if only some stacks have this generator, or this argument of it.
fn stacks(generator: &str, arg: Option<&Arg>, templates: &Templates) -> String {
    let has_generator = |stack: &str| Generator::names(stack, templates).contains(&generator);
    let has = |stack: &str| match arg {
        None => has_generator(stack),
        Some(arg) => {
            let read = Generator::read(stack, generator, templates).expect("it is valid");
            let command = subcommand(Direction::Gen, &read);
            command
                .get_arguments()
                .any(|known| known.get_id() == arg.get_id() && !known.is_hide_set())
        }
    };
    let stacks = Stack::names(templates).into_iter();
    let compared = stacks.filter(|stack| arg.is_none() || has_generator(stack));
    let (with, without): (Vec<_>, Vec<_>) = compared.partition(|stack| has(stack));
    match without.is_empty() {
        true => String::new(),
        false => format!(" (stack {})", with.join(", ")),
    }
}
