//! What is on disk: the project's root, stack, facts and files. The only place that reads.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where reading is allowed"
)]

mod find;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};

use crate::catalogue::Templates;
use crate::catalogue::stack::{Fact, Stack};
use crate::catalogue::templates::OVERRIDES;
use crate::edit::{self, Language, Source, glob};
use crate::facts::{self, Facts, Question};
use crate::shell::quoted;

/// An app that is there, or one that `new` is about to make.
#[derive(Debug)]
pub struct Project {
    pub root: PathBuf,
    pub stack: Stack,
    pub templates: Rc<Templates>,
    /// What the app says of itself: `name`, and more where the stack wants it.
    pub facts: Facts,
    /// Where the root is, seen from the folder that led to it; empty if that is the root itself.
    below: PathBuf,
}

impl Project {
    /// The app that `new` makes in `root`, of which `given` is known: its `name` and more. It has two facts more,
    /// the folder as a shell reads it, and the name of the folder that it is in, `parent`. `None` if that is too little for the stack's facts.
    pub fn planned(root: PathBuf, stack: Stack, mut given: Facts) -> Result<Option<Self>> {
        given.insert("folder".to_owned(), quoted(&root));
        let absolute = std::path::absolute(&root).unwrap_or_default();
        let parent = absolute.parent().and_then(Path::file_name);
        let parent = parent.unwrap_or_default().to_string_lossy().into_owned();
        given.insert("parent".to_owned(), parent);
        let templates = Templates::default();
        let facts = facts::work_out(&stack.project.facts, given, &templates, &|_| Ok(Vec::new()))?;
        Ok(facts.map(|facts| Self {
            root,
            stack,
            templates: Rc::new(templates),
            facts,
            below: PathBuf::new(),
        }))
    }

    /// `path`, which is below the root, as the person sees it.
    pub fn display_path(&self, path: &Path) -> PathBuf {
        self.below.join(path)
    }

    /// What a question finds: each value with the file it was found in.
    pub fn look(&self, question: &Question) -> Result<Vec<(String, String)>> {
        look(&self.root, question)
    }

    /// What `fact` is in the app, if it has it.
    pub fn ask(&self, fact: &Fact) -> Result<Option<String>> {
        ask(&self.root, fact)
    }

