//! Search for the project of the current folder.

use std::cell::OnceCell;
use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};

use super::disk::{self, entries, joined};
use super::{BESIDE, COMPLETE, Project, Wanted, ask, look, templates_of};
use crate::catalogue::{Stack, Templates};
use crate::edit::glob;
use crate::error::{Misuse, fault_in};
use crate::facts::{self, Facts, Question};

impl Project {
    /// Returns the projects of the current folder: one, or all projects of an enclosing umbrella or workspace, or none.
    /// One that is almost a project comes before others beside it.
    pub fn around(built_in: &Rc<Templates>) -> Result<Vec<Self>> {
        let here = env::current_dir().context("the current folder cannot be read")?;
        let mut almost: Option<Self> = None;
        for folder in here.ancestors() {
            let found = in_or_below(folder, Markers::All, built_in)?;
            if found.is_empty() {
                if almost.is_none() {
                    almost = itself(folder, Markers::Almost, built_in)?;
                }
                continue;
            }
            let is_around = found.iter().any(|found| found.root == folder);
            let Some(mut meant) = almost.filter(|_| !is_around) else {
                return Ok(found);
            };
            meant.share(folder, &found)?;
            return Ok(vec![meant]);
        }
        for folder in here.ancestors() {
            let found = in_or_below(folder, Markers::Almost, built_in)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }

    /// Names the project among `others` in `folder` that has the shared file of all of them.
    fn share(&mut self, folder: &Path, others: &[Self]) -> Result<()> {
        let nested = self.stack.project.nested.as_ref();
        let Some(shared) = nested.and_then(|nested| nested.shared.as_deref()) else {
            return Ok(());
        };
        for other in others {
            if other.has_file(shared.as_ref())? {
                let own = self.root.strip_prefix(folder).unwrap_or(&self.root);
                let beside = relative(own, &other.below);
                self.facts.insert(BESIDE.to_owned(), beside);
                break;
            }
        }
        Ok(())
    }

    /// Returns the only project of `around`.
    ///
    /// # Errors
    /// There is no project, or there are several.
    pub fn only(mut around: Vec<Self>) -> Result<Self> {
        let here = env::current_dir().context("the current folder cannot be read")?;
        if around.len() > 1 {
            let names = around.iter().take(MOST_NAMED);
            let names = names.map(|app| format!("`{}`", app.below.display()));
            let mut names: Vec<_> = names.collect();
            match around.len().saturating_sub(MOST_NAMED) {
                0 => {}
                1 => names.push("or the other one".to_owned()),
                others => names.push(format!("or one of {others} others")),
            }
            // All of them are in one folder.
            let depth = around[0].below.components().count();
            let holder = around[0].root.ancestors().nth(depth);
            let folder = holder.unwrap_or(&here).display();
            let misuse = Misuse::new(format!("`{folder}` holds several apps"));
            let help = format!("go to one: {}", names.join(", "));
            return Err(misuse.help(help).into());
        }
        match around.pop() {
            Some(project) => Ok(project),
            None => Err(none_around(&here)?.into()),
        }
    }
}

/// Largest number of apps that an error names.
const MOST_NAMED: usize = 5;

/// Markers by which a folder is a project of a stack.
#[derive(Clone, Copy)]
enum Markers {
    /// All of `project.markers`.
    All,
    /// One of `project.almost`.
    Almost,
}

impl Markers {
    /// Returns whether the folder `root` has these markers.
    fn fit(self, root: &Path, stack: &Stack) -> Result<bool> {
        let (facts, all) = match self {
            Self::All => (&stack.project.markers, true),
            Self::Almost => (&stack.project.almost, false),
        };
        for fact in facts {
            if ask(root, fact)?.is_some() != all {
                return Ok(!all);
            }
        }
        Ok(all)
    }
}

fn none_around(here: &Path) -> Result<Misuse> {
    let missing = format!(
        "no app was found in `{}` or in any folder above it",
        here.display()
    );
    let templates = Templates::default();
    let stacks = default_first(&templates)?;
    if let Some(misuse) = unreadable(here, &stacks)? {
        return Ok(misuse);
    }
    let known_by: Vec<_> = stacks.iter().map(|s| s.project.known_by.as_str()).collect();
    Ok(Misuse::new(missing).help(format!(
        "make one with `hello-sockets new my_app`, or go to the folder of one: {}",
        known_by.join(", ")
    )))
}

/// Returns the error in a file by which one of `stacks` would know a project around `here`.
fn unreadable(here: &Path, stacks: &[Stack]) -> Result<Option<Misuse>> {
    for folder in here.ancestors() {
        for stack in stacks {
            let markers = stack.project.markers.iter();
            for marker in markers.filter(|marker| !marker.key.is_empty()) {
                let path = folder.join(&marker.file);
                if let Some(fault) = disk::fault(&path)? {
                    let misuse = format!("`{}` cannot be read: {fault}", path.display());
                    let misuse = Misuse::new(misuse);
                    return Ok(Some(misuse.help("correct it, and run the command again")));
                }
            }
        }
    }
    Ok(None)
}

/// Returns the project in `folder`.
fn itself(folder: &Path, markers: Markers, built_in: &Rc<Templates>) -> Result<Option<Project>> {
    let templates = templates_of(folder, built_in)?;
    for stack in default_first(&templates)? {
        if let Some(project) = at(folder, PathBuf::new(), &stack, &templates, markers)? {
            return Ok(Some(project));
        }
    }
    Ok(None)
}

/// Returns the project in `folder`, or those in its umbrella or workspace.
fn in_or_below(folder: &Path, markers: Markers, built_in: &Rc<Templates>) -> Result<Vec<Project>> {
    let templates = templates_of(folder, built_in)?;
    for stack in default_first(&templates)? {
        if let Some(project) = at(folder, PathBuf::new(), &stack, &templates, markers)? {
            return Ok(vec![project]);
        }
        let mut found = Vec::new();
        for below in folders_of_apps(folder, &stack)? {
            let root = folder.join(&below);
            let templates = templates_of(&root, built_in)?;
            let below = PathBuf::from(below);
            found.extend(at(&root, below, &stack, &templates, markers)?);
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Returns the project in `root`, if the markers of the stack match and all facts have a value.
fn at(
    root: &Path,
    below: PathBuf,
    stack: &Stack,
    templates: &Rc<Templates>,
    markers: Markers,
) -> Result<Option<Project>> {
    let whereabouts = || stack.whereabouts(templates);
    if !fault_in(markers.fit(root, stack), whereabouts)? {
        return Ok(None);
    }
    let look = |question: &Question| look(root, question);
    let complete = match markers {
        Markers::All => COMPLETE,
        Markers::Almost => "",
    };
    let given = Facts::from([
        ("below".to_owned(), below.display().to_string()),
        ("complete".to_owned(), complete.to_owned()),
        (BESIDE.to_owned(), String::new()),
    ]);
    let facts = facts::work_out(&stack.project.facts, given, templates, &look);
    let facts = fault_in(facts, whereabouts)?;
    Ok(facts.map(|facts| Project {
        root: root.to_owned(),
        stack: stack.clone(),
        templates: Rc::clone(templates),
        facts,
        below,
        runs: OnceCell::new(),
    }))
}

/// Returns the stacks, the default first: a folder may have an app of each.
fn default_first(templates: &Templates) -> Result<Vec<Stack>> {
    let mut stacks = Stack::all(templates)?;
    stacks.sort_by_key(|stack| !stack.default);
    Ok(stacks)
}

/// Returns the path from the folder `from` to the folder `to`, separated by `/` on all systems.
fn relative(from: &Path, to: &Path) -> String {
    let common = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(common).map(|_| "..".into());
    let down = to.iter().skip(common).map(OsStr::to_string_lossy);
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Returns the candidates for apps below `folder`, if it is an umbrella or a workspace.
fn folders_of_apps(folder: &Path, stack: &Stack) -> Result<Vec<String>> {
    let Some(nested) = &stack.project.nested else {
        return Ok(Vec::new());
    };
    let wanted = Wanted::of(&nested.key, nested.query.as_deref());
    let patterns = wanted.all(&folder.join(&nested.file))?;
    let mut folders = Vec::new();
    for pattern in patterns {
        let pattern = format!("{pattern}{}", nested.below);
        folders.extend(folders_like(folder, &pattern)?);
    }
    folders.sort();
    folders.dedup();
    Ok(folders)
}

/// Returns the folders below `root` that match `pattern`, such as `crates/*`.
fn folders_like(root: &Path, pattern: &str) -> Result<Vec<String>> {
    let mut found = vec![String::new()];
    for part in pattern
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
    {
        let mut next = Vec::new();
        for folder in &found {
            let names = entries(&root.join(folder))?.into_iter();
            let names = names.filter(|(name, is_folder)| *is_folder && glob::matches(part, name));
            next.extend(names.map(|(name, _)| joined(folder, &name)));
        }
        found = next;
    }
    Ok(found)
}
