//! The run of a plan: refusals, the report with its questions, and the writes.
//!
//! - [`conditions`]: evaluation of `if`
//! - [`entries`]: the record of what the generators make
//! - [`refusals`]: obstacles, before the first line
//! - [`finish`]: writes, programs, next steps

pub mod conditions;
pub mod entries;
pub mod finish;
pub mod refusals;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;

use crate::args::Common;
use crate::catalogue::generator::{Command, Question};
use crate::catalogue::render::Renderer;
use crate::changes::{Changes, FileVerdict, StepVerdict};
use crate::error::Misuse;
use crate::output::interrupt;
use crate::output::report::{Action, EditEntry, FileEntry, FileOutcome, LookUp, ManualEntry};
use crate::output::reporter::Reporter;
use crate::output::terminal::{Conflict, Difference, Given};
use crate::plan::{File, Plan, Sought, Step};
use crate::project::Project;
use crate::record::generated::Base;
use crate::record::{self, TextChange};
use entries::{Entries, base_of};

/// Answers given on the command line.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    /// Yes to all questions.
    pub yes: bool,
    /// Answers by the name of the question.
    pub given: BTreeMap<String, bool>,
}

/// One run of the command.
pub struct Run<'a> {
    project: &'a Project,
    renderer: &'a Renderer<'a>,
    common: &'a Common,
    reporter: &'a mut Reporter,
    changes: Changes<'a>,
    answers: Answers,
    /// Questions answered with yes by a flag.
    wanted: BTreeSet<String>,
    /// All steps of the run, in order.
    steps: Vec<&'a Step>,
    /// Files that conditions of questions check: written last, so that a rerun of a killed run asks again.
    markers: Vec<&'a Sought>,
    commands: Vec<(&'a Plan, &'a Command)>,
    manual: Vec<ManualStep>,
    recording: Recording,
    texts: Vec<TextChange>,
    entries: Entries,
}

/// The record of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recording {
    /// A new app: only what its generators make.
    New,
    /// Also what `undo` needs, with the words of the command.
    Undoable(Vec<String>),
}

/// Result of a run that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Done,
    /// Manual steps are left.
    Open,
    /// A program that a flag requested has failed.
    Failed,
    /// `upgrade --check` has found something to do.
    Outdated,
}

/// A manual step.
struct ManualStep {
    entry: ManualEntry,
    /// The query that finds the lines: a later step with the same one replaces this.
    present: Option<String>,
}

impl ManualStep {
    /// Returns whether one of the two is enough.
    fn is_like(&self, other: &Self) -> bool {
        let (own, others) = (&self.entry, &other.entry);
        let is_same =
            || own.purpose == others.purpose && own.why == others.why && own.lines == others.lines;
        let is_found_by_the_same = self.present.is_some() && self.present == other.present;
        own.path == others.path && (is_found_by_the_same || is_same())
    }
}

impl<'a> Run<'a> {
    pub fn new(
        project: &'a Project,
        renderer: &'a Renderer<'a>,
        common: &'a Common,
        reporter: &'a mut Reporter,
        answers: Answers,
    ) -> Self {
        let wanted = answers.given.iter().filter(|(_, yes)| **yes);
        Self {
            project,
            renderer,
            common,
            reporter,
            changes: Changes::new(project),
            wanted: wanted.map(|(name, _)| name.clone()).collect(),
            answers,
            steps: Vec::new(),
            markers: Vec::new(),
            commands: Vec::new(),
            manual: Vec::new(),
            recording: Recording::New,
            texts: Vec::new(),
            entries: Entries::default(),
        }
    }

    /// Records the run of this command, for `undo`.
    pub fn recorded(self, command: Vec<String>) -> Self {
        Self {
            recording: Recording::Undoable(command),
            ..self
        }
    }

    /// Runs `plan`.
    ///
    /// # Errors
    /// An obstacle was found; nothing has been written.
    pub fn all(mut self, plan: &'a Plan) -> Result<Ending> {
        self.steps = plan.all_steps();
        if let Some(misuse) = Misuse::all(self.refusals(plan)?) {
            return Err(misuse.into());
        }
        self.reporter.begin(self.project);
        for warning in &plan.generator.warnings {
            if self.holds(&warning.condition, plan)? {
                self.reporter.caution(&warning.text);
            }
        }
        self.walk(plan)?;
        self.finish(&plan.generator.next, plan)
    }

    fn walk(&mut self, plan: &'a Plan) -> Result<()> {
        if self.reporter.is_verbose() {
            self.report_look_ups(plan)?;
        }
        let entry = self
            .entries
            .open(plan, &self.project.facts, &self.project.stack);
        let bases = plan
            .files
            .iter()
            .map(|file| Ok((file.path.clone(), self.base(file, plan)?)));
        let bases = bases.collect::<Result<_>>()?;
        self.entries.files(entry, bases);
        for (question, follow) in plan.generator.questions.iter().zip(&plan.follows) {
            self.question(question, follow.as_ref(), plan)?;
        }
        let mut edits = Vec::new();
        for step in &plan.steps {
            let others = edits.len();
            let path = self.step(step, plan, &mut edits)?;
            let is_identical = |edit: &EditEntry| edit.outcome == FileOutcome::Identical;
            if edits[others..].iter().any(is_identical) {
                self.entries.found(entry, step, &path);
            }
            if plan.is_possible(step) {
                self.entries.edit(entry, step, path);
            }
        }
        self.reporter.edits(edits);
        let commands = plan.generator.commands.iter();
        self.commands
            .extend(commands.map(|command| (plan, command)));
        for (then, answers) in &plan.then {
            self.answers.given.extend(answers.clone());
            self.walk(then)?;
        }
        Ok(())
    }

