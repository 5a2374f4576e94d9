//! Comparison of a plan with the disk: files to create, files to edit, files that are identical, and conflicts.
//!
//! Nothing is written here. Later steps see the results of earlier ones.

mod locate;
mod recollection;
pub mod take_out;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Result;

pub use locate::Located;

use crate::catalogue::templates::Contents;
use crate::edit::ending::like;
use crate::edit::place::Location;
use crate::edit::{self, Language, Lines, Outcome, Reason, Source};
use crate::error::Misuse;
use crate::plan::{File, Step};
use crate::project::Project;

/// The changes so far.
pub struct Changes<'a> {
    project: &'a Project,
    /// The folder of the project is there. Otherwise there is nothing to look for, in place of each of hundreds of files.
    is_there: bool,
    files: Vec<Change>,
    /// Indices of `files`: a new app has hundreds, and comparing paths is slow.
    indices: HashMap<PathBuf, usize>,
    /// Parsed changed files.
    sources: RefCell<BTreeMap<PathBuf, Rc<Source>>>,
}

/// One file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Path below the root of the project.
    pub path: PathBuf,
    /// Contents on disk; `None` for a new file.
    pub before: Option<Vec<u8>>,
    /// `None` for a file to remove.
    pub after: Option<Contents>,
}

/// Result of the comparison of a planned file with the disk.
#[derive(Debug, PartialEq, Eq)]
pub enum FileVerdict {
    Create,
    Identical,
    /// An existing file that belongs to the user, with any contents.
    Kept,
    /// A file with other contents exists.
    Conflict {
        before: Vec<u8>,
    },
}

/// Result of the comparison of a step with the disk.
#[derive(Debug, PartialEq, Eq)]
pub enum StepVerdict {
    /// A new file with only the text.
    Create,
    /// An edit of an existing file.
    Edit,
    /// All texts are present.
    Identical,
    /// A manual step with these lines.
    Manual { why: String, lines: Vec<Lines> },
}

impl<'a> Changes<'a> {
    pub fn new(project: &'a Project) -> Self {
        Self {
            project,
            is_there: project.is_there(),
            files: Vec::new(),
            indices: HashMap::new(),
            sources: RefCell::default(),
        }
    }

    /// Returns the changes in the order of their steps, with `last` at the end.
    pub fn in_order(&self, last: &[PathBuf]) -> Vec<&Change> {
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by_key(|change| last.contains(&change.path));
        files
    }

    /// Compares `file` with the disk.
    pub fn verdict(&self, file: &File) -> Result<FileVerdict> {
        Ok(match self.read(&file.path)? {
            None => FileVerdict::Create,
            Some(before) if *before == *like(&file.contents, &before) => FileVerdict::Identical,
            Some(_) if file.once => FileVerdict::Kept,
            Some(before) => FileVerdict::Conflict { before },
        })
    }

    /// Adds a file, replacing an existing one.
    pub fn write(&mut self, file: &File) -> Result<()> {
        self.put(&file.path, file.contents.clone())
    }

    /// Replaces the contents of a file, or creates it, with the line endings that [`Self::model`] has.
    pub fn put(&mut self, path: &Path, contents: Contents) -> Result<()> {
        let contents = match self.model(path)? {
            Some(model) => match like(&contents, &model) {
                Cow::Owned(with_endings) => with_endings.into(),
                Cow::Borrowed(_) => contents,
            },
            None => contents,
        };
        self.set(path, Some(contents), None)
    }

    /// Returns the file at `path`, or else a close one with its extension: a checkout, or a formatter, gives all of these the same
    /// line endings.
    fn model(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        if let Some(before) = self.read(path)? {
            return Ok(Some(before));
        }
        let Some(extension) = path.extension().filter(|_| self.is_there) else {
            return Ok(None);
        };
        for folder in path.ancestors().skip(1) {
            let folders = folder.iter().map(|name| format!("{}/", name.display()));
            let folder: String = folders.collect();
            for below in ["", "*/"] {
                let pattern = format!("{folder}{below}*.{}", extension.display());
                let files = self.project.list(&pattern)?;
                if let Some(file) = files.first() {
                    return self.project.read(file);
                }
            }
        }
        Ok(None)
    }

