//! The end of a run: writes, programs, next steps.

use anyhow::Result;

use super::{Ending, Recording, Run};
use crate::catalogue::generator::{Command, Paragraph};
use crate::changes::{Change, Located};
use crate::output::interrupt;
use crate::output::{apply, record};
use crate::plan::{Plan, Sought};
use crate::project::Project;
use crate::record::{FileChange, Run as Record, Runs, TextChange};

impl Run<'_> {
    pub(super) fn finish(mut self, next: &[Paragraph], plan: &Plan) -> Result<Ending> {
        let wanted = self.wanted()?;
        if !self.common.dry_run {
            self.write()?;
        }
        let broken = self.run_commands(&wanted);
        let names = broken
            .iter()
            .filter_map(|command| command.run.first().cloned());
        let failed: Vec<_> = names.collect();
        for step in std::mem::take(&mut self.manual) {
            self.reporter.manual(step.entry);
        }
        for paragraph in next.iter().filter(|_| !self.common.dry_run) {
            if self.holds_after(&paragraph.condition, plan, &failed)? {
                self.reporter.next(&paragraph.text);
            }
        }
        Ok(self.ending(&broken))
    }

    fn ending(&self, broken: &[Command]) -> Ending {
        let is_wanted = |command: &Command| {
            let mut wanted = self.wanted.iter();
            wanted.any(|question| command.condition.contains(&format!("answers.{question}")))
        };
        if broken.iter().any(is_wanted) {
            return Ending::Failed;
        }
        match self.reporter.report.manual_steps.is_empty() {
            true => Ending::Done,
            false => Ending::Open,
        }
    }

    fn write(&mut self) -> Result<()> {
        let mut last = Vec::new();
        for sought in &self.markers {
            if let Sought::File(location) = sought
                && let Located::At(path) = self.changes.locate(location)?
            {
                last.push(path);
            }
        }
        let generated = self.entries.encoded(&self.answers.given)?;
        let changes = self.changes.in_order(&last);
        let paths = self.reporter.report.paths();
        let warning = interrupt::delayed(|| {
            Ok(match &self.recording {
                Recording::Undoable(command) => {
                    let texts = std::mem::take(&mut self.texts);
                    let run = Record {
                        generated,
                        ..recorded(self.project, command.clone(), &changes, texts)
                    };
                    record::apply(self.project, run, &changes, &paths)?
                }
                Recording::New => {
                    let list = changes_with_new(self.project, generated, changes.is_empty())?;
                    let changes: Vec<_> = changes.iter().copied().chain(&list).collect();
                    apply::apply(&self.project.root, &changes, &paths)?;
                    None
                }
            })
        })?;
        if let Some(warning) = warning {
            self.reporter.warn(warning);
        }
        Ok(())
    }

    fn wanted(&self) -> Result<Vec<Command>> {
        let mut wanted = Vec::new();
        for (plan, command) in &self.commands {
            if self.holds(&command.condition, plan)? {
                wanted.push((*command).clone());
            }
        }
        Ok(wanted)
    }

    /// Runs the programs, and returns and reports those that failed.
    fn run_commands(&mut self, wanted: &[Command]) -> Vec<Command> {
        let mut broken = Vec::new();
        for command in wanted {
            if let Err(reason) = self.reporter.run(command, &self.project.root) {
                broken.push((command.clone(), reason));
            }
        }
        let warned = broken.into_iter().map(|(command, reason)| {
            self.reporter
                .warn(format!("{reason}: {}", command.otherwise));
            command
        });
        warned.collect()
    }
}

/// Returns the changes of the recorded runs by `new`, which is not recorded again if the rest `is_unchanged`.
fn changes_with_new(
    project: &Project,
    generated: String,
    is_unchanged: bool,
) -> Result<Vec<Change>> {
    let mut runs = Runs::clone(&*project.runs()?);
    if is_unchanged && !runs.is_empty() {
        return Ok(Vec::new());
    }
    runs.push(Record {
        generated,
        ..recorded(project, vec!["new".to_owned()], &[], Vec::new())
    })?;
    record::changes_to(project, &runs)
}

/// Returns the record of a run that is about to write `changes`.
pub fn recorded(
    project: &Project,
    command: Vec<String>,
    changes: &[&Change],
    texts: Vec<TextChange>,
) -> Record {
    let file = |change: &&Change| {
        let (before, after) = (change.before.as_deref(), change.after.as_deref());
        FileChange::new(change.path.clone(), before, after)
    };
    let created = changes.iter().filter(|change| change.before.is_none());
    let mut folders: Vec<_> = created
        .flat_map(|change| project.missing_folders(&change.path))
        .collect();
    folders.sort();
    folders.dedup();
    Record {
        command,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        files: changes.iter().map(file).collect(),
        folders,
        texts,
        generated: String::new(),
    }
}
