//! The file that a place is in: found by its path and by what is in it.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Changes;
use crate::edit::place::Location;
use crate::plan::Sought;

/// Where a place's file is.
#[derive(Debug, PartialEq, Eq)]
pub enum Located {
    At(PathBuf),
    Missing,
    /// None of these is guessed.
    Several(Vec<PathBuf>),
}

impl Changes<'_> {
    /// The one file that `location` is about.
    pub fn locate(&self, location: &Location) -> Result<Located> {
        let mut found = Vec::new();
        for path in location.paths.iter().map(PathBuf::from) {
            if found.is_empty()
                && self.contains(&path)?
                && self.holds(&path, location, location.holds.as_ref())?
            {
                found.push(path);
            }
        }
        let query = location.search_holds.as_ref().or(location.holds.as_ref());
        if found.is_empty() || location.only {
            for pattern in &location.search {
                for path in self.list(pattern)? {
                    if !found.contains(&path) && self.holds(&path, location, query)? {
                        found.push(path);
                    }
                }
            }
        }
        Ok(match found.len() {
            0 => Located::Missing,
            1 => Located::At(found.swap_remove(0)),
            _ => Located::Several(found),
        })
    }

    /// What a condition reads of something that the project may have: its path, or an empty text.
    pub fn seek(&self, sought: &Sought) -> Result<String> {
        Ok(match sought {
            Sought::Above(entry) if self.project.has_above(entry) => entry.clone(),
            Sought::Above(_) => String::new(),
            Sought::File(location) => match self.locate(location)? {
                Located::At(path) => path.display().to_string(),
                Located::Several(paths) => paths[0].display().to_string(),
                Located::Missing => String::new(),
            },
        })
    }

    fn holds(&self, path: &Path, location: &Location, query: Option<&String>) -> Result<bool> {
        let Some(query) = query else {
            return Ok(true);
        };
        let mentions = location.mentions.as_str();
        if !mentions.is_empty() {
            let bytes = self.read(path)?.unwrap_or_default();
            if !String::from_utf8_lossy(&bytes).contains(mentions) {
                return Ok(false);
            }
        }
        Ok(match self.source(path)? {
            Some(source) => !source.find(query)?.is_empty(),
            None => false,
        })
    }

    /// The files that fit `pattern`: on disk, or made by an earlier step.
    fn list(&self, pattern: &str) -> Result<Vec<PathBuf>> {
        let mut paths = self.project.list(pattern)?;
        let made = self.files.iter().map(|change| &change.path);
        let made = made.filter(|path| crate::edit::glob::matches(pattern, &path.to_string_lossy()));
        paths.extend(made.cloned());
        paths.sort();
        paths.dedup();
        Ok(paths)
    }
}
