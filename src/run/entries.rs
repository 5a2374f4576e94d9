//! The record of what the generators of a run make.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::catalogue::Stack;
use crate::facts::{self, Facts};
use crate::plan::{File, Plan, Step};
use crate::record::generated::{Base, Edit, Entry, encode};

/// Facts of a new app that depend on where it is made, and the folder that stands for them later.
pub const FOLDERS: [(&str, &str); 2] = [("folder", "."), ("parent", "")];

/// The entries of a run, one for each generator.
#[derive(Debug, Default)]
pub struct Entries(Vec<Entry>);

impl Entries {
    /// Adds an entry for `plan`, and returns its index.
    pub fn open(&mut self, plan: &Plan, app: &Facts, stack: &Stack) -> usize {
        self.0.push(entry_of(plan, app, stack));
        self.0.len() - 1
    }

    pub fn files(&mut self, entry: usize, bases: BTreeMap<PathBuf, Base>) {
        self.0[entry].files = bases;
    }

    /// Notes that the text of `step` is there without the run.
    pub fn found(&mut self, entry: usize, step: &Step, path: &Path) {
        let found = (step.place.clone(), path.to_owned());
        self.0[entry].found.insert(found);
    }

    pub fn edit(&mut self, entry: usize, step: &Step, path: PathBuf) {
        self.0[entry].edits.push(edit_of(step, &path));
    }

    /// Returns the entries as text, with the answers of the run.
    ///
    /// # Errors
    /// A path is not UTF-8.
    pub fn encoded(&mut self, answers: &BTreeMap<String, bool>) -> Result<String> {
        for entry in &mut self.0 {
            entry.answers.clone_from(answers);
        }
        encode(&self.0)
    }
}

/// Returns the entry of `plan`, without files and edits.
pub fn entry_of(plan: &Plan, app: &Facts, stack: &Stack) -> Entry {
    Entry {
        generator: plan.generator.id.clone(),
        name: plan.name(),
        options: plan.request.options.clone(),
        values: plan.values(),
        secrets: plan.request.secrets.clone(),
        is_of_new: FOLDERS.iter().any(|(fact, _)| app.contains_key(*fact)),
        app: of_this_app(app, stack),
        facts: plan.facts(),
        lists: plan.lists(),
        ..Entry::default()
    }
}

/// Returns the facts of the app itself: another version may have other constants.
fn of_this_app(app: &Facts, stack: &Stack) -> Facts {
    let constants = facts::constants(&stack.project.facts);
    let others = FOLDERS.map(|(fact, _)| fact).into_iter().chain(constants);
    let mut facts = app.clone();
    for fact in others {
        facts.remove(fact);
    }
    facts
}

/// Returns the file as it was generated: the hash of one in a library.
pub fn base_of(file: &File) -> Base {
    Base::of(&file.contents, file.folder.is_some())
}

/// Returns the record of the edit of `step` in the file at `path`.
pub fn edit_of(step: &Step, path: &Path) -> Edit {
    Edit {
        place: step.place.clone(),
        path: path.to_owned(),
        texts: step.parts.iter().map(|part| part.text.clone()).collect(),
    }
}
