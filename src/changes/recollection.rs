//! Recollection of the earlier texts of a file, from the record of runs.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use anyhow::Result;

use crate::edit::Known;
use crate::record::{FileChange, Hash};

/// The recorded changes of a file, and its lines.
pub struct Recollection<'a> {
    /// Changes of the file. The last one comes first.
    changes: Vec<&'a FileChange>,
    /// Lines that the file has or had. `None` if not all runs have recorded that, or a reader has pasted what is taken out.
    lines: Option<HashSet<Hash>>,
    /// Knowledge of texts: candidates come again and again.
    known: RefCell<HashMap<String, Known>>,
    /// The hashes of lines, which most candidates share.
    hashes: RefCell<HashMap<String, Hash>>,
}

impl<'a> Recollection<'a> {
    /// Returns that of a file with the recorded `changes`, of which the last one comes first. `now` is its text. If no run has
    /// replaced a line, `is_inserted` distinguishes what a run has inserted from what a reader has pasted.
    pub fn of(
        changes: Vec<&'a FileChange>,
        now: &str,
        is_inserted: impl FnOnce() -> Result<bool>,
    ) -> Result<Self> {
        let replaced: Option<Vec<_>> = changes
            .iter()
            .map(|change| change.replaced.as_ref())
            .collect();
        let replaced: Option<HashSet<_>> =
            replaced.map(|of_runs| of_runs.into_iter().flatten().cloned().collect());
        let lines = match replaced {
            Some(lines) if !lines.is_empty() || is_inserted()? => {
                Some(now.lines().map(Hash::of_line).chain(lines).collect())
            }
            _ => None,
        };
        Ok(Self {
            changes,
            lines,
            known: RefCell::default(),
            hashes: RefCell::default(),
        })
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Returns the number of runs that have changed the file since it had this text.
    pub fn age(&self, text: &str) -> Option<usize> {
        let hash = Hash::of(text.as_bytes());
        let same = |change: &&FileChange| change.before.as_ref() == Some(&hash);
        self.changes.iter().position(same)
    }

    /// Returns whether a run has found the file without contents.
    pub fn was_empty(&self) -> bool {
        ["", "\n", "\r\n"]
            .iter()
            .any(|text| self.age(text).is_some())
    }

    /// Returns what is known of `text`.
    pub fn known(&self, text: &str) -> Known {
        if let Some(known) = self.known.borrow().get(text) {
            return known.clone();
        }
        let known = match self.age(text) {
            Some(age) => Known::Earlier(age),
            None => self.unrecorded(text),
        };
        self.known
            .borrow_mut()
            .insert(text.to_owned(), known.clone());
        known
    }

    fn unrecorded(&self, text: &str) -> Known {
        let lines: HashSet<_> = text.lines().map(|line| self.hash_of(line)).collect();
        let lacking =
            |of_run: &Vec<Hash>| of_run.iter().filter(|line| !lines.contains(*line)).count();
        let replaced = self
            .changes
            .iter()
            .filter_map(|change| change.replaced.as_ref());
        let had = self.lines.as_ref();
        Known::Unrecorded {
            lacking: replaced.map(lacking).collect(),
            invented: had.map_or(0, |had| lines.difference(had).count()),
        }
    }

    fn hash_of(&self, line: &str) -> Hash {
        if let Some(hash) = self.hashes.borrow().get(line) {
            return hash.clone();
        }
        let hash = Hash::of_line(line);
        self.hashes
            .borrow_mut()
            .insert(line.to_owned(), hash.clone());
        hash
    }
}
