//! `new`: the app's name and folder, then the stack's `app` generator and what its options lead to.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use tera::Context;

use crate::args::{New, StackFrom};
use crate::catalogue::generator::APP;
use crate::catalogue::render::Renderer;
use crate::catalogue::stack::{Fact, Stack};
use crate::catalogue::{Generator, Templates};
use crate::error::Misuse;
use crate::name;
use crate::output::terminal::{Given, Terminal};
use crate::output::{apply, dialogue, interrupt};
use crate::plan::{self, Plan, Request};
use crate::project::Project;
use crate::run::{Answers, Ending, Run};
use crate::secrets;
use crate::shell::quoted;

/// Asks for what was not typed: the folder, and then the stack.
///
/// # Errors
/// There is no folder, and nobody to ask.
pub fn complete(args: &mut New, terminal: &Terminal) -> Result<()> {
    if !args.path.as_os_str().is_empty() {
        return Ok(());
    }
    if !terminal.is_person() {
        let misuse = Misuse::new("a new app needs a folder, and none was typed");
        return Err(misuse.help("hello-sockets new my_app").into());
    }
    args.path = dialogue::path()?;
    if args.stack_from == StackFrom::Default {
        let templates = Templates::default();
        let names = Stack::names(&templates);
        let stacks = names.iter().map(|name| Stack::read(name, &templates));
        let mut stacks = stacks.collect::<Result<Vec<_>>>()?;
        stacks.sort_by_key(|stack| !stack.default);
        let shown = |stack: &Stack| format!("{}: {}", stack.name, stack.about);
        let choices: Vec<_> = stacks.iter().map(shown).collect();
        args.stack = stacks[dialogue::choose("Its stack", &choices)?]
            .name
            .clone();
    }
    Ok(())
}

/// Makes a new app.
pub fn new(args: &New, terminal: &mut Terminal) -> Result<Ending> {
    let templates = Templates::default();
    let stack = Stack::read(&args.stack, &templates)?;
    let generator = Generator::read(&stack.name, APP, &templates)?;
    refuse_unknown(args, &generator)?;
    let name = app_name(args, &stack)?;
    let project = Project::planned(args.path.clone(), stack.clone(), given(args, &stack, name))?;
    let project = project.context("the stack has a fact that a new app cannot have")?;
    let renderer = Renderer::new(&templates);
    let request = Request {
        options: args.asked.options.clone(),
        secrets: secrets(&project, &generator, &renderer)?,
        ..Request::default()
    };
    let plan = plan::Stack {
        name: &stack.name,
        facts: &project.facts,
        renderer: &renderer,
        look: &|question| project.look(question),
    };
    let plan = plan.plan(APP, &request)?;
    let yes = args.common.yes.then_some(Given(true));
    refuse_foreign_files(&project, &plan, terminal, yes)?;
    let answers = Answers {
        yes: args.common.yes,
        given: args.asked.answers.clone(),
    };
    Run::new(&project, &renderer, &args.common, terminal, answers).all(&plan)
}

/// The facts that what was typed gives: an option that is called as a fact is what the fact is.
fn given(args: &New, stack: &Stack, name: String) -> BTreeMap<String, String> {
    let is_fact = |name: &String| stack.project.facts.iter().any(|fact| fact.name == *name);
    let options = args.asked.options.iter().filter(|(name, _)| is_fact(name));
    let last =
        |(name, values): (&String, &Vec<String>)| Some((name.clone(), values.last()?.clone()));
    let mut given: BTreeMap<_, _> = options.filter_map(last).collect();
    given.insert("name".to_owned(), name);
    given
}

/// An option or an answer that another stack's apps have.
fn refuse_unknown(args: &New, generator: &Generator) -> Result<(), Misuse> {
    let options = args.asked.options.keys();
    let is_option = |name: &&String| generator.options.iter().any(|option| option.name == **name);
    let unknown_option = options
        .map(|name| (name, ""))
        .find(|(name, _)| !is_option(name));
    let answers = args.asked.answers.iter();
    let is_question = |name: &&String| generator.questions.iter().any(|q| q.name == **name);
    let mut answers = answers.map(|(name, yes)| (name, if *yes { "" } else { "no-" }));
    let unknown = unknown_option.or_else(|| answers.find(|(name, _)| !is_question(name)));
    let Some((unknown, no)) = unknown else {
        return Ok(());
    };
    let stack = &args.stack;
    let misuse = Misuse::new(format!(
        "an app of the stack `{stack}` has no `--{no}{unknown}`"
    ));
    Err(misuse.help("leave it out, or name another --stack"))
}

/// The generator's secrets: as an earlier run has written them, or fresh ones.
fn secrets(
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
            query: secret.query.clone(),
        };
        let value = match project.ask(&there)? {
            Some(value) => value,
            None => secrets::draw(secret.length)?,
        };
        values.insert(secret.name.clone(), value);
    }
    Ok(values)
}

/// The app's name: `--app`, or the name of the folder.
fn app_name(args: &New, stack: &Stack) -> Result<String, Misuse> {
    let path = std::path::absolute(&args.path).unwrap_or_default();
    let folder = || path.file_name().and_then(|n| n.to_str());
    let Some(name) = args.app.as_deref().or_else(folder) else {
        let misuse = Misuse::new(format!(
            "`{}` has no last part to name the app by",
            args.path.display()
        ));
        return Err(misuse.help(format!(
            "hello-sockets new {} --app my_app",
            quoted(&args.path)
        )));
    };
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let reason = if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(word) {
        "a name starts with a lower-case ASCII letter and goes on with those, digits, `_` and `-`"
    } else if name.len() > name::LONGEST {
        name::TOO_LONG
    } else if let Some(reason) = reserved(stack, name) {
        reason
    } else {
        return Ok(match stack.hyphens {
            true => name.to_owned(),
            false => name.replace('-', "_"),
        });
    };
    let way_out = format!(
        "hello-sockets new {} --app {}",
        quoted(&args.path),
        suggestion(name, stack)
    );
    Err(Misuse::new(format!("`{name}` cannot be the app's name: {reason}")).help(way_out))
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
        taken if reserved(stack, taken).is_some() => format!("{taken}_app"),
        mended => mended.to_owned(),
    }
}

/// A folder with somebody else's files in it needs a yes. What an earlier run of the same command left does not.
fn refuse_foreign_files(
    project: &Project,
    plan: &Plan,
    terminal: &Terminal,
    given: Option<Given>,
) -> Result<()> {
    let ours = plan.paths();
    let drafts: Vec<_> = ours.iter().map(|path| apply::draft_of(path)).collect();
    let is_ours = |path: &Path| ours.iter().chain(&drafts).any(|ours| ours == path);
    let root = project.root.display();
    if project.root_is_file() {
        let misuse = Misuse::new(format!("`{root}` is a file"));
        return Err(misuse.help("name a folder that is not there yet").into());
    }
    let Some(foreign) = project.foreign_file(&is_ours)? else {
        return Ok(());
    };
    let question = format!(
        "\n`{root}` is not empty (it has `{}`). Make the app in it?",
        foreign.display()
    );
    match terminal.confirm(&question, false, given)? {
        Some(true) => return Ok(()),
        Some(false) => {}
        None => interrupt::leave(),
    }
    let misuse = Misuse::new(format!("`{root}` is not empty; nothing was written"));
    let help = "name another folder, or say --yes; files that differ are asked about one by one";
    Err(misuse.help(help).into())
}
