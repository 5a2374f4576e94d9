//! A project on disk: root, stack, facts and files. The only module that reads.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where reading is allowed"
)]

mod disk;
mod find;
mod program;
mod runs;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Component, Path, PathBuf, is_separator};
use std::rc::Rc;
use std::slice;

use anyhow::Result;
use regex_lite::Regex;

use crate::catalogue::Templates;
use crate::catalogue::stack::{Fact, Stack};
use crate::catalogue::templates::OVERRIDES;
use crate::edit::{self, Row, Source, glob};
use crate::error::fault_in;
use crate::facts::{self, Facts, Question};
use crate::key;
use crate::record::Runs;
use crate::shell::quoted;

pub use disk::DRAFT;
use disk::{joined, list, source};

pub use disk::{contains_any, contents, entries};
pub use program::program;

/// Value of the fact `complete` in a project; it is empty in one that is almost a project.
const COMPLETE: &str = "yes";

/// Fact with the path to the project that has the file which all projects in a folder share; it is mostly empty.
const BESIDE: &str = "beside";

/// Fact with the port in the settings of the app, if there are any.
const PORT: &str = "port";

/// An existing app, or one that `new` creates.
#[derive(Debug)]
pub struct Project {
    pub root: PathBuf,
    pub stack: Stack,
    pub templates: Rc<Templates>,
    /// Facts of the app: `name` and those of the stack.
    pub facts: Facts,
    /// Path of the root, relative to the current folder; empty for the same folder.
    below: PathBuf,
    /// The recorded runs, once they are read.
    runs: OnceCell<Rc<Runs>>,
}

impl Project {
    /// Returns the app that `new` creates in `root`, with the facts `given`, such as `name`. It has two more facts: the
    /// quoted folder, and the name of its parent folder, `parent`. Returns `None` if a fact of the stack has no value.
    pub fn planned(
        root: PathBuf,
        stack: Stack,
        mut given: Facts,
        templates: &Rc<Templates>,
    ) -> Result<Option<Self>> {
        given.insert("folder".to_owned(), quoted(&root));
        let absolute = std::path::absolute(&root).unwrap_or_default();
        let parent = absolute.parent().and_then(Path::file_name);
        let parent = parent.unwrap_or_default().to_string_lossy().into_owned();
        given.insert("parent".to_owned(), parent);
        given.insert("complete".to_owned(), COMPLETE.to_owned());
        given.insert(BESIDE.to_owned(), String::new());
        let facts = facts::work_out(&stack.project.facts, given, templates, &|_| Ok(Vec::new()));
        let facts = fault_in(facts, || stack.whereabouts(templates))?;
        Ok(facts.map(|facts| Self {
            root,
            stack,
            templates: Rc::clone(templates),
            facts,
            below: PathBuf::new(),
            runs: OnceCell::new(),
        }))
    }

    /// Returns whether the folder of the project exists: that of a new app mostly does not.
    pub fn is_there(&self) -> bool {
        disk::is_folder(&self.root)
    }

    /// Returns `path` relative to the current folder.
    pub fn display_path(&self, path: &Path) -> PathBuf {
        below(&self.below, path)
    }

    /// Returns the results of a look-up: each value with its file.
    pub fn look(&self, question: &Question) -> Result<Vec<(String, String)>> {
        look(&self.root, question)
    }

    /// Returns the matches of a query in the files of `question`, each with the path of its file.
    pub fn rows(&self, question: &Question) -> Result<Vec<(Row, PathBuf)>> {
        let mut rows = Vec::new();
        for pattern in &question.search {
            for path in self.list(pattern)?.iter() {
                let Some(source) = source(&self.root.join(path), &question.mentions)? else {
                    continue;
                };
                let query = question.query.as_deref().unwrap_or_default();
                let found = edit::rows(&source, question.within.as_deref(), query)?;
                rows.extend(found.into_iter().map(|row| (row, path.clone())));
            }
        }
        Ok(rows)
    }

    /// Returns the port in the settings of the app, if it can be read.
    pub fn port(&self) -> Option<u16> {
        self.facts.get(PORT)?.parse().ok()
    }

    /// Returns whether the app chooses its port without the variable `PORT`, so that it is not known.
    pub fn has_own_port(&self) -> bool {
        self.facts.get(PORT).is_some_and(|port| port == "unknown")
    }

    /// Returns the value of `fact` in the app.
    pub fn ask(&self, fact: &Fact) -> Result<Option<String>> {
        ask(&self.root, fact)
    }

