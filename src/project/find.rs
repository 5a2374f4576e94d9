//! Which project the current folder belongs to.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Marked, Project, all, ask, entries, own_templates};
use crate::catalogue::{Stack, Templates};
use crate::edit::glob;
use crate::error::Misuse;

impl Marked {
    /// The project that the current folder belongs to, by the markers of the stacks that it may be of; `None` if there
    /// is none, here or in any folder above. Of a folder of several projects it is the first.
    pub fn around() -> Result<Option<Self>> {
        let here = env::current_dir().context("the current folder cannot be read")?;
        for folder in here.ancestors() {
            if let Some(found) = in_or_below(folder)?.into_iter().next() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

impl Project {
    /// The project that the current folder belongs to.
    ///
    /// # Errors
    /// There is none, here or in any folder above, or a folder of several.
    pub fn find() -> Result<Self> {
        let here = env::current_dir().context("the current folder cannot be read")?;
        for folder in here.ancestors() {
            let mut found = Vec::new();
            for marked in in_or_below(folder)? {
                found.extend(marked.project()?);
            }
            if found.len() > 1 {
                let names: Vec<_> = found
                    .iter()
                    .map(|app| format!("`{}`", app.below.display()))
                    .collect();
                let several = format!("`{}` holds several apps", folder.display());
                let misuse = Misuse::new(several).help(format!("go to one: {}", names.join(", ")));
                return Err(misuse.into());
            }
            if let Some(project) = found.pop() {
                return Ok(project);
            }
        }
        Err(none_around(&here)?.into())
    }
}

fn none_around(here: &Path) -> Result<Misuse> {
    let missing = format!(
        "no app was found in `{}` or in any folder above it",
        here.display()
    );
    let templates = Templates::default();
    let mut stacks = stacks(&templates)?;
    stacks.sort_by_key(|stack| !stack.default);
    let known_by: Vec<_> = stacks.iter().map(|s| s.project.known_by.as_str()).collect();
    Ok(Misuse::new(missing).help(format!(
        "make one with `hello-sockets new my_app`, or go to one, which is known: {}",
        known_by.join(", ")
    )))
}

/// The project in `folder`, or those that it holds.
fn in_or_below(folder: &Path) -> Result<Vec<Marked>> {
    let templates = own_templates(folder)?;
    for stack in stacks(&templates)? {
        if is_marked(folder, &stack)? {
            return Ok(vec![Marked {
                root: folder.to_owned(),
                stack,
                templates,
                below: PathBuf::new(),
            }]);
        }
        let mut found = Vec::new();
        for below in folders_of_apps(folder, &stack)? {
            let root = folder.join(&below);
            if is_marked(&root, &stack)? {
                found.push(Marked {
                    templates: own_templates(&root)?,
                    stack: stack.clone(),
                    root,
                    below: PathBuf::from(below),
                });
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

fn stacks(templates: &Templates) -> Result<Vec<Stack>> {
    let names = Stack::names(templates).into_iter();
    names.map(|name| Stack::read(name, templates)).collect()
}

/// Whether all of the stack's markers find something in `folder`.
fn is_marked(folder: &Path, stack: &Stack) -> Result<bool> {
    for marker in &stack.project.markers {
        if ask(folder, marker)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The folders below `folder` that may be its apps, if it is a folder of apps.
fn folders_of_apps(folder: &Path, stack: &Stack) -> Result<Vec<String>> {
    let Some(nested) = &stack.project.nested else {
        return Ok(Vec::new());
    };
    let patterns = all(&folder.join(&nested.file), &nested.query)?;
    let mut folders = Vec::new();
    for pattern in patterns {
        let pattern = format!("{pattern}{}", nested.below);
        folders.extend(folders_like(folder, &pattern)?);
    }
    folders.sort();
    folders.dedup();
    Ok(folders)
}

/// The folders below `root` that fit `pattern`, such as `crates/*`.
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
            next.extend(names.map(|(name, _)| match folder.as_str() {
                "" => name,
                folder => format!("{folder}/{name}"),
            }));
        }
        found = next;
    }
    Ok(found)
}
