//! The report as text: an entry is printed when it is added, and a file once, or a folder once while its files have the same
//! outcome.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Action, EditEntry, FileEntry, FileOutcome, FoundBy, LookUp, ManualEntry};
use crate::args::Detail;
use crate::output::terminal::Terminal;
use crate::project::below;

/// The state of the text so far.
#[derive(Debug, Default)]
pub struct Text {
    detail: Detail,
    /// Folder of the app, relative to the current one.
    pub below: PathBuf,
    /// The printed outcome of each file.
    printed: HashMap<PathBuf, FileOutcome>,
    /// The last printed folder, and the outcome of its files.
    last_folder: Option<(FileOutcome, PathBuf)>,
    /// Manual steps have been printed since the last next step.
    is_open: bool,
}

impl FileOutcome {
    fn verb(self) -> &'static str {
        match self {
            Self::Created => "creating",
            Self::Edited => "injecting",
            Self::Overwritten => "overwriting",
            Self::Identical => "identical",
            Self::Kept => "skipping",
            Self::Conflict => "conflict",
            Self::Removed => "removing",
            Self::TakenOut => "editing",
            Self::Restored => "restoring",
            Self::Updated => "updating",
            Self::Merged => "merging",
            Self::Deleted => "skipping",
        }
    }
}

impl Text {
    pub fn new(detail: Detail) -> Self {
        Self {
            detail,
            ..Self::default()
        }
    }

    pub fn file(&mut self, terminal: &Terminal, file: &FileEntry) {
        if file.instead_of.is_some() && self.printed.contains_key(&file.path) {
            return;
        }
        let outcome = file.outcome;
        let folder = file.folder.as_ref().map(|folder| (outcome, folder.clone()));
        let is_new = folder.is_none() || !self.is_of_last_folder(file) || self.is_verbose();
        if is_new {
            let what = file.folder.as_ref().filter(|_| !self.is_verbose());
            self.line(terminal, outcome, what.unwrap_or(&file.path), "");
            self.last_folder = folder;
        }
        self.printed.insert(file.path.clone(), outcome);
    }

    /// Returns whether the last line is about the folder of `file`, which may also be new or gone in a changed folder.
    fn is_of_last_folder(&self, file: &FileEntry) -> bool {
        use FileOutcome::{Conflict, Created, Overwritten, Removed, Updated};
        let Some((outcome, folder)) = &self.last_folder else {
            return false;
        };
        let is_change = matches!(outcome, Updated | Overwritten | Conflict);
        let is_part = is_change && matches!(file.outcome, Created | Removed);
        file.folder.as_ref() == Some(folder) && (*outcome == file.outcome || is_part)
    }

    /// Prints an edit, unless the file was printed. `of_file` are all edits of the file: if one of them changes it, that is the
    /// outcome.
    pub fn edit<'a>(
        &mut self,
        terminal: &Terminal,
        edit: &EditEntry,
        of_file: impl Iterator<Item = &'a EditEntry>,
    ) {
        if self.is_verbose() {
            let found = match edit.found_by {
                FoundBy::Path => "path",
                FoundBy::Contents => "contents",
            };
            let how = format!("  (place `{}`, file found by its {found})", edit.place);
            self.line(terminal, edit.outcome, &edit.path, &how);
            self.printed.insert(edit.path.clone(), edit.outcome);
            return;
        }
        let mut outcomes = of_file.map(|edit| edit.outcome);
        let change = outcomes.find(|outcome| *outcome != FileOutcome::Identical);
        let outcome = change.unwrap_or(FileOutcome::Identical);
        let is_new = match self.printed.get(&edit.path) {
            None => edit.outcome != FileOutcome::Identical || !edit.quiet,
            Some(FileOutcome::Kept) => {
                matches!(change, Some(FileOutcome::Edited | FileOutcome::TakenOut))
            }
            Some(_) => false,
        };
        if is_new {
            self.line(terminal, outcome, &edit.path, "");
            self.printed.insert(edit.path.clone(), outcome);
        }
    }

    fn line(&self, terminal: &Terminal, outcome: FileOutcome, path: &Path, how: &str) {
        if !self.is_quiet() || outcome == FileOutcome::Conflict {
            let path = below(&self.below, path);
            terminal.report(outcome.verb(), format_args!("{}{how}", path.display()));
        }
    }

    pub fn running(&self, terminal: &Terminal, run: &[String]) {
        if !self.is_quiet() {
            terminal.report("running", run.join(" "));
        }
    }

    pub fn manual(&mut self, terminal: &Terminal, step: &ManualEntry) {
        let path = step.path.as_ref().map(|path| below(&self.below, path));
        match step.action {
            Action::Add => terminal.manual(path.as_deref(), step),
            Action::TakeOut => {
                let path = path.unwrap_or_default();
                let what = format!(
                    "Take out of `{}` what was added {}",
                    path.display(),
                    step.purpose
                );
                terminal.lines(&format!("{what}, such as:"), step);
            }
        }
        self.is_open = true;
    }

    pub fn next(&mut self, terminal: &Terminal, text: &str) {
        // Next steps apply once the manual steps are done.
        if std::mem::take(&mut self.is_open) {
            self.say(terminal, "Once these lines are in place:");
        }
        self.say(terminal, text);
    }

    /// Prints a paragraph that nobody has to read.
    pub fn say(&self, terminal: &Terminal, text: &str) {
        if !self.is_quiet() {
            terminal.say(text);
        }
    }

    pub fn look_up(&self, terminal: &Terminal, look_up: &LookUp) {
        if self.is_verbose() {
            let found = match look_up.found.as_slice() {
                [] => "no match".to_owned(),
                found => found.join(", "),
            };
            terminal.report("looked up", format_args!("{}: {found}", look_up.what));
        }
    }

    fn is_quiet(&self) -> bool {
        self.detail == Detail::Quiet
    }

    pub fn is_verbose(&self) -> bool {
        self.detail == Detail::Verbose
    }
}
