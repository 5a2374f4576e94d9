//! The `hello-sockets` command: creates and extends realtime apps.
//!
//! Data flows one way: arguments and project become a plan; the plan is compared with the disk; the user answers
//! questions; then all changes are written at once.
//!
//! # Layout
//! - `catalogue`: stacks, generators and places
//! - `args`: the command line
//! - `project`: files of the project (the only reader); `facts`: properties of the app
//! - `plan`: pure, the steps of a generator; `name`: all spellings of a name such as `Admin.Room`;
//!   `nearest`: a word that was probably meant; `key`: values in TOML and JSON files
//! - `edit`: pure, syntax-aware edits of the user's files
//! - `changes`: the comparison of a plan with the disk
//! - `doctor`: the programs, files and limits that the current app needs
//! - `routes`: sockets, topics and channels of the current app, and what is not wired
//! - `dev`: the current app during development: builds, servers, watched files; `address`: where it listens
//! - `connect`: a client that shows the wire
//! - `run`: a plan through all stages; `new`: the steps of a new app
//! - `destroy`: takes back what a generator has made
//! - `record`: what each run has changed; `undo`: takes back the last one
//! - `upgrade`: brings the app up to this version, by the record; `changelog`: what has changed between two versions
//! - `output`: the terminal, written files, programs
//! - `secrets`: random texts (the only source of randomness); `shell`: quoted paths in commands; `printable`: text for the
//!   terminal

// Only a few modules read, write, print and ask: clippy.toml names them.
#![warn(clippy::disallowed_methods)]

mod address;
mod args;
mod catalogue;
mod changelog;
mod changes;
mod connect;
mod destroy;
mod dev;
mod doctor;
mod edit;
mod error;
mod facts;
mod key;
mod name;
mod nearest;
mod new;
mod output;
mod plan;
mod printable;
mod project;
mod record;
mod routes;
mod run;
mod secrets;
mod shell;
mod undo;
mod upgrade;

use std::cell::RefCell;
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Result;
use serde::Serialize;

use args::{Args, Command, Common, Gen, Man, Object, Survey};
use catalogue::Templates;
use catalogue::generator::Purpose;
use catalogue::reference::reference;
use catalogue::render::Renderer;
use catalogue::templates::SHARED;
use destroy::Destroy;
use doctor::Health;
use error::Problem;
use facts::Question;
use output::report::{LookUp, Outcome, Report, json};
use output::reporter::Reporter;
use output::terminal::{self, Terminal};
use output::{apply, interrupt};
use plan::{Plan, Request};
use project::Project;
use routes::Wiring;
use run::{Answers, Ending, Run};

/// Runs the command, and prints its error.
pub fn main() -> ExitCode {
    let error = match run().or_else(help) {
        Ok(code) => return code,
        Err(error) => error,
    };
    let typed: Vec<_> = std::env::args_os().collect();
    let printed = args::object(&typed).map(|object| {
        let json = json_of(&error, object)?;
        Terminal::default().print(&json)
    });
    if !matches!(printed, Some(Ok(()))) {
        terminal::fail(&Problem::all(&error));
    }
    ExitCode::from(Problem::exit_code(&error))
}

/// Prints help, or the error of an invalid command line. Returns other errors.
fn help(error: anyhow::Error) -> Result<ExitCode> {
    let help = error.downcast::<clap::Error>()?;
    terminal::printed(help.print())?;
    Ok(match help.use_stderr() {
        true => ExitCode::from(Problem::MISUSE),
        false => ExitCode::SUCCESS,
    })
}

/// Returns the error of a command as the object that the command prints.
fn json_of(error: &anyhow::Error, object: Object) -> Result<String> {
    match object {
        Object::Report => json(&Report::of_error(error)),
        Object::Wiring => json(&Wiring::of_error(error)),
        Object::Health => json(&Health::of_error(error)),
    }
}

/// Exit code of a run with `--strict` that leaves manual steps.
const OPEN: u8 = 3;

/// Exit code of `upgrade --check` in an app that is not up to date.
const OUTDATED: u8 = 4;

