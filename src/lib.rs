//! The `hello-sockets` command: scaffolds and grows realtime apps.
//!
//! Data flows one way: what was typed and what is on disk become a plan; the plan is held against the disk; the
//! person is asked; then everything is written at once.
//!
//! # Layout
//! - `args`: what was typed
//! - `name`: `Admin.Room` in every spelling that a template needs
//! - `project`: what is on disk (the only reader); `facts`: what that says of the app
//! - `stack`, `template`: a stack read from its folder under `templates/`
//! - `new`: what only a new app needs; `secrets`: its random texts (the only source of chance)
//! - `plan`: pure, what a generator will do
//! - `edit`: pure, syntax-aware edits to files that somebody else owns
//! - `changes`: a plan held against the disk
//! - `run`: from a request to its end, through all of the above and below
//! - `terminal`: the only place that prints or asks
//! - `apply`, `commands`: the only places that write, or run programs that do
//! - `interrupt`, `error`: how a run ends early; `shell`: paths in what the reader is told to type

mod apply;
mod args;
mod changes;
mod commands;
mod edit;
mod error;
mod facts;
mod interrupt;
mod name;
mod new;
mod plan;
mod project;
mod run;
mod secrets;
mod shell;
mod stack;
mod template;
pub mod terminal;

use anyhow::Result;

pub use args::Args;
use args::{Command, Gen};
use plan::Request;
use project::Project;
use run::{Answers, Run};
use terminal::Terminal;

/// Does what was typed.
///
/// # Errors
/// `Misuse` for what the person can mend; anything else failed.
pub fn run(args: Args) -> Result<()> {
    interrupt::watch()?;
    let terminal = Terminal::new(args.color);
    match args.command {
        Command::New(new) => new::new(new, terminal),
        Command::Gen(generate) => r#gen(generate, terminal),
    }
}

fn r#gen(args: Gen, terminal: Terminal) -> Result<()> {
    let project = Project::find()?;
    let answers = Answers {
        yes: args.common.yes,
        given: args.no.into_iter().map(|id| (id, false)).collect(),
    };
    let mut run = Run::new(&project, terminal, answers, &args.common);
    let last_words = run.generate(
        &args.generator,
        &Request {
            name: args.name,
            options: args.options,
            ..Request::default()
        },
    )?;
    run.finish(&last_words)
}