    /// Returns the contents of a file, from disk or after earlier steps.
    pub fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        match self.change(path) {
            Some(change) => Ok(change.after.as_deref().map(<[u8]>::to_vec)),
            None => self.project.read(path),
        }
    }

    /// Returns the reason for a manual step without its file, which would be at `named`.
    fn why_missing(&self, named: &Path, location: &Location) -> Result<String> {
        if self.contains(named)? {
            return Ok(String::new());
        }
        let path = |path: &Path| self.project.display_path(path).display().to_string();
        let why = format!("there is no `{}`", path(named));
        for pattern in &location.foreign {
            if let Some(foreign) = self.list(pattern)?.first() {
                let foreign = path(foreign);
                return Ok(format!("{why}: in `{foreign}`, as its language does it"));
            }
        }
        Ok(why)
    }

    /// Adds a step if it is possible, and returns the path of its file.
    pub fn step(&mut self, step: &Step) -> Result<(PathBuf, StepVerdict)> {
        let named = step
            .location
            .paths
            .first()
            .map(PathBuf::from)
            .unwrap_or_default();
        let located = self.locate(&step.location)?;
        if let Some(path) = self.found_elsewhere(step, &located)? {
            return Ok((path, StepVerdict::Identical));
        }
        let why = match located {
            Located::At(path) => {
                let verdict = self.edit(step, &path)?;
                return Ok((path, verdict));
            }
            Located::Missing if step.location.create && !self.contains(&named)? => {
                return self.create(step, named);
            }
            Located::Missing => self.why_missing(&named, &step.location)?,
            Located::Several(paths) => {
                let paths = paths.iter().map(|path| self.project.display_path(path));
                several("files", paths.map(|path| format!("`{}`", path.display())))
            }
        };
        let lines = edit::lines(&step.parts);
        Ok((named, StepVerdict::Manual { why, lines }))
    }

    /// Adds the edit of the file at `path`, if it is possible.
    fn edit(&mut self, step: &Step, path: &Path) -> Result<StepVerdict> {
        let Some(source) = self.source(path)? else {
            let lines = edit::lines(&step.parts);
            let why = String::new();
            return Ok(StepVerdict::Manual { why, lines });
        };
        Ok(match edit::apply(&step.parts, &source)? {
            Outcome::AlreadyThere => StepVerdict::Identical,
            Outcome::Manual { reason, lines } => StepVerdict::Manual {
                why: match reason {
                    Reason::NoPlace => String::new(),
                    Reason::Several(at) => several("lines", at.iter().map(usize::to_string)),
                    Reason::Replaced { what, at } => {
                        let lines = list("lines", at.iter().map(usize::to_string));
                        format!("{what}: {lines}")
                    }
                },
                lines,
            },
            Outcome::Changed(new) => {
                self.set(path, Some(new.text.clone().into_bytes().into()), Some(new))?;
                StepVerdict::Edit
            }
        })
    }

    /// Returns the file that already has the text of `step`, if that may be in other files, too.
    fn found_elsewhere(&self, step: &Step, located: &Located) -> Result<Option<PathBuf>> {
        let Some((place, elsewhere)) = step.parts.iter().find_map(|place| {
            let elsewhere = place.elsewhere.as_ref()?;
            Some((place, elsewhere))
        }) else {
            return Ok(None);
        };
        if let Located::At(path) = located
            && let Some(source) = self.source(path)?
            && place.is_in(&source)?
        {
            return Ok(Some(path.clone()));
        }
        for pattern in &elsewhere.search {
            for path in self.list(pattern)?.iter() {
                if self.mentions(path, &elsewhere.mentions)?
                    && let Some(source) = self.source(path)?
                    && place.is_in(&source)?
                {
                    return Ok(Some(path.clone()));
                }
            }
        }
        Ok(None)
    }

    /// Returns `file` after those of the `steps`, in order, whose texts `before` has: it is the same if earlier runs have made it.
    pub fn with_present<'f>(
        &self,
        file: &'f File,
        steps: &[&Step],
        before: &[u8],
    ) -> Result<Cow<'f, [u8]>> {
        let contents = like(&file.contents, before);
        let (Some(language), Ok(text), Ok(now)) = (
            Language::of(&file.path),
            str::from_utf8(&contents).map(str::to_owned),
            str::from_utf8(before),
        ) else {
            return Ok(contents);
        };
        let mut source = Source::new(text, language);
        let now = Source::new(now.to_owned(), language);
        let about = steps.iter().filter(|step| {
            let mut paths = step.location.paths.iter();
            paths.any(|path| Path::new(path) == file.path)
        });
        for step in about {
            // Others of the steps are alternatives, or are still to come.
            let is_there = matches!(edit::apply(&step.parts, &now)?, Outcome::AlreadyThere);
            if is_there && let Outcome::Changed(new) = edit::apply(&step.parts, &source)? {
                source = new;
            }
        }
        Ok(Cow::Owned(source.text.into_bytes()))
    }

    /// Returns the conflicts in the file of `step`, which stop the command before it writes.
    pub fn conflicts(&self, step: &Step) -> Result<Vec<Misuse>> {
        let parts = step.parts.iter();
        let conflicts = parts.flat_map(|part| part.conflicts.iter().map(move |c| (part, c)));
        let mut conflicts = conflicts.peekable();
        // Most places have none: then there is no need to look for the file.
        if conflicts.peek().is_none() {
            return Ok(Vec::new());
        }
        let Located::At(path) = self.locate(&step.location)? else {
            return Ok(Vec::new());
        };
        let Some(source) = self.source(&path)? else {
            return Ok(Vec::new());
        };
        let mut misuses = Vec::new();
        for (part, conflict) in conflicts {
            if let Some(found) = part.find_conflict(conflict, &source)?.first() {
                let file = self.project.display_path(&path).display().to_string();
                let fill =
                    |text: &str| edit::fill(&text.replace(&edit::mark("file"), &file), &[found]);
                misuses.push(Misuse::new(fill(&conflict.message)).help(fill(&conflict.help)));
            }
        }
        Ok(misuses)
    }

    pub fn contains(&self, path: &Path) -> Result<bool> {
        match self.change(path) {
            Some(change) => Ok(change.after.is_some()),
            None => self.project.has_file(path),
        }
    }

    fn create(&mut self, step: &Step, path: PathBuf) -> Result<(PathBuf, StepVerdict)> {
        let lines = edit::lines(&step.parts);
        let made = match Language::of(&path) {
            Some(language) => edit::apply(&step.parts, &Source::new(String::new(), language))?,
            None => Outcome::AlreadyThere,
        };
        let verdict = match made {
            Outcome::Changed(new) => {
                self.put(&path, new.text.into_bytes().into())?;
                StepVerdict::Create
            }
            _ => StepVerdict::Manual {
                why: String::new(),
                lines,
            },
        };
        Ok((path, verdict))
    }

    /// Returns the parsed file, from disk or after earlier steps; `None` if it cannot be parsed.
    fn source(&self, path: &Path) -> Result<Option<Rc<Source>>> {
        if let Some(source) = self.sources.borrow().get(path) {
            return Ok(Some(Rc::clone(source)));
        }
        let Some(change) = self.change(path) else {
            return self.project.source(path);
        };
        let text = change.after.as_deref().map(str::from_utf8);
        let (Some(Ok(text)), Some(language)) = (text, Language::of(path)) else {
            return Ok(None);
        };
        let source = Rc::new(Source::new(text.to_owned(), language));
        let mut sources = self.sources.borrow_mut();
        sources.insert(path.to_owned(), Rc::clone(&source));
        Ok(Some(source))
    }

    fn change(&self, path: &Path) -> Option<&Change> {
        Some(&self.files[*self.indices.get(path)?])
    }

    fn set(&mut self, path: &Path, after: Option<Contents>, source: Option<Source>) -> Result<()> {
        let sources = self.sources.get_mut();
        sources.remove(path);
        sources.extend(source.map(|source| (path.to_owned(), Rc::new(source))));
        match self.indices.get(path) {
            Some(&index) => self.files[index].after = after,
            None => {
                let before = self.project.read(path)?;
                self.indices.insert(path.to_owned(), self.files.len());
                self.files.push(Change {
                    path: path.to_owned(),
                    before,
                    after,
                });
            }
        }
        Ok(())
    }
}

/// Returns `changes` with removals at the end, so that a killed run leaves files that others need, and the folders that may be
/// empty after them.
pub fn removals_last<'c>(changes: &[&'c Change]) -> (Vec<&'c Change>, Vec<PathBuf>) {
    let mut sorted = changes.to_vec();
    sorted.sort_by_key(|change| change.after.is_none());
    let removals = changes.iter().filter(|change| change.after.is_none());
    let folders = removals.flat_map(|change| change.path.ancestors().skip(1));
    let folders = folders.filter(|folder| !folder.as_os_str().is_empty());
    (sorted, folders.map(Path::to_owned).collect())
}

/// Returns the reason for a manual step: `lines 4 and 12 would do`.
fn several(what: &str, found: impl IntoIterator<Item = String>) -> String {
    format!("{} would do", list(what, found))
}

/// Returns `lines 4 and 12`.
fn list(what: &str, found: impl IntoIterator<Item = String>) -> String {
    let found: Vec<_> = found.into_iter().collect();
    let (last, rest) = found
        .split_last()
        .map_or(("", &[][..]), |(l, r)| (l.as_str(), r));
    format!("{what} {} and {last}", rest.join(", "))
}