    /// The bytes of the file at `path` below the root, or `None` if there is none.
    pub fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        read(&resolved(&self.root, path))
    }

    /// The file at `path` below the root, parsed; `None` if there is none that can be.
    pub fn source(&self, path: &Path) -> Result<Option<Rc<Source>>> {
        source(&resolved(&self.root, path), "")
    }

    /// The files below the root that fit `pattern`, such as `lib/**/*.ex`, in order.
    pub fn list(&self, pattern: &str) -> Result<Vec<PathBuf>> {
        list(&self.root, pattern)
    }

    /// A file in the root that is not one of `ours`; `None` if there is none.
    pub fn foreign_file(&self, ours: &dyn Fn(&Path) -> bool) -> Result<Option<PathBuf>> {
        let mut todo = vec![PathBuf::new()];
        while let Some(folder) = todo.pop() {
            for (name, is_folder) in entries(&self.root.join(&folder))?.iter() {
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

    /// Whether a file stands where the root has to be.
    pub fn root_is_file(&self) -> bool {
        self.root.is_file()
    }

    /// Whether there is a folder at `path` below the root.
    pub fn has_folder(&self, path: &str) -> bool {
        self.root.join(path).is_dir()
    }

    /// The path of `entry` in the root or in the closest folder above it that has one.
    pub fn above(&self, entry: &str) -> Option<PathBuf> {
        let root = self.whole_root();
        let mut entries = root.ancestors().map(|folder| folder.join(entry));
        entries.find(|path| path.exists())
    }

    /// The path of the closest `file` above the root that names it: a pattern that `query` captures as `@value` fits the
    /// root, and none that `except` captures does.
    pub fn claimed_above(
        &self,
        file: &str,
        query: &str,
        except: Option<&str>,
    ) -> Result<Option<PathBuf>> {
        let root = self.whole_root();
        for folder in root.ancestors().skip(1) {
            let path = folder.join(file);
            let Ok(below) = root.strip_prefix(folder) else {
                continue;
            };
            let below = below.to_string_lossy();
            let fits = |query: &str| -> Result<bool> {
                let patterns = all(&path, query)?;
                Ok(patterns
                    .iter()
                    .any(|pattern| glob::matches(pattern, &below)))
            };
            let is_excepted = except.map(fits).transpose()?.unwrap_or_default();
            if fits(query)? && !is_excepted {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// The root without links and `..`. It may not be there yet: then that holds for the closest folder that is there.
    fn whole_root(&self) -> PathBuf {
        let root = std::path::absolute(&self.root).unwrap_or_else(|_| self.root.clone());
        let there = root.ancestors().find_map(|folder| {
            let whole = fs::canonicalize(folder).ok()?;
            Some(whole.join(root.strip_prefix(folder).ok()?))
        });
        there.unwrap_or(root)
    }

    /// Whether what is written to `path` stays below the root, links followed.
    pub fn is_inside(&self, path: &Path) -> bool {
        let Ok(root) = fs::canonicalize(&self.root) else {
            return true;
        };
        let path = self.root.join(path);
        let there = path
            .ancestors()
            .find_map(|path| fs::canonicalize(path).ok());
        // A link to nothing is there, but leads nowhere.
        !is_dangling(&path) && there.is_some_and(|there| there.starts_with(&root))
    }
}

fn is_dangling(path: &Path) -> bool {
    path.ancestors()
        .any(|path| path.is_symlink() && fs::metadata(path).is_err())
}

/// The templates that the project in `root` keeps of its own.
fn own_templates(root: &Path) -> Result<Templates> {
    let folder = root.join(OVERRIDES);
    let mut own = BTreeMap::new();
    let mut todo = vec![String::new()];
    while let Some(below) = todo.pop() {
        for (name, is_folder) in entries(&folder.join(&below))?.iter() {
            let path = match below.as_str() {
                "" => name.clone(),
                below => format!("{below}/{name}"),
            };
            match is_folder {
                true => todo.push(path),
                false => {
                    let bytes = read(&folder.join(&path))?.unwrap_or_default();
                    own.insert(path, bytes);
                }
            }
        }
    }
    Ok(Templates::new(own))
}

/// `path`, seen from the folder `root`, which may not be there yet: then `..` in it leads nowhere by itself.
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

/// What a question finds below `root`: each value with the file it was found in.
fn look(root: &Path, question: &Question) -> Result<Vec<(String, String)>> {
    let wanted = Wanted {
        mentions: &question.mentions,
        within: question.within.as_deref(),
        query: question.query.as_deref(),
    };
    if let Some(file) = &question.file {
        let values = wanted.all(&resolved(root, file.as_ref()))?.into_iter();
        return Ok(values.map(|value| (value, file.clone())).collect());
    }
    let mut found = Vec::new();
    for pattern in &question.search {
        for path in list(root, pattern)? {
            let values = wanted.all(&root.join(&path))?.into_iter();
            found.extend(values.map(|value| (value, path.display().to_string())));
        }
    }
    Ok(found)
}

/// What `fact` is in the folder `root`.
fn ask(root: &Path, fact: &Fact) -> Result<Option<String>> {
    let wanted = Wanted {
        mentions: "",
        within: None,
        query: Some(&fact.query),
    };
    let values = wanted.all(&resolved(root, fact.file.as_ref()))?;
    Ok(values.into_iter().next())
}

/// Every `@value` of `query` in the file at `path`, without quotes.
fn all(path: &Path, query: &str) -> Result<Vec<String>> {
    let Some(source) = source(path, "")? else {
        return Ok(Vec::new());
    };
    let values = edit::values(&source, None, query)?;
    Ok(values.iter().map(|value| unquoted(value)).collect())
}

/// What a question asks of each file.
struct Wanted<'a> {
    mentions: &'a str,
    within: Option<&'a str>,
    /// Without it, that the file is there is the answer.
    query: Option<&'a str>,
}

impl Wanted<'_> {
    /// The values in the file at `path`, without quotes. Without a query, an empty one if the file is there and has
    /// the word.
    fn all(&self, path: &Path) -> Result<Vec<String>> {
        let Some(query) = self.query else {
            let is_meant = match self.mentions {
                "" => path.is_file(),
                word => read(path)?.is_some_and(|bytes| has_word(&bytes, word)),
            };
            return Ok(is_meant.then(String::new).into_iter().collect());
        };
        let Some(source) = source(path, self.mentions)? else {
            return Ok(Vec::new());
        };
        let values = edit::values(&source, self.within, query)?;
        Ok(values.iter().map(|value| unquoted(value)).collect())
    }
}

/// Whether `bytes` are a text with `word` in it.
pub fn has_word(bytes: &[u8], word: &str) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.contains(word))
}

fn unquoted(value: &str) -> String {
    value.trim_matches(['"', '\'', ':']).to_owned()
}

/// What is known of paths.
type Known<T> = RefCell<HashMap<PathBuf, T>>;

thread_local! {
    /// Files that have been looked into, by their path: nothing is written before all has been read.
    static SOURCES: Known<Rc<Source>> = RefCell::default();
    /// The same for files that have been read, and for folders that have been listed.
    static FILES: Known<Option<Vec<u8>>> = RefCell::default();
    static FOLDERS: Known<Rc<[(String, bool)]>> = RefCell::default();
}

/// The file at `path`, parsed, if it is in a language that can be and mentions `word`.
fn source(path: &Path, word: &str) -> Result<Option<Rc<Source>>> {
    let known = SOURCES.with_borrow(|sources| sources.get(path).cloned());
    if let Some(source) = known {
        return Ok(source.text.contains(word).then_some(source));
    }
    let Some(language) = Language::of(path) else {
        return Ok(None);
    };
    let text = read(path)?.and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text.filter(|text| text.contains(word)) else {
        return Ok(None);
    };
    let source = Rc::new(Source::parse(text, language));
    SOURCES.with_borrow_mut(|sources| sources.insert(path.to_owned(), Rc::clone(&source)));
    Ok(Some(source))
}

/// The files below `root` that fit `pattern`. Hidden folders, those of packages, and links are left out.
fn list(root: &Path, pattern: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut todo = vec![glob::folder(pattern).to_owned()];
    while let Some(folder) = todo.pop() {
        for (name, is_folder) in entries(&root.join(&folder))?.iter() {
            let path = match folder.as_str() {
                "" => name.clone(),
                folder => format!("{folder}/{name}"),
            };
            let hidden = name.starts_with('.') || name == "node_modules";
            match is_folder {
                true if !hidden => todo.push(path),
                false if glob::matches(pattern, &path) => found.push(PathBuf::from(path)),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The names in a folder, in order, and which of them are folders themselves; nothing if it is not there.
fn entries(folder: &Path) -> Result<Rc<[(String, bool)]>> {
    if let Some(known) = FOLDERS.with_borrow(|folders| folders.get(folder).cloned()) {
        return Ok(known);
    }
    let entries: Rc<[_]> = list_folder(folder)?.into();
    FOLDERS.with_borrow_mut(|folders| folders.insert(folder.to_owned(), Rc::clone(&entries)));
    Ok(entries)
}

fn list_folder(folder: &Path) -> Result<Vec<(String, bool)>> {
    let unread = || format!("`{}` cannot be read", folder.display());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error).with_context(unread),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.with_context(unread)?;
        let is_folder = entry.file_type().with_context(unread)?.is_dir();
        names.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    names.sort();
    Ok(names)
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    if let Some(known) = FILES.with_borrow(|files| files.get(path).cloned()) {
        return Ok(known);
    }
    let bytes = read_file(path)?;
    FILES.with_borrow_mut(|files| files.insert(path.to_owned(), bytes.clone()));
    Ok(bytes)
}

fn read_file(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error).with_context(|| format!("`{}` cannot be read", path.display())),
    }
}
