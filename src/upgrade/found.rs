//! The generators of an app without a record, as far as the app shows them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::args::Upgrade;
use crate::catalogue::Generator;
use crate::catalogue::generator::APP;
use crate::catalogue::render::Renderer;
use crate::facts::Facts;
use crate::name::Name;
use crate::new;
use crate::output::interrupt;
use crate::output::reporter::Reporter;
use crate::output::terminal::Given;
use crate::plan::{self, Plan, Request};
use crate::project::Project;
use crate::record::generated::Entry;
use crate::routes;

/// Returns what the app in `project` shows, and `recorded` does not have: `new`, if it has made the app, then sockets, channels,
/// and generators that need no name.
///
/// # Errors
/// A template is invalid, or standard input cannot be read.
pub fn entries(
    project: &Project,
    renderer: &Renderer<'_>,
    recorded: &[Entry],
    args: &Upgrade,
    reporter: &Reporter,
) -> Result<Vec<Entry>> {
    let app = new_app(project, renderer)?;
    let is_of_new = has_most(project, &app.plan)? && is_made_by_new(project, args, reporter)?;
    if !is_of_new && !recorded.is_empty() {
        return Ok(Vec::new());
    }
    let mut entries = Vec::new();
    if is_of_new {
        entries.push(Entry {
            generator: APP.to_owned(),
            secrets: app.plan.request.secrets.clone(),
            ..Entry::default()
        });
    }
    let (facts, of_new) = match is_of_new {
        true => (app.facts, app.plan.files),
        false => (project.facts.clone(), Vec::new()),
    };
    entries.extend(wired(project)?);
    let known = Generator::names(&project.stack.name, &project.templates);
    for id in known {
        let is_wired = entries.iter().any(|entry| entry.generator == id);
        if is_wired {
            continue;
        }
        let main = main_file(project, renderer, &facts, id)?;
        let of_new = || of_new.iter().any(|file| Some(&file.path) == main.as_ref());
        if main.is_some() && !of_new() {
            let generator = Generator::read(&project.stack.name, id, &project.templates)?;
            let rule = generator.name.as_ref();
            entries.push(Entry {
                generator: id.to_owned(),
                name: rule.and_then(|rule| rule.default.clone()),
                ..Entry::default()
            });
        }
    }
    entries.retain(|entry| !recorded.iter().any(|known| known.is_like(entry)));
    Ok(entries)
}

/// Returns the facts that the app would have if it were new, with those that options of `new` set.
pub fn facts(project: &Project) -> Result<Facts> {
    let generator = Generator::read(&project.stack.name, APP, &project.templates)?;
    let options = generator.options.iter();
    let options = options.filter(|option| option.generate.is_none());
    let names = options.map(|option| option.name.as_str()).chain(["name"]);
    let given = names.filter_map(|name| {
        let value = project.facts.get(name)?;
        Some((name.to_owned(), value.clone()))
    });
    let given = given.collect();
    let (root, stack) = (project.root.clone(), project.stack.clone());
    let planned = Project::planned(root, stack, given, &project.templates)?;
    let planned = planned.context("the stack has a fact that a new app cannot have")?;
    Ok(planned.facts)
}

struct NewApp {
    facts: Facts,
    plan: Plan,
}

/// Returns what `new` would make of the same name.
fn new_app(project: &Project, renderer: &Renderer<'_>) -> Result<NewApp> {
    let facts = facts(project)?;
    let generator = Generator::read(&project.stack.name, APP, &project.templates)?;
    let request = Request {
        secrets: new::secrets(project, &generator, renderer)?,
        ..Request::default()
    };
    let plan = planned(project, renderer, &facts, APP, &request)?;
    Ok(NewApp { facts, plan })
}

fn planned(
    project: &Project,
    renderer: &Renderer<'_>,
    facts: &Facts,
    id: &str,
    request: &Request,
) -> Result<Plan> {
    let stack = plan::Stack::new(&project.stack.name, facts, renderer, &|_| Ok(Vec::new()));
    stack.plan(id, request)
}

/// Returns whether the app has half of the files that `new` makes.
fn has_most(project: &Project, plan: &Plan) -> Result<bool> {
    let own = plan.files.iter().filter(|file| file.folder.is_none());
    let own: Vec<_> = own.collect();
    let mut there = 0;
    for file in &own {
        there += usize::from(project.read(&file.path)?.is_some());
    }
    Ok(there * 2 >= own.len())
}

fn is_made_by_new(project: &Project, args: &Upgrade, reporter: &Reporter) -> Result<bool> {
    let root = project.display_path("".as_ref());
    let what = match root.as_os_str().is_empty() {
        true => "this app".to_owned(),
        false => format!("`{}`", root.display()),
    };
    let question = format!("Has `hello-sockets new` made {what}? No record shows it.");
    let is_given = args.made_by_new || args.common.yes;
    match reporter.confirm(&question, is_given.then_some(Given(true)))? {
        Some(answer) => Ok(answer),
        None => interrupt::leave(),
    }
}

/// Returns the sockets and channels of the app.
fn wired(project: &Project) -> Result<Vec<Entry>> {
    let generators = Generator::names(&project.stack.name, &project.templates);
    let has = |id: &str| generators.contains(&id);
    if project.stack.routes.is_none() || !has("socket") || !has("channel") {
        return Ok(Vec::new());
    }
    let (mut sockets, mut channels) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for socket in routes::wiring(project)?.sockets {
        let Some(of) = routes::name(project, &socket.name, "Socket") else {
            continue;
        };
        sockets.push(entry("socket", &of, BTreeMap::new()));
        for route in socket.routes {
            let Some(name) = routes::name(project, &route.channel, "Channel") else {
                continue;
            };
            if seen.insert(name.module.clone()) {
                let options = options(&name, &route.topic, &of);
                channels.push(entry("channel", &name, options));
            }
        }
    }
    sockets.extend(channels);
    Ok(sockets)
}

fn entry(generator: &str, name: &Name, options: BTreeMap<String, Vec<String>>) -> Entry {
    Entry {
        generator: generator.to_owned(),
        name: Some(name.module.clone()),
        options,
        ..Entry::default()
    }
}

/// Returns the options of `gen channel` for a route.
fn options(name: &Name, topic: &str, socket: &Name) -> BTreeMap<String, Vec<String>> {
    let (first, is_exact) = match topic.split_once(':') {
        Some((first, _)) => (first, false),
        None => (topic, true),
    };
    let mut options = BTreeMap::new();
    let mut add = |name: &str, value: &str| options.insert(name.to_owned(), vec![value.to_owned()]);
    if first != name.last {
        add("topic", first);
    }
    if is_exact {
        add("exact", "true");
    }
    if socket.module != "User" {
        add("socket", &socket.module);
    }
    options
}

/// Returns the first file of a generator without a name, or with its default one, if the app has it.
fn main_file(
    project: &Project,
    renderer: &Renderer<'_>,
    facts: &Facts,
    id: &str,
) -> Result<Option<PathBuf>> {
    let generator = Generator::read(&project.stack.name, id, &project.templates)?;
    if generator
        .name
        .as_ref()
        .is_some_and(|rule| rule.default.is_none())
    {
        return Ok(None);
    }
    let plan = planned(project, renderer, facts, id, &Request::default())?;
    let own = plan.files.iter().find(|file| file.folder.is_none());
    let Some(main) = own.or(plan.files.first()) else {
        return Ok(None);
    };
    let is_there = project.read(&main.path)?.is_some();
    Ok(is_there.then(|| main.path.clone()))
}
