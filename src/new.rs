//! `new`: name and folder of the app, then the stack's generator `app`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context as _, Result};
use tera::Context;

use crate::args::{New, StackFrom};
use crate::catalogue::generator::{APP, Kind, OptionRule, Purpose};
use crate::catalogue::render::Renderer;
use crate::catalogue::stack::{Fact, Listed, Stack};
use crate::catalogue::{Generator, Templates, embedded};
use crate::error::Misuse;
use crate::facts::Question;
use crate::name::{self, Name};
use crate::output::reporter::Reporter;
use crate::output::terminal::Given;
use crate::output::{apply, dialogue, interrupt};
use crate::plan::{self, Plan, Request};
use crate::project::Project;
use crate::record::RUNS;
use crate::run::{Answers, Ending, Run};
use crate::secrets;
use crate::shell::quoted;

/// Asks for missing arguments: the stack, the folder, and options of its generator, such as the first channel.
///
/// # Errors
/// The folder is missing and there is no terminal.
pub fn complete(args: &mut New, templates: &Templates, reporter: &Reporter) -> Result<()> {
    if !args.path.as_os_str().is_empty() {
        return Ok(());
    }
    if !reporter.is_person() {
        let misuse = Misuse::new("a new app needs a folder, and none was given");
        return Err(misuse.help("hello-sockets new my_app").into());
    }
    if args.stack_from == StackFrom::Default {
        let mut stacks = Stack::list(templates)?;
        stacks.sort_by_key(|stack| !stack.default);
        let shown = |stack: &Listed| format!("{}: {}", stack.name, stack.about);
        let choices: Vec<_> = stacks.iter().map(shown).collect();
        args.stack = stacks[dialogue::choose("Stack of the new app", &choices)?]
            .name
            .clone();
    }
    let stack = Stack::read(&args.stack, templates)?;
    let app = args.app.as_deref();
    args.path = dialogue::path(|typed| {
        let (advised, misuse) = app_name(Path::new(typed), app, &stack)?;
        let with_advice = |misuse| Misuse::new(format!("{misuse}, such as `{advised}`"));
        misuse.map_or(Ok(()), |misuse| Err(with_advice(misuse)))
    })?;
    let generator = Generator::read(&args.stack, APP, templates)?;
    for option in &generator.options {
        if let Some(question) = &option.ask
            && !args.asked.options.contains_key(&option.name)
            && !args.common.yes
        {
            let value = answer(option, question, reporter)?;
            let value = value.map(|value| (option.name.clone(), vec![value]));
            args.asked.options.extend(value);
        }
    }
    Ok(())
}

/// Asks for the value of an option; `None` is its default.
fn answer(option: &OptionRule, question: &str, reporter: &Reporter) -> Result<Option<String>> {
    Ok(match option.kind {
        Kind::Flag => match reporter.agree(question)? {
            Some(true) => None,
            Some(false) => Some("false".to_owned()),
            None => interrupt::leave(),
        },
        Kind::Choice => Some(option.choices[dialogue::choose(question, &option.choices)?].clone()),
        _ => dialogue::text(question, |typed| {
            Name::parse(typed, &option.name, &option.suffix, "").map(drop)
        })?,
    })
}

/// Makes a new app.
pub fn new(args: &New, templates: &Rc<Templates>, reporter: &mut Reporter) -> Result<Ending> {
    embedded::unpack_meanwhile(&args.stack);
    let stack = Stack::read(&args.stack, templates)?;
    let generator = Generator::read(&stack.name, APP, templates)?;
    let (name, misuse) = app_name(&args.path, args.app.as_deref(), &stack)?;
    let mut misuses: Vec<_> = misuse.into_iter().collect();
    misuses.extend(unknown(args, &generator));
    misuses.extend(unknown_choice(args, &generator));
    let given = given(args, &stack, &generator, name);
    let project = Project::planned(args.path.clone(), stack.clone(), given, templates)?;
    let project = project.context("the stack has a fact that a new app cannot have")?;
    let renderer = Renderer::new(templates);
    let request = Request {
        options: args.asked.options.clone(),
        secrets: secrets(&project, &generator, &renderer)?,
        ..Request::default()
    };
    let look = |question: &Question| project.look(question);
    let plan = plan::Stack::new(&stack.name, &project.facts, &renderer, &look);
    let mut plan = plan.with(Purpose::Run).plan(APP, &request)?;
    plan.misuses.splice(0..0, misuses);
    let answers = Answers {
        yes: args.common.yes,
        given: args.asked.answers.clone(),
    };
    if let Some(foreign) = foreign_file(&project, &plan)? {
        // Files that differ are no further obstacles: the folder is refused, or they are asked about later.
        let mut common = args.common.clone();
        common.skip = true;
        let mut run = Run::new(&project, &renderer, &common, reporter, answers.clone());
        let misuses = run.refusals(&plan)?;
        refuse_foreign(&project, &foreign, misuses, reporter, args.common.yes)?;
    }
    Run::new(&project, &renderer, &args.common, reporter, answers).all(&plan)
}

