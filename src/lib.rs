//! The `hello-sockets` command: creates and extends realtime apps.
//!
//! Data flows one way: arguments and project become a plan; the plan is compared with the disk; the user answers
//! questions; then all changes are written at once.
//!
//! # Layout
//! - `catalogue`: stacks, generators and places
//! - `args`: the command line
//! - `project`: files of the project (the only reader); `facts`: properties of the app
//! - `plan`: pure, the steps of a generator; `name`: all spellings of a name such as `Admin.Room`
//! - `edit`: pure, syntax-aware edits of the user's files
//! - `changes`: the comparison of a plan with the disk
//! - `dev`: the current app during development: builds, servers, watched files; `address`: where it listens
//! - `connect`: a client that shows the wire
//! - `run`: a plan through all stages; `new`: the steps of a new app
//! - `output`: the terminal, written files, programs
//! - `secrets`: random texts (the only source of randomness); `shell`: quoted paths in commands

mod address;
mod args;
mod catalogue;
mod changes;
mod connect;
#[cfg(unix)]
mod dev;
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
use std::rc::Rc;

use anyhow::Result;

use args::{Args, Command, Common, Dev, Gen};
use catalogue::Templates;
use catalogue::reference::reference;
use catalogue::render::Renderer;
use catalogue::templates::SHARED;
use output::interrupt;
use output::terminal::{self, Terminal};
use plan::Request;
use project::Project;
use run::{Answers, Ending, Run};

/// Runs the command, and prints its error.
pub fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => terminal::fail(&error),
    }
}

/// Exit code of a run with `--strict` that leaves manual steps.
const OPEN: u8 = 3;

fn run() -> Result<ExitCode> {
    // Read once: parsing the files of a stack takes as long as the edits.
    let built_in = Rc::new(Templates::default());
    // The current project may have its own generators, for `gen` and its help, and places with test cases.
    let has = |word: &str| std::env::args_os().any(|arg| arg == word);
    let around = match has("gen") || has("dev") || has("templates") && has("test") {
        true => Project::around(&built_in)?,
        false => Vec::new(),
    };
    let args = Args::parse(around.first(), &built_in)?;
    let mut terminal = Terminal::new(args.color);
    match args.command {
        Command::New(mut new) => {
            interrupt::watch()?;
            new::complete(&mut new, &built_in, &terminal)?;
            let ending = new::new(&new, &built_in, &mut terminal)?;
            Ok(code(ending, &new.common))
        }
        Command::Gen(generate) => {
            interrupt::watch()?;
            let common = generate.common.clone();
            Ok(code(r#gen(generate, around, &mut terminal)?, &common))
        }
        Command::TestTemplates => {
            let project = Project::only(around)?;
            let outcome = test_templates(&project, &terminal)?;
            Ok(code(outcome, &Common::default()))
        }
        Command::Connect(args) => connect::connect(&args, &built_in, terminal),
        Command::Dev(dev) => run_app(&dev, around, terminal),
        Command::Reference => {
            terminal.print(&reference(&built_in)?);
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[cfg(unix)]
fn run_app(args: &Dev, around: Vec<Project>, terminal: Terminal) -> Result<ExitCode> {
    dev::dev(args, &Project::only(around)?, terminal)
}

#[cfg(not(unix))]
fn run_app(_: &Dev, _: Vec<Project>, _: Terminal) -> Result<ExitCode> {
    let misuse = error::Misuse::new("`dev` needs Unix: it hands a socket to the app");
    let help = "run the app itself: `cargo run`, or `mix phx.server`";
    Err(misuse.help(help).into())
}

fn code(ending: Ending, common: &Common) -> ExitCode {
    match ending {
        Ending::Failed => ExitCode::FAILURE,
        Ending::Open if common.strict => ExitCode::from(OPEN),
        Ending::Open | Ending::Done => ExitCode::SUCCESS,
    }
}

/// Runs the test cases of the project's own places.
fn test_templates(project: &Project, terminal: &Terminal) -> Result<Ending> {
    let renderer = Renderer::new(&project.templates);
    let (mut count, mut failed) = (0, 0);
    for folder in [&project.stack.name, SHARED] {
        plan::cases::every_case(folder, &project.facts, &renderer, &mut |case, parts| {
            count += 1;
            match case.fault(parts)? {
                None => terminal.report("passed", &case.path),
                Some(fault) => {
                    failed += 1;
                    terminal.report("failed", format!("{}: {}", case.path, fault.trim_end()));
                }
            }
            Ok(())
        })?;
    }
    terminal.say(&format!("Cases: {count}. Failed: {failed}."));
    Ok(match failed {
        0 => Ending::Done,
        _ => Ending::Failed,
    })
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
