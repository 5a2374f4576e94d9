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
use crate::project::contents;

/// The watched folders of an app.
#[derive(Debug)]
pub struct Watch {
    watcher: RecommendedWatcher,
    root: PathBuf,
    /// Folders below the root that are watched with all of theirs.
    folders: BTreeSet<PathBuf>,
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
        };
        watch.add(root, RecursiveMode::NonRecursive)?;
        for folder in watch.folders.clone() {
            watch.add_folder(&folder)?;
        }
        Ok(watch)
    }

    /// Watches folders among `paths` again: those that were removed and are back.
    ///
    /// # Errors
    /// The system refuses to watch.
    pub fn renew<'a>(&mut self, paths: impl IntoIterator<Item = &'a Path>) -> Result<()> {
        for path in paths {
            if self.folders.contains(path) {
                self.add_folder(path)?;
            }
        }
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path) -> Result<()> {
        let folder = self.root.join(folder);
        match folder.is_dir() {
            true => self.add(&folder, RecursiveMode::Recursive),
            false => Ok(()),
        }
    }

    fn add(&mut self, folder: &Path, mode: RecursiveMode) -> Result<()> {
        let watched = self.watcher.watch(folder, mode);
        watched.with_context(|| format!("`{}` cannot be watched", folder.display()))
    }
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