    /// Returns the contents of the file at `path` below the root, if there is one.
    pub fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        let bytes = disk::read(&resolved(&self.root, path))?;
        Ok(bytes.map(|bytes| bytes.to_vec()))
    }

    /// Returns whether there is a file at `path` below the root.
    pub fn has_file(&self, path: &Path) -> Result<bool> {
        Ok(disk::read(&resolved(&self.root, path))?.is_some())
    }

    /// Returns whether there is a file at `path` below the root that contains one of `words`, or any file without words.
    pub fn mentions(&self, path: &Path, words: &[String]) -> Result<bool> {
        disk::mentions(&resolved(&self.root, path), words)
    }

    /// Returns the parsed file at `path` below the root; `None` if it is missing or cannot be parsed.
    pub fn source(&self, path: &Path) -> Result<Option<Rc<Source>>> {
        source(&resolved(&self.root, path), &[])
    }

    /// Returns the files below the root that match `pattern`, such as `lib/**/*.ex`, in order.
    pub fn list(&self, pattern: &str) -> Result<Rc<[PathBuf]>> {
        list(&self.root, pattern)
    }

    /// Returns a file in the root that is not in `ours`.
    pub fn foreign_file(&self, ours: &dyn Fn(&Path) -> bool) -> Result<Option<PathBuf>> {
        let mut todo = vec![PathBuf::new()];
        while let Some(folder) = todo.pop() {
            for (name, is_folder) in entries(&self.root.join(&folder))? {
                let path = folder.join(name);
                match is_folder {
                    _ if ours(&path) => {}
                    true => todo.push(path),
                    false => return Ok(Some(path)),
                }
            }
        }
        Ok(None)
    }

    /// Returns whether the root is a file.
    pub fn root_is_file(&self) -> bool {
        self.root.is_file()
    }

    /// Returns whether there is a folder at `path` below the root.
    pub fn has_folder(&self, path: &str) -> bool {
        self.root.join(path).is_dir()
    }

    /// Returns the path of `entry` in the root or in the closest folder above it.
    pub fn above(&self, entry: &str) -> Option<PathBuf> {
        let root = whole(&self.root);
        let mut entries = root.ancestors().map(|folder| folder.join(entry));
        entries.find(|path| path.exists())
    }

    /// Returns whether `path` is below the root after following symlinks.
    pub fn is_inside(&self, path: &Path) -> bool {
        let Ok(root) = fs::canonicalize(&self.root) else {
            return true;
        };
        let path = self.root.join(path);
        let there = path
            .ancestors()
            .find_map(|path| fs::canonicalize(path).ok());
        // A dangling symlink exists, but cannot be resolved.
        !is_dangling(&path) && there.is_some_and(|there| there.starts_with(&root))
    }
}

/// Returns `path` in `folder`, separated by `/` on all systems, as templates and reports have it. `../` at its start goes up
/// from `folder`.
pub fn below(mut folder: &Path, mut path: &Path) -> PathBuf {
    while let (Ok(rest), Some(Component::Normal(_)), Some(parent)) = (
        path.strip_prefix(".."),
        folder.components().next_back(),
        folder.parent(),
    ) {
        (folder, path) = (parent, rest);
    }
    if folder.as_os_str().is_empty() {
        return path.to_owned();
    }
    let mut whole = folder.as_os_str().to_owned();
    if !folder.to_string_lossy().ends_with(is_separator) {
        whole.push("/");
    }
    whole.push(path);
    whole.into()
}

fn is_dangling(path: &Path) -> bool {
    path.ancestors()
        .any(|path| path.is_symlink() && fs::metadata(path).is_err())
}

/// Returns the templates of the project in `root`: `built_in` if it has none of its own.
fn templates_of(root: &Path, built_in: &Rc<Templates>) -> Result<Rc<Templates>> {
    let folder = root.join(OVERRIDES);
    let mut own = BTreeMap::new();
    let mut todo = vec![String::new()];
    while let Some(below) = todo.pop() {
        for (name, is_folder) in entries(&folder.join(&below))? {
            let path = joined(&below, &name);
            match is_folder {
                true => todo.push(path),
                false => {
                    let bytes = disk::read(&folder.join(&path))?.unwrap_or_default();
                    own.insert(path, bytes.to_vec());
                }
            }
        }
    }
    Ok(match own.is_empty() {
        true => Rc::clone(built_in),
        false => Rc::new(Templates::new(own)),
    })
}

/// Resolves `path` from the folder `root`, which may not exist; then `..` cannot be resolved by the system.
pub fn resolved(root: &Path, path: &Path) -> PathBuf {
    let Ok(below) = path.strip_prefix("..") else {
        return root.join(path);
    };
    match std::path::absolute(root)
        .ok()
        .as_deref()
        .and_then(Path::parent)
    {
        Some(parent) => resolved(parent, below),
        None => root.join(path),
    }
}

/// Returns `root` from the root of the file system on.
pub fn absolute(root: &Path) -> PathBuf {
    std::path::absolute(root).unwrap_or_else(|_| root.to_owned())
}

