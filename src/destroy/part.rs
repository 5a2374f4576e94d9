//! The files and texts of a plan, and their removal.

use std::path::{Path, PathBuf};

use anyhow::Result;
use heck::ToUpperCamelCase;

use super::Destroy;
use crate::args::Common;
use crate::changes::take_out::{Removal, has_word, since};
use crate::changes::{Changes, Located};
use crate::edit::ending::as_generated;
use crate::error::Misuse;
use crate::output::interrupt;
use crate::output::report::{Action, EditEntry, FileEntry, FileOutcome, ManualEntry};
use crate::output::terminal::{Conflict, Difference};
use crate::plan::{File, Plan, Step};
use crate::record::generated::{Base, Entry};
use crate::record::{Change, Hash};

/// The files and texts of a plan that are meant for the app as it is.
pub struct Part<'a> {
    pub files: Vec<&'a File>,
    /// Files of the app that stand for generated ones, which are reported as kept.
    elsewhere: Vec<PathBuf>,
    pub steps: Vec<&'a Step>,
    /// Paths of all files that it makes or edits.
    own: Vec<PathBuf>,
    /// Files that differ from the generated ones, with their contents.
    changed: Vec<(&'a File, Vec<u8>)>,
    /// The same, of the app itself: `gen` has kept them.
    foreign: Vec<(&'a File, Vec<u8>)>,
}

impl Part<'_> {
    fn is_foreign(&self, path: &Path) -> bool {
        self.foreign.iter().any(|(file, _)| file.path == path)
    }
}

/// Decisions about the changed files of a part.
pub enum Decisions {
    /// This file stays, and it needs the others.
    Keep(PathBuf),
    /// Everything goes, except these files.
    Remove(Vec<PathBuf>),
}

