//! What is on disk: the project's root, stack, facts and files. The only place that reads.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where reading is allowed"
)]

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};

use crate::edit::{self, Grammar};
use crate::error::Misuse;
use crate::facts::{self, Facts};
use crate::shell::quoted;
use crate::stack::{Fact, Stack};

/// An app that is there, or one that `new` is about to make.
#[derive(Debug)]
pub struct Project {
    pub root: PathBuf,
    pub stack: Stack,
    /// What the app says of itself: `name`, and more where the stack wants it.
    pub facts: Facts,
    /// Where the root is, seen from the folder that led to it; empty if that is the root itself.
    below: PathBuf,
}

impl Project {
    /// The project that the current folder belongs to.
    ///
    /// # Errors
    /// There is none, here or in any folder above.
    pub fn find() -> Result<Self> {
        let here = env::current_dir().context("the current folder cannot be read")?;
        let stacks = stacks()?;
        for folder in here.ancestors() {
            for stack in &stacks {
                let found = match Self::at(folder, stack)? {
                    None => Self::nested(folder, stack)?,
                    found => found,
                };
                if let Some(project) = found {
                    return Ok(project);
                }
            }
        }
        let missing = format!(
            "no app was found in `{}` or in any folder above it",
            here.display()
        );
        let known_by: Vec<_> = stacks
            .iter()
            .rev()
            .map(|stack| stack.project.known_by.as_str())
            .collect();
        let help = format!(
            "make one with `hello-sockets new my_app`, or go to one, which is known: {}",
            known_by.join(", ")
        );
        Err(Misuse::new(missing).help(help).into())
    }

    /// The stack of the project that the current folder belongs to, told by its markers alone.
    pub fn stack_here() -> Result<Option<String>> {
        let here = env::current_dir().context("the current folder cannot be read")?;
        let stacks = stacks()?;
        for folder in here.ancestors() {
            for stack in &stacks {
                if is_marked(folder, stack)? || holds_apps(folder, stack)?.is_some() {
                    return Ok(Some(stack.name.clone()));
                }
            }
        }
        Ok(None)
    }

    /// The app that `new` makes in `root`, of which `given` is known: its `name` and more. It has one fact more,
    /// the folder as a shell reads it. `None` if that is too little for the stack's facts.
    pub fn planned(root: PathBuf, stack: Stack, mut given: Facts) -> Result<Option<Self>> {
        given.insert("folder".to_owned(), quoted(&root));
        let facts = facts::work_out(&stack.project.facts, given, &|_| Ok(None))?;
        Ok(facts.map(|facts| Self {
            root,
            stack,
            facts,
            below: PathBuf::new(),
        }))
    }

    fn at(root: &Path, stack: &Stack) -> Result<Option<Self>> {
        if !is_marked(root, stack)? {
            return Ok(None);
        }
        let look = |fact: &Fact| ask(root, fact);
        let facts = facts::work_out(&stack.project.facts, Facts::new(), &look)?;
        let Some(facts) = facts else { return Ok(None) };
        Ok(Some(Self {
            root: root.to_owned(),
            stack: stack.clone(),
            facts,
            below: PathBuf::new(),
        }))
    }

    /// The one project among those that `folder` holds, if it holds any.
    fn nested(folder: &Path, stack: &Stack) -> Result<Option<Self>> {
        let Some(below) = holds_apps(folder, stack)? else {
            return Ok(None);
        };
        let mut found = Vec::new();
        for name in folders(&folder.join(&below))? {
            let below = Path::new(&below).join(name);
            if let Some(project) = Self::at(&folder.join(&below), stack)? {
                found.push(Self { below, ..project });
            }
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
        Ok(found.pop())
    }

    /// `path`, which is below the root, as the person sees it.
    pub fn seen(&self, path: &Path) -> PathBuf {
        self.below.join(path)
    }

    /// What `fact` is in the app, if it has it.
    pub fn ask(&self, fact: &Fact) -> Result<Option<String>> {
        ask(&self.root, fact)
    }

    /// The bytes of the file at `path` below the root, or `None` if there is none.
    pub fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        read(&self.root.join(path))
    }

    /// A file in the root that is not one of `ours`; `None` if there is none.
    pub fn stranger(&self, ours: &dyn Fn(&Path) -> bool) -> Result<Option<PathBuf>> {
        let mut todo = vec![PathBuf::new()];
        while let Some(folder) = todo.pop() {
            let entries = match fs::read_dir(self.root.join(&folder)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(error).with_context(|| {
                        format!("`{}` cannot be read", self.root.join(&folder).display())
                    });
                }
            };
            for entry in entries {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                if ours(&path) {
                    continue;
                }
                match entry.file_type()?.is_dir() {
                    true => todo.push(path),
                    false => return Ok(Some(path)),
                }
            }
        }
        Ok(None)
    }

    /// Whether a file stands where the root has to be.
    pub fn root_is_file(&self) -> bool {
        self.root.is_file()
    }

    /// Whether `entry` is in the root or in a folder above it.
    pub fn above(&self, entry: &str) -> bool {
        let root = std::path::absolute(&self.root).unwrap_or_else(|_| self.root.clone());
        // The root may not be there yet, and `..` in it is not above it: so the closest folder that is there counts.
        let there = root
            .ancestors()
            .find_map(|folder| fs::canonicalize(folder).ok());
        there.is_some_and(|there| there.ancestors().any(|folder| folder.join(entry).exists()))
    }
}

fn stacks() -> Result<Vec<Stack>> {
    Stack::names().into_iter().map(Stack::read).collect()
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

/// The folder below `folder` that its apps are in, if it is a folder of apps.
fn holds_apps(folder: &Path, stack: &Stack) -> Result<Option<String>> {
    match &stack.project.nested {
        Some(nested) => ask(folder, nested),
        None => Ok(None),
    }
}

/// What `fact` is in the folder `root`.
fn ask(root: &Path, fact: &Fact) -> Result<Option<String>> {
    let path = root.join(&fact.file);
    let Some(text) = read(&path)?.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return Ok(None);
    };
    let Some(grammar) = Grammar::of(&path) else {
        return Ok(None);
    };
    let found = edit::captures(&text, grammar, &fact.query, ["value"])?;
    Ok(found
        .first()
        .map(|[value]| value.trim_matches(['"', '\'', ':']).to_owned()))
}

/// The names of the folders in `path`, in order.
fn folders(path: &Path) -> Result<Vec<OsString>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("`{}` cannot be read", path.display()));
        }
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.path().is_dir() {
            names.push(entry.file_name());
        }
    }
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("`{}` cannot be read", path.display())),
    }
}
