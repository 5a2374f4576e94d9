//! Adds entries to the report of a run, and shows them in the form that the command line asks for.

use std::path::Path;

use anyhow::Result;

use super::commands;
use super::report::text::Text;
use super::report::{
    App, CommandEntry, CommandOutcome, EditEntry, FileEntry, LookUp, ManualEntry, Outcome,
    QuestionEntry, Report, json,
};
use super::terminal::{Conflict, Difference, Given, Terminal};
use crate::args::{Common, Form};
use crate::catalogue::generator::{Command, Question};
use crate::project::{Project, absolute, below};

/// The report of a run, and its view.
#[derive(Debug)]
pub struct Reporter {
    pub report: Report,
    form: Form,
    /// Last line of the text, if nothing is written.
    unwritten: Option<&'static str>,
    text: Text,
    terminal: Terminal,
}

impl Reporter {
    pub fn new(terminal: Terminal, common: &Common) -> Self {
        Self {
            report: Report {
                dry_run: common.dry_run,
                ..Report::default()
            },
            form: common.form(),
            unwritten: common.unwritten(),
            text: Text::new(common.detail()),
            terminal,
        }
    }

    /// Sets the app of the report.
    pub fn begin(&mut self, project: &Project) {
        self.text.below = project.display_path(Path::new(""));
        self.report.app = Some(App {
            root: absolute(&project.root),
            stack: project.stack.name.clone(),
        });
    }

    /// Returns whether look-ups are reported.
    pub fn is_verbose(&self) -> bool {
        self.text.is_verbose()
    }

    /// Returns whether there is somebody to ask.
    pub fn is_person(&self) -> bool {
        self.terminal.is_person()
    }

    /// Returns whether an option or a person decides about files that differ.
    pub fn can_decide(&self, common: &Common) -> bool {
        common.force || common.skip || common.dry_run || self.is_person()
    }

    pub fn file(&mut self, file: FileEntry) {
        self.show(|text, terminal| text.file(terminal, &file));
        self.report.files.push(file);
    }

    pub fn edit(&mut self, edit: EditEntry) {
        self.edits(vec![edit]);
    }

    /// Adds edits, of which those of one file are one line of the text.
    pub fn edits(&mut self, edits: Vec<EditEntry>) {
        for edit in &edits {
            let of_file = edits.iter().filter(|other| other.path == edit.path);
            self.show(|text, terminal| text.edit(terminal, edit, of_file));
        }
        self.report.edits.extend(edits);
    }

    pub fn manual(&mut self, step: ManualEntry) {
        self.show(|text, terminal| text.manual(terminal, &step));
        self.report.manual_steps.push(step);
    }

    pub fn next(&mut self, step: &str) {
        self.show(|text, terminal| text.next(terminal, step));
        self.report.next_steps.push(step.trim_end().to_owned());
    }

    /// Adds a look-up, once.
    pub fn look_up(&mut self, look_up: LookUp) {
        if self.report.look_ups.contains(&look_up) {
            return;
        }
        self.show(|text, terminal| text.look_up(terminal, &look_up));
        self.report.look_ups.push(look_up);
    }

    /// Adds a warning of a generator, before its files.
    pub fn caution(&mut self, warning: &str) {
        self.show(|_, terminal| terminal.say(warning));
        self.report.warnings.push(warning.trim_end().to_owned());
    }

    /// Adds a warning about something that went wrong.
    pub fn warn(&mut self, warning: String) {
        self.show(|_, terminal| terminal.warn(&warning));
        self.report.warnings.push(warning);
    }

    /// Runs a program, or reports that it would be run.
    ///
    /// # Errors
    /// The reason of its failure.
    pub fn run(&mut self, command: &Command, root: &Path) -> Result<(), String> {
        self.show(|text, terminal| text.running(terminal, &command.run));
        let ran = match self.report.dry_run {
            true => Ok(()),
            false => commands::run(command, root, self.terminal.stdout_of_programs()),
        };
        let outcome = match &ran {
            _ if self.report.dry_run => CommandOutcome::NotRun,
            Ok(()) => CommandOutcome::Succeeded,
            Err(_) => CommandOutcome::Failed,
        };
        self.report.commands.push(CommandEntry {
            run: command.run.clone(),
            outcome,
        });
        ran
    }

    /// Asks a question of a generator. Returns `None` if the user leaves.
    pub fn ask(&mut self, question: &Question, given: Option<Given>) -> Result<Option<bool>> {
        let is_asked = given.is_none() && self.is_person();
        self.show(|text, terminal| match is_asked {
            true => terminal.say(&question.say),
            false => text.say(terminal, &question.say),
        });
        let ask = format!("\n{}", question.ask);
        let Some(answer) = self.terminal.confirm(&ask, true, given)? else {
            return Ok(None);
        };
        if !answer {
            self.show(|text, terminal| text.say(terminal, &question.no));
        }
        self.report.questions.push(QuestionEntry {
            name: question.name.clone(),
            about: question.say.trim_end().to_owned(),
            question: question.ask.clone(),
            answer,
        });
        Ok(Some(answer))
    }

    /// Asks a question of the command itself.
    pub fn confirm(&self, question: &str, given: Option<Given>) -> Result<Option<bool>> {
        self.terminal.confirm(question, false, given)
    }

    /// Asks a question of the command itself, whose answer is yes by default.
    pub fn agree(&self, question: &str) -> Result<Option<bool>> {
        self.terminal.confirm(question, true, None)
    }

    /// Asks about a file that differs.
    pub fn conflict(
        &mut self,
        difference: Difference,
        path: &Path,
        before: &[u8],
        after: &[u8],
    ) -> Result<Conflict> {
        let path = below(&self.text.below, path);
        self.terminal.conflict(difference, &path, before, after)
    }

    /// Shows the changes of a file that differs.
    pub fn changes(&mut self, difference: Difference, path: &Path, before: &[u8], after: &[u8]) {
        let path = below(&self.text.below, path);
        self.show(|_, terminal| terminal.changes(difference, &path, before, after));
    }

    /// Ends the report.
    ///
    /// # Errors
    /// The report cannot be shown as JSON.
    pub fn end(&mut self, outcome: Outcome, exit_code: u8) -> Result<()> {
        self.report.outcome = outcome;
        self.report.exit_code = exit_code;
        if let Some(unwritten) = self.unwritten {
            self.show(|text, terminal| text.say(terminal, unwritten));
        }
        if self.form == Form::Json {
            self.terminal.print(&json(&self.report)?)?;
        }
        Ok(())
    }

    fn show(&mut self, view: impl FnOnce(&mut Text, &Terminal)) {
        if self.form == Form::Text {
            view(&mut self.text, &self.terminal);
        }
    }
}