impl<'a> Destroy<'a> {
    /// Returns the part of `plan` whose conditions hold.
    pub fn part(&self, plan: &'a Plan) -> Result<Part<'a>> {
        let (mut files, mut elsewhere) = (Vec::new(), Vec::new());
        for file in &plan.files {
            if self.holds(&file.condition, plan)? {
                match self.changes.elsewhere(file, plan)? {
                    Some(path) => elsewhere.push(path),
                    None => files.push(file),
                }
            }
        }
        let (mut steps, mut meant) = (Vec::new(), Vec::new());
        for step in &plan.steps {
            if self.holds(&step.condition, plan)? {
                meant.push(step);
            } else if step.is_shared() && self.is_ours(step) {
                // A condition may be about the app without the text. It is taken out after the others, backwards.
                steps.push(step);
            }
        }
        steps.extend(meant);
        let all = plan.all_steps();
        let mut own: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
        for step in &steps {
            if let Located::At(path) = self.changes.locate(&step.location)? {
                own.push(path);
            }
        }
        let (mut changed, mut foreign) = (Vec::new(), Vec::new());
        for file in &files {
            let Some((now, false)) = self.changes.generated(file, &all)? else {
                continue;
            };
            match self.changes.as_created(&file.path) {
                Some(hash) if hash == Hash::of(&now) || hash == Hash::of(&as_generated(&now)) => {}
                None if file.once || self.was_kept(&file.path, &now)? => {
                    foreign.push((*file, now));
                }
                _ if self.changes.needing(&file.needed_by, &own)?.is_some() => {}
                _ => changed.push((*file, now)),
            }
        }
        Ok(Part {
            files,
            elsewhere,
            steps,
            own,
            changed,
            foreign,
        })
    }

    /// Returns whether the app has anything of `part`. What others need may be of another name than the given one.
    pub fn is_there(&self, part: &Part<'_>) -> Result<bool> {
        let is_named = self.args.name.is_some();
        let is_recorded = self.is_recorded();
        let runs = self.project.runs().unwrap_or_default();
        let made = runs.generated().unwrap_or_default();
        let is_it = |entry: &Entry| self.entries.iter().any(|own| entry.is_like(own));
        let is_made = made
            .iter()
            .any(|entry| is_it(entry) && !entry.is_taken_back);
        let ours = part.files.iter();
        for file in ours.filter(|file| is_recorded || !part.is_foreign(&file.path)) {
            let needing = || self.changes.needing(&file.needed_by, &part.own);
            if self.changes.contains(&file.path)? && !(is_named && needing()?.is_some()) {
                return Ok(true);
            }
        }
        let mut changes = Changes::new(self.project);
        for step in part.steps.iter().filter(|step| self.is_ours(step)) {
            // A text that stays is reported, if a run has made it.
            let stays = self.changes.needing_text(step, &self.entries)?.is_some();
            if (is_made || !stays) && changes.take_out(step)? != Removal::Nothing {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the changed files, if nobody can be asked about them.
    pub fn undecided(&self, part: &Part<'_>) -> Vec<Misuse> {
        if self.reporter.can_decide(&self.args.common) {
            return Vec::new();
        }
        let paths = part.changed.iter().map(|(file, _)| &file.path);
        let refused =
            paths.map(|path| Difference::FromGenerated.refused(&self.project.display_path(path)));
        refused.collect()
    }

    /// Asks about the changed files of `part`.
    pub fn decide(&mut self, part: &Part<'_>) -> Result<Decisions> {
        let mut kept: Vec<_> = part.foreign.iter().collect();
        for changed in &part.changed {
            let (file, now) = changed;
            match self.settle(part, file, now)? {
                Conflict::Overwrite => {}
                Conflict::Keep => kept.push(changed),
                Conflict::Quit => interrupt::leave(),
            }
        }
        for (file, now) in &kept {
            // It was there before the others.
            if part.is_foreign(&file.path) && self.was_kept(&file.path, now)? {
                continue;
            }
            if uses_others(file, now, &part.files) {
                for file in &part.files {
                    if self.changes.contains(&file.path)? {
                        self.report_file(&file.path, FileOutcome::Kept);
                    }
                }
                return Ok(Decisions::Keep(file.path.clone()));
            }
        }
        let kept = kept.into_iter().map(|(file, _)| file.path.clone());
        Ok(Decisions::Remove(kept.collect()))
    }

    /// Returns the decision about a changed file.
    fn settle(&mut self, part: &Part<'_>, file: &File, now: &[u8]) -> Result<Conflict> {
        let kind = Difference::FromGenerated;
        Ok(match self.args.common {
            Common { force: true, .. } => Conflict::Overwrite,
            Common { skip: true, .. } => Conflict::Keep,
            Common { dry_run: true, .. } => {
                self.report_file(&file.path, FileOutcome::Conflict);
                let made = self.changes.with_present(file, &part.steps, now)?;
                self.reporter.changes(kind, &file.path, now, &made);
                Conflict::Keep
            }
            _ => {
                let made = self.changes.with_present(file, &part.steps, now)?;
                self.reporter.conflict(kind, &file.path, now, &made)?
            }
        })
    }

    /// Removes the files and texts of `part`, except the files that are `kept`, and what others need.
    pub fn take_back(&mut self, part: &Part<'_>, kept: &[PathBuf]) -> Result<()> {
        // Texts in its own files go or stay with them.
        let made = |path: &Path| part.files.iter().any(|file| file.path == path);
        let own = |path: &Path| made(path) && !part.is_foreign(path);
        let mut steps = Vec::new();
        for step in part.steps.iter().rev() {
            match self.changes.locate(&step.location)? {
                Located::At(path) if own(&path) || self.is_of_kept(step, &path, part)? => {}
                _ => steps.push(*step),
            }
        }
        let (mut shared, own): (Vec<_>, Vec<_>) = steps
            .into_iter()
            .partition(|step| step.is_shared() || !step.needed_by().is_empty());
        for step in own {
            if self.is_ours(step) {
                self.step(step)?;
            }
        }
        for path in &part.elsewhere {
            self.report_file(path, FileOutcome::Kept);
        }
        // A file that stays needs others of its own.
        let mut gone: Vec<_> = part.files.iter().map(|file| file.path.clone()).collect();
        for file in &part.files {
            if !self.changes.contains(&file.path)? {
                continue;
            }
            if kept.contains(&file.path) {
                self.report_file(&file.path, FileOutcome::Kept);
            } else if let Some(by) = self.changes.needing(&file.needed_by, &gone)? {
                gone.retain(|path| *path != file.path);
                self.report_file(&file.path, FileOutcome::Kept);
                let kept = self.project.display_path(&file.path);
                self.needed.push((kept.display().to_string(), by));
            } else {
                self.remove(file)?;
            }
        }
        // Texts of a module come before those that need it.
        shared.retain(|step| self.is_ours(step));
        for step in shared {
            match self.changes.needing_text(step, &self.entries)? {
                Some(by) => self.keep(step, by)?,
                None => self.step(step)?,
            }
        }
        Ok(())
    }

    /// Returns whether the text of `step` belongs to a file of the app itself, which stays: the first run of the generator has found
    /// both.
    fn is_of_kept(&self, step: &Step, path: &Path, part: &Part<'_>) -> Result<bool> {
        let mut foreign = part.foreign.iter().map(|(file, _)| file);
        // A file that several runs share, such as the support of tests, belongs to none of them.
        let is_own = |file: &File| !file.once || file.needed_by.is_empty();
        if part.elsewhere.is_empty() && !foreign.any(|file| is_own(file)) {
            return Ok(false);
        }
        let Some(own) = self.entries.last() else {
            return Ok(false);
        };
        let made = self.project.runs()?.generated()?;
        let first = made
            .iter()
            .find(|entry| entry.is_like(own) && !entry.is_taken_back);
        let found = (step.place.clone(), path.to_owned());
        Ok(first.is_some_and(|entry| entry.found.contains(&found)))
    }

    /// Keeps the text of `step`. This is reported if a run of this generator alone has inserted it, and a file needs it that
    /// no run has made.
    fn keep(&mut self, step: &Step, by: PathBuf) -> Result<()> {
        let Located::At(path) = self.changes.locate(&step.location)? else {
            return Ok(());
        };
        let text = step.text_change(&path, Change::Inserted);
        let runs = self.project.runs()?;
        if self.changes.as_created(&by).is_none()
            && let Some(run) = since(&runs, step, &path)?.first()
            && let Some(own) = self.entries.last()
            && run.entries()?.iter().all(|entry| entry.is_like(own))
        {
            let line = text.text.lines().next().unwrap_or_default();
            let path = self.project.display_path(&path);
            let kept = format!("`{}` in {}", line.trim_end_matches(','), path.display());
            self.needed.push((kept, by));
        }
        Ok(())
    }

    fn remove(&mut self, file: &File) -> Result<()> {
        self.changes.remove(&file.path)?;
        self.reporter.file(FileEntry {
            path: file.path.clone(),
            outcome: FileOutcome::Removed,
            instead_of: None,
            folder: file.folder.clone(),
        });
        Ok(())
    }

    /// Returns whether the text is one of `gen`. That of a shared place has to be in the record.
    fn is_ours(&self, step: &Step) -> bool {
        if !step.is_shared() {
            return !self.is_of_the_app(step).unwrap_or_default();
        }
        let runs = self.project.runs().unwrap_or_default();
        match self.changes.locate(&step.location) {
            Ok(Located::At(path)) => {
                let text = step.text_change(&path, Change::Inserted);
                runs.have_inserted(&text)
            }
            _ => false,
        }
    }

    /// Returns whether the app has some texts of `step` by itself: `gen` inserts all of them, or none, and no recorded run of the
    /// generator has edited the file.
    fn is_of_the_app(&self, step: &Step) -> Result<bool> {
        let Located::At(path) = self.changes.locate(&step.location)? else {
            return Ok(false);
        };
        if self.changes.has_all(step, &path)? {
            return Ok(false);
        }
        let mut is_recorded = false;
        for run in self.project.runs()?.iter() {
            let entries = run.entries()?;
            if entries.iter().any(|e| e.generator == self.args.generator) {
                is_recorded = true;
                if run.files.iter().any(|file| file.path == path) {
                    return Ok(false);
                }
            }
        }
        Ok(is_recorded)
    }

    /// Returns whether a run of the generator has found the file at `path` with these contents, and kept it.
    fn was_kept(&self, path: &Path, now: &[u8]) -> Result<bool> {
        let kept = Base::kept(now);
        for run in self.project.runs()?.iter() {
            let mut entries = run.entries()?.into_iter();
            if entries
                .any(|e| e.generator == self.args.generator && e.files.get(path) == Some(&kept))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn step(&mut self, step: &Step) -> Result<()> {
        let (path, outcome) = match self.changes.take_out(step)? {
            Removal::Nothing => return Ok(()),
            Removal::Edited(path) => (path, FileOutcome::TakenOut),
            Removal::Removed(path) => (path, FileOutcome::Removed),
            Removal::Manual { path, lines } => {
                let (path, why) = (Some(path), String::new());
                let entry = ManualEntry::new(Action::TakeOut, path, step, why, lines);
                self.manual.push(entry);
                return Ok(());
            }
        };
        let text = step.text_change(&path, Change::TakenOut);
        let runs = self.project.runs()?;
        // Of all texts, the record has those that are shared, also if another generator has inserted this one.
        if runs.have_inserted(&text) {
            self.texts.push(text);
        }
        self.reporter.edit(EditEntry {
            quiet: false,
            ..EditEntry::new(step, path, outcome)
        });
        Ok(())
    }

    /// Adds a file to the report, once.
    fn report_file(&mut self, path: &Path, outcome: FileOutcome) {
        let mut files = self.reporter.report.files.iter();
        if files.any(|file| file.path == path) {
            return;
        }
        self.reporter.file(FileEntry {
            path: path.to_owned(),
            outcome,
            instead_of: None,
            folder: None,
        });
    }
}

/// Returns whether `file`, whose contents are `now`, names another one of `files`.
fn uses_others(file: &File, now: &[u8], files: &[&File]) -> bool {
    let text = String::from_utf8_lossy(now);
    let own = names_of(&file.path);
    let others = files.iter().filter(|other| other.path != file.path);
    let mut names = others.flat_map(|other| names(&other.path));
    names.any(|name| !own.contains(&name) && has_word(&text, &name))
}

/// Returns the names by which other files know the one at `path`: `room_channel` and `RoomChannel`.
fn names(path: &Path) -> [String; 2] {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    let name = match &*stem {
        "mod" | "tests" => folder.to_string_lossy().into_owned(),
        stem => stem.to_owned(),
    };
    [name.to_upper_camel_case(), name]
}

/// Returns the names that the file at `path` has itself. A test has that of what it tests, which is another file.
fn names_of(path: &Path) -> Vec<String> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut folders = path.iter();
    let is_test = folders.any(|part| part == "tests" || part == "test") || stem == "tests";
    match is_test {
        true => Vec::new(),
        false => names(path).to_vec(),
    }
}