/// Returns the facts from the command line: options with the name of a fact that run no generator.
fn given(
    args: &New,
    stack: &Stack,
    generator: &Generator,
    name: String,
) -> BTreeMap<String, String> {
    let is_fact = |name: &str| stack.project.facts.iter().any(|fact| fact.name == name);
    let options = generator.options.iter();
    let options = options.filter(|option| option.generate.is_none() && is_fact(&option.name));
    let last = |option: &OptionRule| {
        let value = args.asked.options.get(&option.name)?.last()?;
        Some((option.name.clone(), value.clone()))
    };
    let mut given: BTreeMap<_, _> = options.filter_map(last).collect();
    given.insert("name".to_owned(), name);
    given
}

/// Checks for a choice of another stack.
fn unknown_choice(args: &New, generator: &Generator) -> Option<Misuse> {
    let choices = |option: &&OptionRule| option.kind == Kind::Choice;
    generator.options.iter().filter(choices).find_map(|option| {
        let value = args.asked.options.get(&option.name)?.last()?;
        let unknown = !option.choices.contains(value);
        let (stack, name) = (&args.stack, &option.name);
        let misuse = || format!("an app of the stack `{stack}` has no `--{name} {value}`");
        let help = || format!("it has: {}", option.choices.join(", "));
        unknown.then(|| Misuse::new(misuse()).help(help()))
    })
}

/// Checks for options and answers of other stacks.
fn unknown(args: &New, generator: &Generator) -> Option<Misuse> {
    let is_option = |name: &str| generator.options.iter().any(|option| option.name == name);
    let is_question = |name: &str| generator.questions.iter().any(|q| q.name == name);
    let mut options = args.asked.options.iter();
    let mut answers = args.asked.answers.iter();
    let (unknown, is_negative) = options
        .find(|(name, _)| !is_option(name))
        .map(|(name, values)| (name, *values == ["false"]))
        .or_else(|| {
            answers
                .find(|(name, _)| !is_question(name))
                .map(|(name, yes)| (name, !yes))
        })?;
    let (stack, no) = (&args.stack, if is_negative { "no-" } else { "" });
    let misuse = Misuse::new(format!(
        "an app of the stack `{stack}` has no `--{no}{unknown}`"
    ));
    Some(misuse.help("leave it out, or name another --stack"))
}

/// Returns the secrets of the generator: from an earlier run, or new ones.
pub fn secrets(
    project: &Project,
    generator: &Generator,
    renderer: &Renderer<'_>,
) -> Result<BTreeMap<String, String>> {
    let mut context = Context::new();
    context.insert("app", &project.facts);
    let mut values = BTreeMap::new();
    for secret in &generator.secrets {
        let there = Fact {
            file: renderer.text(&secret.file, &context)?,
            key: Vec::new(),
            matches: None,
            query: Some(secret.query.clone()),
        };
        let value = match project.ask(&there)? {
            Some(value) => value,
            None => secrets::draw(secret.length)?,
        };
        values.insert(secret.name.clone(), value);
    }
    Ok(values)
}