    fn report_look_ups(&mut self, plan: &Plan) -> Result<()> {
        for (name, sought) in &plan.finds {
            let found = self.changes.seek(sought)?;
            self.reporter.look_up(LookUp {
                what: format!("`{name}` of `{}`", plan.generator.folder),
                found: Some(found)
                    .filter(|found| !found.is_empty())
                    .into_iter()
                    .collect(),
            });
        }
        Ok(())
    }

    /// Adds a file if its condition holds, and returns its base for the record.
    fn base(&mut self, file: &File, plan: &Plan) -> Result<Base> {
        Ok(match self.file(file, plan)? {
            Some(FileOutcome::Created | FileOutcome::Overwritten) => base_of(file),
            // As a killed `new` has left it.
            Some(FileOutcome::Identical) if self.recording == Recording::New => base_of(file),
            Some(FileOutcome::Kept) => {
                let kept = self.changes.read(&file.path)?;
                kept.map_or(Base::NotMade, |contents| Base::kept(&contents))
            }
            _ => Base::NotMade,
        })
    }

    /// Adds a file if its condition holds, and returns what becomes of it.
    fn file(&mut self, file: &File, plan: &Plan) -> Result<Option<FileOutcome>> {
        if !self.holds(&file.condition, plan)? {
            return Ok(None);
        }
        if let Some(elsewhere) = self.changes.elsewhere(file, plan)? {
            self.reporter.file(FileEntry {
                path: elsewhere,
                outcome: FileOutcome::Kept,
                instead_of: Some(file.path.clone()),
                folder: None,
            });
            return Ok(None);
        }
        let outcome = match self.changes.verdict(file)? {
            FileVerdict::Create => {
                self.changes.write(file)?;
                FileOutcome::Created
            }
            FileVerdict::Kept => FileOutcome::Kept,
            FileVerdict::Identical => FileOutcome::Identical,
            FileVerdict::Conflict { before } => self.conflict(file, &before)?,
        };
        self.reporter.file(FileEntry {
            path: file.path.clone(),
            outcome,
            instead_of: None,
            folder: file.folder.clone(),
        });
        Ok(Some(outcome))
    }

    fn conflict(&mut self, file: &File, before: &[u8]) -> Result<FileOutcome> {
        let new = self.changes.with_present(file, &self.steps, before)?;
        if *new == *before {
            return Ok(FileOutcome::Identical);
        }
        let settled = match self.common {
            Common { force: true, .. } => Conflict::Overwrite,
            Common { skip: true, .. } => Conflict::Keep,
            Common { dry_run: true, .. } => return Ok(FileOutcome::Conflict),
            _ => {
                let kind = Difference::Generated;
                self.reporter.conflict(kind, &file.path, before, &new)?
            }
        };
        Ok(match settled {
            Conflict::Quit => interrupt::leave(),
            Conflict::Keep => FileOutcome::Kept,
            Conflict::Overwrite => {
                self.changes.write(file)?;
                FileOutcome::Overwritten
            }
        })
    }

    fn question(
        &mut self,
        question: &Question,
        follow: Option<&'a Plan>,
        plan: &'a Plan,
    ) -> Result<()> {
        if !self.holds(&question.condition, plan)? {
            return Ok(());
        }
        self.markers
            .extend(conditions::mentioned(&question.condition, plan).map(|(_, sought)| sought));
        let given = self.answers.given.get(&question.name).copied();
        let given = given.or(self.answers.yes.then_some(true)).map(Given);
        let Some(answer) = self.reporter.ask(question, given)? else {
            interrupt::leave()
        };
        self.answers.given.insert(question.name.clone(), answer);
        match follow {
            Some(follow) if answer => self.walk(follow),
            _ => Ok(()),
        }
    }

    /// Adds an edit if its condition holds, and returns the path of its file.
    fn step(&mut self, step: &Step, plan: &Plan, edits: &mut Vec<EditEntry>) -> Result<PathBuf> {
        if !self.holds(&step.condition, plan)? {
            return Ok(PathBuf::new());
        }
        let (path, verdict) = self.changes.step(step)?;
        let outcome = match verdict {
            StepVerdict::Manual { why, lines } => {
                let there = self.changes.contains(&path)?.then(|| path.clone());
                let step = ManualStep {
                    entry: ManualEntry::new(Action::Add, there, step, why, lines),
                    present: step.parts.last().and_then(|part| part.present.clone()),
                };
                match self.manual.iter_mut().find(|known| known.is_like(&step)) {
                    Some(known) => *known = step,
                    None => self.manual.push(step),
                }
                return Ok(path);
            }
            StepVerdict::Edit => FileOutcome::Edited,
            StepVerdict::Create => FileOutcome::Created,
            StepVerdict::Identical => FileOutcome::Identical,
        };
        if outcome != FileOutcome::Identical && step.is_shared() {
            self.texts
                .push(step.text_change(&path, record::Change::Inserted));
        }
        edits.push(EditEntry::new(step, path.clone(), outcome));
        Ok(path)
    }
}