fn run() -> Result<ExitCode> {
    // Read once: parsing the files of a stack takes as long as the edits.
    let built_in = Rc::new(Templates::default());
    let around = around(&built_in)?;
    let args = Args::parse(around.first(), &built_in)?;
    let terminal = Terminal::new(args.color);
    match args.command {
        Command::New(mut new) => {
            let common = new.common.clone();
            reported(terminal, &common, |reporter| {
                new::complete(&mut new, &built_in, reporter)?;
                new::new(&new, &built_in, reporter)
            })
        }
        Command::Gen(generate) => reported(terminal, &generate.common, |reporter| {
            gen_in(&Project::only(around)?, &generate, reporter)
        }),
        Command::Destroy(mut destroy) => {
            let common = destroy.common.clone();
            reported(terminal, &common, |reporter| {
                destroy_in(&Project::only(around)?, &mut destroy, reporter)
            })
        }
        Command::Undo(common) => reported(terminal, &common, |reporter| {
            undo::undo(&Project::only(around)?, &common, reporter)
        }),
        Command::Upgrade(args) => reported(terminal, &args.common, |reporter| {
            upgrade::upgrade(&Project::only(around)?, &args, reporter)
        }),
        Command::TestTemplates => {
            let project = Project::only(around)?;
            let (_, code) = ended(test_templates(&project, &terminal)?, &Common::default());
            Ok(ExitCode::from(code))
        }
        Command::Connect(args) => connect::connect(&args, &built_in, terminal),
        Command::Dev(dev) => dev::dev(&dev, &Project::only(around)?, terminal),
        Command::Routes(survey) => {
            let wiring = routes::wiring(&Project::only(around)?)?;
            print_either(&terminal, &survey, &wiring, routes::text)?;
            Ok(ExitCode::from(u8::from(!wiring.problems.is_empty())))
        }
        Command::Doctor(survey) => {
            let health = match around.is_empty() {
                true => doctor::of_new_apps(&built_in)?,
                false => doctor::of_app(&Project::only(around)?)?,
            };
            print_either(&terminal, &survey, &health, doctor::text)?;
            Ok(ExitCode::from(u8::from(!health.is_good())))
        }
        Command::Completions(script) => {
            terminal.print(&script)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Man(man) => {
            print_or_write(&man, &terminal)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Reference => {
            terminal.print(&reference(&built_in)?)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Returns the projects of the current folder, for commands that need them: `gen`, its help and completions may have the
/// project's own generators.
fn around(built_in: &Rc<Templates>) -> Result<Vec<Project>> {
    let has = |word: &str| std::env::args_os().any(|arg| arg == word);
    let is_needed = [
        "gen",
        "destroy",
        "undo",
        "upgrade",
        "routes",
        "doctor",
        "completions",
        "man",
        "dev",
    ]
    .into_iter()
    .any(has);
    match is_needed || has("templates") && has("test") {
        true => Project::around(built_in),
        false => Ok(Vec::new()),
    }
}

fn gen_in(project: &Project, args: &Gen, reporter: &mut Reporter) -> Result<Ending> {
    let answers = Answers {
        yes: args.common.yes,
        given: args.asked.answers.clone(),
    };
    planned(
        args,
        project,
        Purpose::Run,
        reporter,
        |renderer, plan, reporter| {
            Run::new(project, renderer, &args.common, reporter, answers)
                .recorded(args::typed())
                .all(plan)
        },
    )
}

fn destroy_in(project: &Project, args: &mut Gen, reporter: &mut Reporter) -> Result<Ending> {
    let other_options = destroy::complete(args, project);
    planned(
        args,
        project,
        Purpose::Comparison,
        reporter,
        |renderer, plan, reporter| {
            Destroy::new(project, renderer, args, reporter, other_options).all(plan)
        },
    )
}

/// Prints what a command has found out, as JSON or as text.
fn print_either<T: Serialize>(
    terminal: &Terminal,
    survey: &Survey,
    found: &T,
    text: impl Fn(&T) -> String,
) -> Result<()> {
    terminal.print(&match survey.json {
        true => json(found)?,
        false => text(found),
    })
}

fn print_or_write(man: &Man, terminal: &Terminal) -> Result<()> {
    let Some(folder) = &man.folder else {
        let first = man.pages.first().map(|page| page.text.as_slice());
        return terminal.print(&String::from_utf8_lossy(first.unwrap_or_default()));
    };
    for page in &man.pages {
        let path = folder.join(&page.file);
        apply::renew(&path, &page.text)?;
        terminal.report("creating", path.display());
    }
    Ok(())
}

/// Does something that is reported, and ends the report.
fn reported(
    terminal: Terminal,
    common: &Common,
    work: impl FnOnce(&mut Reporter) -> Result<Ending>,
) -> Result<ExitCode> {
    interrupt::watch()?;
    let terminal = terminal.shaped(common.form(), common.detail());
    let mut reporter = Reporter::new(terminal, common);
    let ending = work(&mut reporter)?;
    let (outcome, code) = ended(ending, common);
    reporter.end(outcome, code)?;
    Ok(ExitCode::from(code))
}

/// Returns the outcome and the exit code.
fn ended(ending: Ending, common: &Common) -> (Outcome, u8) {
    match ending {
        Ending::Done => (Outcome::Done, 0),
        Ending::Open if common.strict => (Outcome::ManualSteps, OPEN),
        Ending::Open => (Outcome::ManualSteps, 0),
        Ending::Failed => (Outcome::Failed, 1),
        Ending::Outdated => (Outcome::Outdated, OUTDATED),
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

/// Plans a generator in a project, and does something with the plan.
fn planned(
    args: &Gen,
    project: &Project,
    purpose: Purpose,
    reporter: &mut Reporter,
    work: impl FnOnce(&Renderer<'_>, &Plan, &mut Reporter) -> Result<Ending>,
) -> Result<Ending> {
    let renderer = Renderer::new(&project.templates);
    let request = Request {
        name: args.name.clone(),
        invocation: Some(args.invocation.clone()),
        options: args.asked.options.clone(),
        ..Request::default()
    };
    let look_ups = RefCell::new(Vec::new());
    let look = |question: &Question| {
        let found = project.look(question)?;
        if reporter.is_verbose() {
            look_ups.borrow_mut().push(LookUp::new(question, &found));
        }
        Ok(found)
    };
    let stack = plan::Stack::new(&project.stack.name, &project.facts, &renderer, &look);
    let plan = stack.with(purpose).plan(&args.generator, &request)?;
    for look_up in look_ups.take() {
        reporter.look_up(look_up);
    }
    work(&renderer, &plan, reporter)
}
