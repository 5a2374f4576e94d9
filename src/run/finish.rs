//! The end of a run: writes, programs, next steps.

use anyhow::Result;

use super::{Ending, Run};
use crate::catalogue::generator::{Command, Paragraph};
use crate::changes::Located;
use crate::output::interrupt::{self, Progress};
use crate::output::{apply, commands};
use crate::plan::{Plan, Sought};

impl Run<'_> {
    pub(super) fn finish(self, next: &[Paragraph], plan: &Plan) -> Result<Ending> {
        let wanted = self.wanted()?;
        let broken = match self.common.dry_run {
            true => {
                let run = wanted.iter().map(|command| command.run.join(" "));
                run.for_each(|run| self.terminal.report("running", run));
                Vec::new()
            }
            false => {
                self.write()?;
                self.run_commands(&wanted)
            }
        };
        let names = broken
            .iter()
            .filter_map(|command| command.run.first().cloned());
        let failed: Vec<_> = names.collect();
        for step in &self.manual {
            let path = step.path.as_ref();
            let path = path.map(|path| self.project.display_path(path));
            self.terminal
                .manual(path.as_deref(), &step.purpose, &step.why, &step.lines);
        }
        if self.common.dry_run {
            self.terminal.say("Dry run: nothing was written.");
            return Ok(self.ending(&[]));
        }
        let mut is_open = !self.manual.is_empty();
        for paragraph in next {
            if self.holds_after(&paragraph.condition, plan, &failed)? {
                // Next steps apply once the manual steps are done.
                if std::mem::take(&mut is_open) {
                    self.terminal.say("Once these lines are in place:");
                }
                self.terminal.say(&paragraph.text);
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
        match self.manual.is_empty() {
            true => Ending::Done,
            false => Ending::Open,
        }
    }

    fn write(&self) -> Result<()> {
        let mut last = Vec::new();
        for sought in &self.markers {
            if let Sought::File(location) = sought
                && let Located::At(path) = self.changes.locate(location)?
            {
                last.push(path);
            }
        }
        let mut progress = interrupt::hold();
        let changes = self.changes.in_order(&last);
        apply::apply(&self.project.root, &changes, self.report.made())?;
        *progress = Progress::AllWritten;
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
    fn run_commands(&self, wanted: &[Command]) -> Vec<Command> {
        let mut broken = Vec::new();
        for command in wanted {
            self.terminal.report("running", command.run.join(" "));
            if let Err(reason) = commands::run(command, &self.project.root) {
                broken.push((command.clone(), reason));
            }
        }
        let said = broken.into_iter().map(|(command, reason)| {
            let otherwise = &command.otherwise;
            self.terminal.warn(&format!("{reason}: {otherwise}"));
            command
        });
        said.collect()
    }
}
