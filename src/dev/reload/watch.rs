//! Watched folders. There are no events, and nothing runs, while no file changes.
//!
//! Changes are collected by [`Burst`](super::change::Burst): of notify's debouncers, one wakes up many times a second for
//! ever, and the other takes reads for changes, which cargo would cause in each build.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::catalogue::stack::Dev;
use crate::edit::glob;
use crate::error::Failure;
use crate::project::{contents, entries};

/// The watched folders of an app.
#[derive(Debug)]
pub struct Watch {
    watcher: RecommendedWatcher,
    root: PathBuf,
    /// Folders below the root that are watched with all of theirs.
    folders: BTreeSet<PathBuf>,
    /// Folders that are watched alone, as packages are below them: folders that are made in them are added.
    alone: BTreeSet<PathBuf>,
}

impl Watch {
    /// Watches the files in the app at `root` that its stack names, and calls `then` with changed paths. Links to folders
    /// are followed. `root` is absolute, without links.
    ///
    /// # Errors
    /// The system refuses to watch, for example because of its limit.
    pub fn start(
        root: &Path,
        settings: &Dev,
        then: impl Fn(Vec<PathBuf>) + Send + 'static,
    ) -> Result<Self> {
        let everything = root.to_owned();
        let watcher =
            notify::recommended_watcher(move |event: notify::Result<Event>| match event {
                Ok(event) if event.need_rescan() => then(vec![everything.clone()]),
                Ok(event) if is_change(event.kind) => then(event.paths),
                Ok(_) => {}
                Err(_) => then(vec![everything.clone()]),
            });
        let patterns = settings.rebuild.iter().chain(&settings.reload);
        let patterns = patterns.flat_map(|pattern| glob::alternatives(pattern));
        let folders = patterns.map(|pattern| PathBuf::from(glob::folder(&pattern)));
        let mut watch = Self {
            watcher: watcher.context("files cannot be watched")?,
            root: root.to_owned(),
            folders: folders
                .filter(|folder| !folder.as_os_str().is_empty())
                .collect(),
            alone: BTreeSet::new(),
        };
        watch.add(root, RecursiveMode::NonRecursive)?;
        for folder in watch.folders.clone() {
            watch.add_folder(&folder)?;
        }
        Ok(watch)
    }

    /// Watches folders among `paths`: those that were removed and are back, and new ones that no other covers.
    ///
    /// # Errors
    /// The system refuses to watch.
    pub fn renew<'a>(&mut self, paths: impl IntoIterator<Item = &'a Path>) -> Result<()> {
        for path in paths {
            let is_in_one = |parent: &Path| self.alone.contains(&self.root.join(parent));
            let is_new = path.parent().is_some_and(is_in_one) && !path.ends_with(PACKAGES);
            if self.folders.contains(path) || is_new {
                self.add_folder(path)?;
            }
        }
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path) -> Result<()> {
        let folder = self.root.join(folder);
        match folder.is_dir() {
            true => self.add_below(folder),
            false => Ok(()),
        }
    }

    /// Watches a folder with all of its own, but no packages: npm makes thousands of folders, and systems limit their number.
    fn add_below(&mut self, folder: PathBuf) -> Result<()> {
        if !has_packages(&folder)? {
            return self.add(&folder, RecursiveMode::Recursive);
        }
        self.add(&folder, RecursiveMode::NonRecursive)?;
        for (name, is_folder) in entries(&folder)? {
            let below = folder.join(&name);
            match is_folder {
                _ if name == PACKAGES => {}
                true => self.add_below(below)?,
                false if below.is_dir() => self.add(&below, RecursiveMode::Recursive)?, // a link
                false => {}
            }
        }
        self.alone.insert(folder);
        Ok(())
    }

    fn add(&mut self, folder: &Path, mode: RecursiveMode) -> Result<()> {
        let watched = self.watcher.watch(folder, mode);
        watched.map_err(|error| unwatched(folder, &error).into())
    }
}

/// Returns the failure of a watch.
fn unwatched(folder: &Path, error: &notify::Error) -> Failure {
    let failure = Failure::new(format!("`{}` cannot be watched: {error}", folder.display()));
    match error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            failure.help("sudo sysctl fs.inotify.max_user_watches=524288")
        }
        _ => failure,
    }
}

/// Folder of npm's packages.
const PACKAGES: &str = "node_modules";

/// Returns whether packages are in a folder, or in one below it.
fn has_packages(folder: &Path) -> Result<bool> {
    let mut todo = vec![folder.to_owned()];
    while let Some(folder) = todo.pop() {
        for (name, is_folder) in entries(&folder)? {
            match is_folder {
                _ if name == PACKAGES => return Ok(true),
                true => todo.push(folder.join(name)),
                false => {}
            }
        }
    }
    Ok(false)
}

/// Hashes of changed files, to recognise those that are written again with the same contents.
#[derive(Debug, Default)]
pub struct Contents(HashMap<PathBuf, u64>);

impl Contents {
    /// Returns whether the file at `path` has other contents than at the last call for it, or is a folder.
    pub fn are_new(&mut self, path: &Path) -> bool {
        if path.is_dir() {
            return true;
        }
        let mut hasher = DefaultHasher::new();
        contents(path).ok().hash(&mut hasher);
        let hash = hasher.finish();
        self.0.insert(path.to_owned(), hash) != Some(hash)
    }
}

/// Returns whether an event may have changed a file. Reads do not; the end of a write does.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Problem;

    #[test]
    fn at_the_limit_of_linux_the_message_has_a_way_out() {
        let error = notify::Error::new(notify::ErrorKind::MaxFilesWatch);
        let failure = unwatched(Path::new("assets"), &error).into();
        let [problem] = &Problem::all(&failure)[..] else {
            panic!("{failure}")
        };
        let message = "`assets` cannot be watched: OS file watch limit reached.";
        assert!(problem.message.starts_with(message), "{problem:?}");
        let help = "sudo sysctl fs.inotify.max_user_watches=524288";
        assert_eq!(problem.help.as_deref(), Some(help));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "it makes folders")]
    fn packages_are_found_at_any_depth() {
        let folder = tempfile::tempdir().expect("a folder");
        let scripts = folder.path().join("js");
        std::fs::create_dir(&scripts).expect("a folder is made");
        assert!(!has_packages(folder.path()).expect("it is read"));
        std::fs::create_dir(scripts.join(PACKAGES)).expect("a folder is made");
        assert!(has_packages(folder.path()).expect("it is read"));
    }
}