/// Returns `root` without links and `..`: if it does not exist yet, in the closest folder that does.
fn whole(root: &Path) -> PathBuf {
    let root = absolute(root);
    let there = root.ancestors().find_map(|folder| {
        let whole = fs::canonicalize(folder).ok()?;
        Some(whole.join(root.strip_prefix(folder).ok()?))
    });
    there.unwrap_or(root)
}

/// Returns the home folder, or else the root of the file system: folders without settings of a project.
pub fn home() -> PathBuf {
    let home = env::home_dir().filter(|home| disk::is_folder(home));
    home.unwrap_or_else(|| PathBuf::from("/"))
}

/// Returns the results of a look-up outside of projects: only programs are there.
pub fn programs(question: &Question) -> Vec<(String, String)> {
    let program = question
        .program
        .iter()
        .filter(|name| program::program(name).is_some());
    program.map(|name| (name.clone(), String::new())).collect()
}

/// Returns the results of a look-up below `root`: each value with its file.
fn look(root: &Path, question: &Question) -> Result<Vec<(String, String)>> {
    let wanted = Wanted {
        mentions: &question.mentions,
        key: &question.key,
        matches: question.matches.as_deref(),
        within: question.within.as_deref(),
        query: question.query.as_deref(),
    };
    if question.program.is_some() {
        return Ok(programs(question));
    }
    if question.above {
        return look_above(root, question, &wanted);
    }
    if let Some(file) = &question.file {
        let values = wanted.all(&resolved(root, file.as_ref()))?.into_iter();
        return Ok(values.map(|value| (value, file.clone())).collect());
    }
    let mut found = Vec::new();
    for pattern in &question.search {
        for path in list(root, pattern)?.iter() {
            let values = wanted.all(&root.join(path))?.into_iter();
            found.extend(values.map(|value| (value, path.display().to_string())));
        }
    }
    Ok(found)
}

/// Returns the results of a look-up in the closest folder, `root` or above, with a match.
fn look_above(
    root: &Path,
    question: &Question,
    wanted: &Wanted<'_>,
) -> Result<Vec<(String, String)>> {
    let name = question.file.as_deref().unwrap_or_default();
    let root = whole(root);
    for (depth, folder) in root.ancestors().enumerate() {
        let path = folder.join(name);
        let mut values = wanted.all(&path)?;
        if let Some(except) = &question.except {
            let below = root.strip_prefix(folder).unwrap_or(&root);
            let parts = below.iter().map(|part| part.to_string_lossy());
            let below = parts.collect::<Vec<_>>().join("/");
            let fits = |pattern: &String| glob::matches(pattern, &below);
            let excepted = Wanted::of(slice::from_ref(except), None);
            let is_claimed = values.iter().any(fits) && !excepted.all(&path)?.iter().any(fits);
            values = is_claimed.then(|| below.clone()).into_iter().collect();
        }
        if !values.is_empty() {
            let path = format!("{}{name}", "../".repeat(depth));
            return Ok(values
                .into_iter()
                .map(|value| (value, path.clone()))
                .collect());
        }
    }
    Ok(Vec::new())
}

/// Returns the value of `fact` in the folder `root`.
fn ask(root: &Path, fact: &Fact) -> Result<Option<String>> {
    let wanted = Wanted {
        matches: fact.matches.as_deref(),
        ..Wanted::of(&fact.key, fact.query.as_deref())
    };
    let values = wanted.all(&resolved(root, fact.file.as_ref()))?;
    Ok(values.into_iter().next())
}

/// A look-up in a file.
#[derive(Default)]
struct Wanted<'a> {
    mentions: &'a [String],
    /// Without a key and a query, the existence of the file counts.
    key: &'a [String],
    matches: Option<&'a str>,
    within: Option<&'a str>,
    query: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn of(key: &'a [String], query: Option<&'a str>) -> Self {
        Self {
            key,
            query,
            ..Self::default()
        }
    }

    /// Returns the values in the file at `path`, without quotes. Without a key and a query, an empty one if the file exists and
    /// contains the word.
    fn all(&self, path: &Path) -> Result<Vec<String>> {
        if !self.key.is_empty() {
            return self.at_keys(path);
        }
        let Some(query) = self.query else {
            let is_meant = disk::mentions(path, self.mentions)?;
            return Ok(is_meant.then(String::new).into_iter().collect());
        };
        let Some(source) = source(path, self.mentions)? else {
            return Ok(Vec::new());
        };
        edit::values(&source, self.within, query)
    }

    /// Returns the values at the keys, in their order.
    fn at_keys(&self, path: &Path) -> Result<Vec<String>> {
        let Some(document) = disk::document(path, self.mentions)? else {
            return Ok(Vec::new());
        };
        let regex = self.matches.map(Regex::new).transpose()?;
        let keys = self.key.iter();
        let values = keys.flat_map(|key| key::values(&document, key, regex.as_ref()));
        Ok(values.collect())
    }
}