/// Returns the app's name: that of `--app`, or the name of the folder. If that is invalid, returns the suggested name, and the
/// error.
///
/// # Errors
/// The folder has no name.
fn app_name(
    given: &Path,
    app: Option<&str>,
    stack: &Stack,
) -> Result<(String, Option<Misuse>), Misuse> {
    let path = std::path::absolute(given).unwrap_or_default();
    let folder = || path.file_name().map(OsStr::to_string_lossy);
    let Some(name) = app.map(Cow::from).or_else(folder) else {
        let misuse = Misuse::new(format!(
            "`{}` has no last part to name the app by",
            given.display()
        ));
        return Err(misuse.help(format!("hello-sockets new {} --app my_app", quoted(given))));
    };
    let name = &*name;
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let reason = if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(word) {
        "a name starts with a lower-case ASCII letter and goes on with those, digits, `_` and `-`"
    } else if name.len() > name::LONGEST {
        name::TOO_LONG
    } else if let Some(reason) = reserved(stack, name) {
        reason
    } else if name::is_device(name) {
        "Windows cannot have a file or folder of that name"
    } else {
        let name = match stack.hyphens {
            true => name.to_owned(),
            false => name.replace('-', "_"),
        };
        return Ok((name, None));
    };
    let advised = suggestion(name, stack);
    let misuse = Misuse::new(format!("`{name}` cannot be the app's name: {reason}"));
    // The folder would have the name of the device, whatever that of the app is.
    let way_out = match given.file_name() {
        Some(_) if app.is_none() && name::is_device(name) => {
            quoted(&given.with_file_name(&advised))
        }
        _ => format!("{} --app {advised}", quoted(given)),
    };
    let way_out = format!("hello-sockets new {way_out}");
    Ok((advised, Some(misuse.help(way_out))))
}

fn reserved<'a>(stack: &'a Stack, name: &str) -> Option<&'a str> {
    let name = name.replace('-', "_");
    let mut reasons = stack.reserved.iter();
    reasons
        .find(|(_, names)| names.contains(&name))
        .map(|(reason, _)| reason.as_str())
}

fn suggestion(name: &str, stack: &Stack) -> String {
    let mended = name::ascii(&name.to_lowercase()).replace('.', "_");
    let mended = mended.trim_matches(|c: char| c == '_' || c.is_ascii_digit());
    match name::shortened(mended) {
        "" => "my_app".to_owned(),
        taken if name::is_device(taken) || reserved(stack, taken).is_some() => {
            format!("{taken}_app")
        }
        mended => mended.to_owned(),
    }
}

/// Returns a file in the app's folder that no earlier run of the same command has left.
///
/// # Errors
/// The folder is a file.
fn foreign_file(project: &Project, plan: &Plan) -> Result<Option<PathBuf>> {
    let ours = plan.paths();
    let drafts: Vec<_> = ours.iter().map(|path| apply::draft_of(path)).collect();
    let is_known = |path: &Path| ours.iter().chain(&drafts).any(|ours| ours == path);
    let is_ours = |path: &Path| path.starts_with(RUNS) || is_known(path);
    if project.root_is_file() {
        let misuse = Misuse::new(format!("`{}` is a file", project.root.display()));
        return Err(misuse.help("name a folder that is not there yet").into());
    }
    project.foreign_file(&is_ours)
}

/// Asks whether to make the app beside other files, unless `misuses` stop it in any case.
fn refuse_foreign(
    project: &Project,
    foreign: &Path,
    mut misuses: Vec<Misuse>,
    reporter: &Reporter,
    yes: bool,
) -> Result<()> {
    let root = project.root.display();
    let question = format!(
        "\n`{root}` is not empty (it has `{}`). Make the app in it?",
        foreign.display()
    );
    let given = yes.then_some(Given(true));
    let allowed = match misuses.is_empty() {
        true => reporter.confirm(&question, given)?,
        false => Some(yes),
    };
    match allowed {
        Some(true) => return Ok(()),
        Some(false) => {}
        None => interrupt::leave(),
    }
    let misuse = Misuse::new(format!("`{root}` is not empty; nothing was written"));
    let help = "choose another folder, or add --yes, which answers every question with yes, except about files that differ";
    misuses.push(misuse.help(help));
    match Misuse::all(misuses) {
        Some(misuse) => Err(misuse.into()),
        None => Ok(()),
    }
}
