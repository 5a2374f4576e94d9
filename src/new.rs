//! `new`: the app's name and folder, then the stack's `app` generator, then a channel for each that was asked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tera::Context;

use crate::args::New;
use crate::error::Misuse;
use crate::plan::Request;
use crate::project::Project;
use crate::run::{Answers, Run};
use crate::shell::quoted;
use crate::stack::{APP, Fact, Generator, Stack};
use crate::template::Templates;
use crate::terminal::{Given, Terminal};
use crate::{apply, secrets};

/// Makes a new app.
pub fn new(args: New, terminal: Terminal) -> Result<()> {
    let stack = Stack::read(&args.stack)?;
    let generator = Generator::read(&stack.name, APP, &Templates::new(&|_| Ok(None)))?;
    refuse_unknown(&args, &generator)?;
    let name = app_name(&args, &stack)?;
    // An option that is called as a fact is what the fact is.
    let mut given = args.options.0.clone();
    given.retain(|name, _| stack.project.facts.iter().any(|fact| fact.name == *name));
    given.insert("name".to_owned(), name);
    let project = Project::planned(args.path.clone(), stack, given)?;
    let project = project.context("the stack has a fact that a new app cannot have")?;
    let request = Request {
        options: args.options.0.clone(),
        secrets: secrets(&project, &generator)?,
        ..Request::default()
    };
    let channel = |name| Request {
        name: Some(name),
        way: Some("--channel"),
        ..Request::default()
    };
    let channels: Vec<_> = args.channels.iter().cloned().map(channel).collect();
    let mut run = Run::new(&project, terminal, answers(&args), &args.common);
    let mut ours = run.foresee(APP, &request)?;
    for request in &channels {
        ours.extend(run.foresee("channel", request)?);
    }
    refuse_strangers(
        &project,
        &run,
        &ours,
        args.common.yes.then_some(Given(true)),
    )?;
    let last_words = run.generate(APP, &request)?;
    for request in &channels {
        run.generate("channel", request)?;
    }
    run.finish(&last_words)
}

/// An option that another stack's apps have.
fn refuse_unknown(args: &New, generator: &Generator) -> Result<(), Misuse> {
    let known = |name: &String| generator.options.iter().any(|option| option.name == *name);
    let Some(unknown) = args.options.0.keys().find(|name| !known(name)) else {
        return Ok(());
    };
    let misuse = Misuse::new(format!(
        "an app of the stack `{}` has no `--{unknown}`",
        args.stack
    ));
    Err(misuse.help("leave it out, or name another --stack"))
}

/// The generator's secrets: as an earlier run has written them, or fresh ones.
fn secrets(project: &Project, generator: &Generator) -> Result<BTreeMap<String, String>> {
    let templates = Templates::new(&|_| Ok(None));
    let mut context = Context::new();
    context.insert("app", &project.facts);
    let mut values = BTreeMap::new();
    for secret in &generator.secrets {
        let there = Fact {
            file: templates.render(&secret.file, &context)?,
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

fn answers(args: &New) -> Answers {
    let mut given = Vec::new();
    if args.install || args.no_install {
        given.push(("install".to_owned(), args.install));
    }
    if args.no_git {
        given.push(("git".to_owned(), false));
    }
    // Whoever asks for a channel in a new app has asked for the socket that routes it.
    given.push(("socket".to_owned(), true));
    Answers {
        yes: args.common.yes,
        given: given.into_iter().collect(),
    }
}

/// The app's name: `--app`, or the last part of the path.
fn app_name(args: &New, stack: &Stack) -> Result<String, Misuse> {
    let folder = || args.path.file_name().and_then(|n| n.to_str());
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
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let reason = if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(word) {
        "a name starts with a lower-case ASCII letter and goes on with those, digits and `_`"
    } else if let Some(reason) = reserved(stack, name) {
        reason
    } else {
        return Ok(name.to_owned());
    };
    let way_out = format!(
        "hello-sockets new {} --app {}",
        quoted(&args.path),
        suggestion(name, stack)
    );
    Err(Misuse::new(format!("`{name}` cannot be the app's name: {reason}")).help(way_out))
}

fn reserved<'a>(stack: &'a Stack, name: &str) -> Option<&'a str> {
    let mut reasons = stack.reserved.iter();
    reasons
        .find(|(_, names)| names.iter().any(|n| n == name))
        .map(|(reason, _)| reason.as_str())
}

fn suggestion(name: &str, stack: &Stack) -> String {
    let mended: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let mended = mended.trim_matches(|c: char| c == '_' || c.is_ascii_digit());
    match mended {
        "" => "my_app".to_owned(),
        taken if reserved(stack, taken).is_some() => format!("{taken}_app"),
        mended => mended.to_owned(),
    }
}

/// A folder with somebody else's files in it needs a yes. What an earlier run of the same command left does not.
fn refuse_strangers(
    project: &Project,
    run: &Run<'_>,
    ours: &[PathBuf],
    given: Option<Given>,
) -> Result<()> {
    let drafts: Vec<_> = ours.iter().map(|path| apply::draft_of(path)).collect();
    let is_ours = |path: &Path| ours.iter().chain(&drafts).any(|ours| ours == path);
    let root = project.root.display();
    if project.root_is_file() {
        let misuse = Misuse::new(format!("`{root}` is a file"));
        return Err(misuse.help("name a folder that is not there yet").into());
    }
    let Some(stranger) = project.stranger(&is_ours)? else {
        return Ok(());
    };
    let question = format!(
        "\n`{root}` is not empty (it has `{}`). Make the app in it?",
        stranger.display()
    );
    if run.terminal.confirm(&question, false, given)? {
        return Ok(());
    }
    let misuse = Misuse::new(format!("`{root}` is not empty; nothing was written"));
    let help = "name another folder, or say --yes; files that differ are asked about one by one";
    Err(misuse.help(help).into())
}
