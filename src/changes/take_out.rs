//! Removal of texts and files that a generator has made.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::recollection::Recollection;
use super::{Changes, Located};
use crate::edit::ending::{like, line_ending};
use crate::edit::place::Need;
use crate::edit::style::neutral;
use crate::edit::{self, Lines, Source, TakenOut};
use crate::plan::{File, Step};
use crate::record::generated::Entry;
use crate::record::{Change, FileChange, Hash, Run, Runs};

/// Result of the removal of a step's text.
#[derive(Debug, PartialEq, Eq)]
pub enum Removal {
    Edited(PathBuf),
    /// The file had only the text, and is removed.
    Removed(PathBuf),
    /// The text is not there.
    Nothing,
    /// A manual step with these lines.
    Manual {
        path: PathBuf,
        lines: Vec<Lines>,
    },
}

/// Returns whether `source` has a text that goes with that of `step`, such as an import, outside of its scope.
fn has_outside(source: &Source, step: &Step) -> Result<bool> {
    let (_, also) = step.parts.split_last().context("a step has a text")?;
    for part in also {
        if has_line(source, &part.text) && !part.is_in_scope(source)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns whether `line` is a line of `source`, with any indentation and in any style.
fn has_line(source: &Source, line: &str) -> bool {
    let [text, line] = [&source.text, line.trim()].map(|text| neutral(text, source.language));
    text.lines().any(|known| known.trim() == line)
}

impl Changes<'_> {
    /// Removes a file.
    pub fn remove(&mut self, path: &Path) -> Result<()> {
        self.set(path, None, None)
    }

    /// Takes the text of `step` out of its file.
    pub fn take_out(&mut self, step: &Step) -> Result<Removal> {
        let located = self.locate(&step.location)?;
        let lines = || edit::lines(&step.parts);
        let path = match &located {
            Located::At(path) => path.clone(),
            Located::Missing => return Ok(Removal::Nothing),
            Located::Several(paths) => return self.in_one_of(paths, step),
        };
        let Some(source) = self.source(&path)? else {
            return Ok(Removal::Nothing);
        };
        let runs = self.project.runs().unwrap_or_default();
        let is_inserted = || Ok(!since(&runs, step, &path)?.is_empty());
        let recollection = Recollection::of(runs.changes_of(&path), &source.text, is_inserted)?;
        let recall = |text: &str| recollection.known(text);
        let known: Option<edit::Recall<'_>> = match recollection.is_empty() {
            true => None,
            false => Some(&recall),
        };
        Ok(match edit::take_out(&step.parts, &source, known)? {
            TakenOut::Manual(lines) => Removal::Manual { path, lines },
            // A helper or a macro has it.
            TakenOut::Nothing => match self.found_elsewhere(step, &located)? {
                Some(other) if other != path => Removal::Manual {
                    path: other,
                    lines: lines(),
                },
                _ => Removal::Nothing,
            },
            // A reader has inserted it with its imports in a function.
            TakenOut::Changed(new) if has_outside(&new, step)? => Removal::Manual {
                path,
                lines: lines(),
            },
            TakenOut::Changed(new)
                if step.location.create
                    && new.text.trim().is_empty()
                    && !recollection.was_empty() =>
            {
                self.remove(&path)?;
                Removal::Removed(path)
            }
            TakenOut::Changed(new) => {
                let is_earlier = |text: &str| recollection.age(text).is_some();
                let new = match with_earlier_end(&new.text, &is_earlier) {
                    Some(text) => new.with_text(text),
                    None => new,
                };
                self.set(&path, Some(new.text.clone().into_bytes().into()), Some(new))?;
                Removal::Edited(path)
            }
        })
    }

    /// Returns whether the file at `path` has all texts of `step`, also in other scopes.
    pub fn has_all(&self, step: &Step, path: &Path) -> Result<bool> {
        let Some(source) = self.source(path)? else {
            return Ok(false);
        };
        for part in &step.parts {
            if !part.is_in_scope(&source)? && !has_line(&source, &part.text) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the manual step for a text in one of several files.
    fn in_one_of(&self, paths: &[PathBuf], step: &Step) -> Result<Removal> {
        for path in paths {
            if let (Some(source), Some(main)) = (self.source(path)?, step.parts.last())
                && main.is_in_scope(&source)?
            {
                return Ok(Removal::Manual {
                    path: path.clone(),
                    lines: edit::lines(&step.parts),
                });
            }
        }
        Ok(Removal::Nothing)
    }

    /// Returns a file that needs the text of `step`. If only entries in `gone`, and those that are taken back already, have inserted
    /// the text, a file that is as before did without it.
    pub fn needing_text(&self, step: &Step, gone: &[Entry]) -> Result<Option<PathBuf>> {
        let located = self.locate(&step.location)?;
        let (source, older) = match &located {
            Located::At(path) => (self.source(path)?, self.as_before(step, path, gone)?),
            _ => (None, Vec::new()),
        };
        for need in step.needed_by() {
            let is_void = match &source {
                Some(source) if !need.unless.is_empty() => !source.find(&need.unless)?.is_empty(),
                _ => false,
            };
            if !is_void && let Some(path) = self.needing(std::slice::from_ref(need), &older)? {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// Returns the files that are as before the run that has inserted the text of `step` in the file at `path`, if its entries are
    /// in `gone` or taken back.
    fn as_before(&self, step: &Step, path: &Path, gone: &[Entry]) -> Result<Vec<PathBuf>> {
        let runs = self.project.runs()?;
        let since = since(&runs, step, path)?;
        let Some(run) = since.first() else {
            return Ok(Vec::new());
        };
        let recorded = runs.generated()?;
        let is_gone = |entry: &Entry| {
            let mut like = recorded.iter().filter(|known| known.is_like(entry));
            gone.iter().any(|gone| gone.is_like(entry)) || like.all(|known| known.is_taken_back)
        };
        if !run.entries()?.iter().all(is_gone) {
            return Ok(Vec::new());
        }
        let mut known = HashSet::new();
        let mut files = Vec::new();
        for change in since.into_iter().flat_map(|run| &run.files) {
            if known.insert(&change.path)
                && let (Some(before), Some(now)) = (&change.before, self.read(&change.path)?)
                && *before == Hash::of(&now)
            {
                files.push(change.path.clone());
            }
        }
        Ok(files)
    }

    /// Returns a file with one of `needs` that is none of `own`.
    pub fn needing(&self, needs: &[Need], own: &[PathBuf]) -> Result<Option<PathBuf>> {
        for need in needs {
            for pattern in &need.search {
                for path in self.list(pattern)?.iter() {
                    if own.contains(path) {
                        continue;
                    }
                    if self.is_needing(path, need)? {
                        return Ok(Some(path.clone()));
                    }
                }
            }
        }
        Ok(None)
    }

    fn is_needing(&self, path: &Path, need: &Need) -> Result<bool> {
        let bytes = self.read(path)?.unwrap_or_default();
        if !need.mentions.is_empty() {
            let text = String::from_utf8_lossy(&bytes);
            if !need.mentions.iter().any(|word| has_word(&text, word)) {
                return Ok(false);
            }
        }
        let (Some(query), Some(source)) = (&need.holds, self.source(path)?) else {
            return Ok(true);
        };
        let Some(within) = &need.within else {
            return Ok(!source.find(query)?.is_empty());
        };
        for found in source.find(within)? {
            if let Some(scope) = found.node("scope")
                && !source.find_in(scope, query)?.is_empty()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the current contents of a generated file, and whether they are as the generator makes them now, also after some
    /// of its `steps`.
    pub fn generated(&self, file: &File, steps: &[&Step]) -> Result<Option<(Vec<u8>, bool)>> {
        let Some(now) = self.read(&file.path)? else {
            return Ok(None);
        };
        let is_same = *now == *like(&file.contents, &now);
        let is_generated = is_same || *now == *self.with_present(file, steps, &now)?;
        Ok(Some((now, is_generated)))
    }

    /// Returns the hash of the file after the last run that has created it, if the record has one and none has removed it since.
    pub fn as_created(&self, path: &Path) -> Option<Hash> {
        let runs = self.project.runs().unwrap_or_default();
        let mut files = runs.iter().flat_map(|run| &run.files);
        let created = |known: &&FileChange| {
            known.path == path && (known.before.is_none() || known.after.is_none())
        };
        files.rfind(created)?.after.clone()
    }
}

/// Returns the runs from the one on that has inserted the text of `step` in the file at `path`.
pub fn since<'r>(runs: &'r Runs, step: &Step, path: &Path) -> Result<Vec<&'r Run>> {
    match step.is_shared() {
        true => Ok(runs.since_inserted(&step.text_change(path, Change::Inserted))),
        false => runs.since_edited(&step.edited_text(path)),
    }
}

/// Largest number of line endings at the end of a file that is restored.
const LAST_ENDINGS: usize = 4;

/// Returns `text` with as many line endings at its end as the file had before a run: insertions leave one.
fn with_earlier_end(text: &str, is_earlier: &dyn Fn(&str) -> bool) -> Option<String> {
    if is_earlier(text) {
        return None;
    }
    let (bare, ending) = (text.trim_end_matches(['\r', '\n']), line_ending(text));
    let ends = (0..=LAST_ENDINGS).map(|count| bare.to_owned() + &ending.repeat(count));
    ends.into_iter().find(|text| is_earlier(text))
}

/// Returns whether `text` has `word` as a whole one.
pub fn has_word(text: &str, word: &str) -> bool {
    let mut found = text.match_indices(word);
    found.any(|(at, _)| edit::is_word(text, &(at..at + word.len())))
}
