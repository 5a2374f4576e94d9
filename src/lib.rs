//! The `hello-sockets` command: scaffolds and grows realtime apps.
//!
//! Data flows one way: what was typed and what is on disk become a plan; the plan is held against the disk; the
//! person is asked; then everything is written at once.
//!
//! # Layout
//! - `catalogue`: what stacks, generators and places say
//! - `args`: what was typed
//! - `project`: what is on disk (the only reader); `facts`: what that says of the app
//! - `plan`: pure, what a generator will do; `name`: `Admin.Room` in every spelling that a template needs
//! - `edit`: pure, syntax-aware edits to files that somebody else owns
//! - `changes`: a plan held against the disk
//! - `run`: a plan through all of the above and below; `new`: what only a new app needs
//! - `output`: the terminal, what is written, programs that are run
//! - `secrets`: random texts (the only source of chance); `shell`: paths in what the reader is told to type

mod args;
mod catalogue;
mod changes;
mod edit;
mod error;
mod facts;
mod name;
mod new;
mod output;
mod plan;
mod project;
mod run;
mod secrets;
mod shell;

use std::process::ExitCode;

use anyhow::Result;

use args::{Args, Command, Common, Gen};
use catalogue::Templates;
use catalogue::reference::reference;
use catalogue::render::Renderer;
use output::interrupt;
use output::terminal::{self, Terminal};
use plan::Request;
use project::Project;
use run::{Answers, Ending, Run};

/// Does what was typed, and prints what went wrong.
pub fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => terminal::fail(&error),
    }
}

/// The exit code of a run with `--strict` that left lines to be put in by hand.
const OPEN: u8 = 3;

fn run() -> Result<ExitCode> {
    // The project around is asked for its own generators, which `gen` and its help list.
    let around = match std::env::args_os().any(|arg| arg == "gen") {
        true => Project::around()?,
        false => Vec::new(),
    };
    let args = Args::parse(around.first())?;
    interrupt::watch()?;
    let mut terminal = Terminal::new(args.color);
    match args.command {
        Command::New(mut new) => {
            new::complete(&mut new, &terminal)?;
            let ending = new::new(&new, &mut terminal)?;
            Ok(code(ending, &new.common))
        }
        Command::Gen(generate) => {
            let common = generate.common.clone();
            Ok(code(r#gen(generate, around, &mut terminal)?, &common))
        }
        Command::Reference => {
            terminal.print(&reference(&Templates::default())?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn code(ending: Ending, common: &Common) -> ExitCode {
    match ending {
        Ending::Failed => ExitCode::FAILURE,
        Ending::Open if common.strict => ExitCode::from(OPEN),
        Ending::Open | Ending::Done => ExitCode::SUCCESS,
    }
}

fn r#gen(args: Gen, around: Vec<Project>, terminal: &mut Terminal) -> Result<Ending> {
    let project = Project::only(around)?;
    let renderer = Renderer::new(&project.templates);
    let request = Request {
        name: args.name,
        options: args.asked.options,
        ..Request::default()
    };
    let stack = plan::Stack {
        name: &project.stack.name,
        facts: &project.facts,
        renderer: &renderer,
        look: &|question| project.look(question),
    };
    let plan = stack.plan(&args.generator, &request)?;
    let answers = Answers {
        yes: args.common.yes,
        given: args.asked.answers,
    };
    Run::new(&project, &renderer, &args.common, terminal, answers).all(&plan)
}
