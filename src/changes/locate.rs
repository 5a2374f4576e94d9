//! The file of a place, found by its path and its contents.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Result;

use super::{Change, Changes};
use crate::edit::glob::matches;
use crate::edit::place::Location;
use crate::plan::{File, Plan, Sought};
use crate::project::contains_any;

/// Result of the search for the file of a place.
#[derive(Debug, PartialEq, Eq)]
pub enum Located {
    At(PathBuf),
    Missing,
    /// Several files match.
    Several(Vec<PathBuf>),
}

impl Changes<'_> {
    /// Returns the only file that matches `location`, or the only preferred one of several.
    pub fn locate(&self, location: &Location) -> Result<Located> {
        let mut found = self.matching(location, usize::MAX)?;
        if found.len() > 1
            && let Some(preferred) = self.preferred(&found, location)?
        {
            return Ok(Located::At(preferred));
        }
        Ok(match found.len() {
            0 => Located::Missing,
            1 => Located::At(found.swap_remove(0)),
            _ => Located::Several(found),
        })
    }

    /// Returns the first `most` files that match `location`.
    fn matching(&self, location: &Location, most: usize) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for path in location.paths.iter().map(PathBuf::from) {
            if found.is_empty()
                && self.contains(&path)?
                && self.holds(&path, location, location.holds.as_ref())?
            {
                found.push(path);
            }
        }
        if !found.is_empty() && !location.only {
            return Ok(found);
        }
        let query = location.search_holds.as_ref().or(location.holds.as_ref());
        for pattern in &location.search {
            for path in self.list(pattern)?.iter() {
                if found.len() >= most {
                    return Ok(found);
                }
                if !found.contains(path) && self.holds(path, location, query)? {
                    found.push(path.clone());
                }
            }
        }
        Ok(found)
    }

    /// Returns the only one of `found` that the location prefers.
    fn preferred(&self, found: &[PathBuf], location: &Location) -> Result<Option<PathBuf>> {
        if location.prefer.is_none() {
            return Ok(None);
        }
        let mut preferred = Vec::new();
        for path in found {
            if self.holds(path, location, location.prefer.as_ref())? {
                preferred.push(path);
            }
        }
        Ok(match preferred.as_slice() {
            [path] => Some((*path).clone()),
            _ => None,
        })
    }

    /// Returns the path of the file that takes the place of `file` in the app, if it is another one.
    pub fn elsewhere(&self, file: &File, plan: &Plan) -> Result<Option<PathBuf>> {
        let name = file.unless_found.as_ref();
        let Some(Sought::File(location)) = name.and_then(|name| plan.finds.get(name)) else {
            return Ok(None);
        };
        Ok(match self.locate(location)? {
            Located::At(path) => (path != file.path).then_some(path),
            _ => None,
        })
    }

    /// Returns the value of a `find` key in conditions: the path of what was found, or an empty text.
    pub fn seek(&self, sought: &Sought) -> Result<String> {
        Ok(match sought {
            Sought::Folder(folder) => match self.has_folder(folder) {
                true => folder.clone(),
                false => String::new(),
            },
            Sought::Above(entry) => {
                let path = self.project.above(entry);
                path.map(|path| path.display().to_string())
                    .unwrap_or_default()
            }
            // Any of several files will do.
            Sought::File(location) => {
                let found = self.matching(location, 1)?;
                let first = found.first().map(|path| path.display().to_string());
                first.unwrap_or_default()
            }
        })
    }

    /// Returns whether the folder is on disk, or a file in it is created by an earlier step.
    fn has_folder(&self, folder: &str) -> bool {
        let made = |change: &Change| change.after.is_some() && change.path.starts_with(folder);
        self.project.has_folder(folder) || self.files.iter().any(made)
    }

    fn holds(&self, path: &Path, location: &Location, query: Option<&String>) -> Result<bool> {
        let Some(query) = query else {
            return Ok(true);
        };
        if !self.mentions(path, &location.mentions)? {
            return Ok(false);
        }
        Ok(match self.source(path)? {
            Some(source) => !source.find(query)?.is_empty(),
            None => false,
        })
    }

    /// Returns whether the file at `path` contains one of `words`, or is there without words.
    pub(super) fn mentions(&self, path: &Path, words: &[String]) -> Result<bool> {
        match self.change(path) {
            Some(change) => Ok(change
                .after
                .as_ref()
                .is_some_and(|a| contains_any(a, words))),
            None => self.project.mentions(path, words),
        }
    }

    /// Returns the files that match `pattern`, on disk or made by an earlier step, without removed ones.
    pub(super) fn list(&self, pattern: &str) -> Result<Rc<[PathBuf]>> {
        let listed = self.project.list(pattern)?;
        let is_news = |change: &&Change| change.before.is_some() != change.after.is_some();
        let of_pattern = |change: &&Change| matches(pattern, &change.path.to_string_lossy());
        let news = self.files.iter().filter(is_news).filter(of_pattern);
        let news: Vec<_> = news.collect();
        if news.is_empty() {
            return Ok(listed);
        }
        let mut paths = listed.to_vec();
        for change in news {
            match paths.binary_search(&change.path) {
                Ok(at) => drop(paths.remove(at)),
                Err(at) if change.after.is_some() => paths.insert(at, change.path.clone()),
                Err(_) => {}
            }
        }
        Ok(paths.into())
    }
}
