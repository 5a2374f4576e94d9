//! Texts in files: those of new templates go where `gen` puts them, and changed ones take the place of earlier ones.

use std::path::PathBuf;

use anyhow::Result;

use super::Upgrade;
use super::parts::Part;
use crate::changes::take_out::Removal;
use crate::changes::{Located, StepVerdict};
use crate::edit;
use crate::output::report::{Action, EditEntry, FileOutcome, ManualEntry};
use crate::plan::Step;
use crate::record::Change;
use crate::record::generated::Edit;
use crate::run::conditions::Scene;
use crate::run::entries::edit_of;
use crate::run::refusals::refuse_path;

impl Upgrade<'_> {
    /// Makes the edits of `part` that are new or changed, and returns all of them for the record.
    pub fn steps(&mut self, part: &Part) -> Result<Vec<Edit>> {
        let mut edits = Vec::new();
        if !part.is_alive() {
            return Ok(edits);
        }
        for (step, recorded) in part.plan.possible_steps().zip(part.recorded_edits()) {
            let path = match recorded {
                Some(edit) if *edit == edit_of(step, &edit.path) => edit.path.clone(),
                Some(edit) => self.replace(step, edit)?,
                None if self.holds(&step.condition, part)? => self.insert(step)?,
                None => PathBuf::new(),
            };
            edits.push(edit_of(step, &path));
        }
        Ok(edits)
    }

    /// Returns whether `condition` holds in the app as it is by now.
    pub fn holds(&self, condition: &str, part: &Part) -> Result<bool> {
        let scene = Scene {
            renderer: self.renderer,
            changes: &self.changes,
            answers: &part.entry.answers,
        };
        scene.holds(condition, &part.plan, &[])
    }

    fn insert(&mut self, step: &Step) -> Result<PathBuf> {
        let (path, verdict) = match self.changes.locate(&step.location)? {
            // The record may come from a clone, and its facts decide about paths.
            Located::At(path) if refuse_path(&path, self.project).is_err() => {
                let (why, lines) = (
                    "it is outside of the app".to_owned(),
                    edit::lines(&step.parts),
                );
                (path, StepVerdict::Manual { why, lines })
            }
            _ => self.changes.step(step)?,
        };
        self.notes.is_outdated |= verdict != StepVerdict::Identical;
        let outcome = match verdict {
            StepVerdict::Manual { why, lines } => {
                let there = self.changes.contains(&path)?.then(|| path.clone());
                let entry = ManualEntry::new(Action::Add, there, step, why, lines);
                self.manual.push(entry);
                return Ok(path);
            }
            StepVerdict::Identical => return Ok(path),
            StepVerdict::Edit => FileOutcome::Edited,
            StepVerdict::Create => FileOutcome::Created,
        };
        if step.is_shared() {
            self.texts.push(step.text_change(&path, Change::Inserted));
        }
        self.reporter
            .edit(EditEntry::new(step, path.clone(), outcome));
        Ok(path)
    }

    /// Puts the text of `step` in the place of the recorded one, unless the app has it no longer.
    fn replace(&mut self, step: &Step, recorded: &Edit) -> Result<PathBuf> {
        let mut earlier = step.clone();
        let texts = recorded.texts.iter().rev();
        for (part, text) in earlier.parts.iter_mut().rev().zip(texts) {
            part.text.clone_from(text);
        }
        let before = match self.changes.locate(&step.location)? {
            Located::At(path) => {
                refuse_path(&path, self.project)?;
                self.changes.read(&path)?
            }
            _ => None,
        };
        let path = match self.changes.take_out(&earlier)? {
            Removal::Nothing => return Ok(recorded.path.clone()),
            Removal::Edited(path) | Removal::Removed(path) => path,
            Removal::Manual { path, .. } => {
                let lines = edit::lines(&step.parts);
                self.notes.is_outdated = true;
                let why = "its earlier text was changed".to_owned();
                let entry = ManualEntry::new(Action::Add, Some(path.clone()), step, why, lines);
                self.manual.push(entry);
                return Ok(path);
            }
        };
        if step.is_shared() {
            self.texts
                .push(earlier.text_change(&path, Change::TakenOut));
        }
        let manual = self.manual.len();
        let inserted = self.insert(step)?;
        // Better the earlier text than none.
        if let Some(before) = before.filter(|_| self.manual.len() > manual) {
            self.changes.put(&path, before.into())?;
        }
        Ok(inserted)
    }
}
