//! `undo`: takes back the last run, by its record.

use std::path::Path;

use anyhow::Result;

use crate::args::Common;
use crate::changes::Change;
use crate::error::Misuse;
use crate::output::interrupt;
use crate::output::report::{FileEntry, FileOutcome};
use crate::output::reporter::Reporter;
use crate::output::terminal::{Conflict, Difference};
use crate::output::{apply, record};
use crate::project::Project;
use crate::record::{FOLDER, FileChange, Hash, Last, Run};
use crate::run::Ending;

/// Takes back the last run in `project`.
///
/// # Errors
/// There is none, its record or its bytes are missing, or files have changed since, without a decision about them.
/// Nothing has been written.
pub fn undo(project: &Project, common: &Common, reporter: &mut Reporter) -> Result<Ending> {
    let Some(last) = project.last_run()? else {
        return Err(nothing(project)?.into());
    };
    let mut undo = Undo {
        project,
        common,
        reporter,
        last: &last,
        changes: Vec::new(),
        kept: Vec::new(),
    };
    let files = undo.compare()?;
    undo.reporter.begin(project);
    for file in &files {
        undo.file(file)?;
    }
    if common.dry_run {
        return Ok(Ending::Done);
    }
    let taken_back = match undo.kept.is_empty() {
        true => format!("Taken back: hello-sockets {}", last.run),
        false => format!(
            "Taken back, but for the files that were kept: hello-sockets {}\n`hello-sockets undo --force` takes back the rest.",
            last.run
        ),
    };
    if let Some(warning) = undo.write()? {
        undo.reporter.warn(warning);
    }
    undo.reporter.next(&taken_back);
    Ok(Ending::Done)
}

/// An undo in progress.
struct Undo<'a> {
    project: &'a Project,
    common: &'a Common,
    reporter: &'a mut Reporter,
    last: &'a Last,
    changes: Vec<Change>,
    /// Files that stay as they are.
    kept: Vec<FileChange>,
}

/// A file of the run, compared with the disk.
struct Compared<'a> {
    file: &'a FileChange,
    now: Option<Vec<u8>>,
    before: Option<Vec<u8>>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    AsWritten,
    /// As before the run: the run was killed, or an earlier undo.
    AsBefore,
    Changed,
}

impl<'a> Undo<'a> {
    /// Compares all files of the run with the disk.
    fn compare(&self) -> Result<Vec<Compared<'a>>> {
        let mut files = Vec::new();
        let mut misuses = Vec::new();
        for folder in &self.last.run.folders {
            self.refuse_outside(folder)?;
        }
        for file in &self.last.run.files {
            let path = &file.path;
            self.refuse_outside(path)?;
            let compared = self.compared(file)?;
            let is_lost = compared.before.is_none() && file.before.is_some();
            if is_lost && compared.state != State::AsBefore {
                let path = self.project.display_path(path);
                let what = format!("the earlier bytes of `{}` are missing", path.display());
                let help = format!(
                    "they were in {FOLDER}; without them, version control can restore the file"
                );
                misuses.push(Misuse::new(what).help(help));
            }
            if compared.state == State::Changed && !self.reporter.can_decide(self.common) {
                misuses.push(Difference::SinceRun.refused(&self.project.display_path(path)));
            }
            files.push(compared);
        }
        match Misuse::all(misuses) {
            Some(misuse) => Err(misuse.into()),
            None => Ok(files),
        }
    }

    fn compared(&self, file: &'a FileChange) -> Result<Compared<'a>> {
        let now = self.project.read(&file.path)?;
        let hash = now.as_deref().map(Hash::of);
        let before = match &file.before {
            Some(hash) => {
                let kept = self.project.read(&hash.path())?;
                kept.filter(|bytes| Hash::of(bytes) == *hash)
            }
            None => None,
        };
        Ok(Compared {
            file,
            now,
            before,
            state: match hash {
                hash if hash == file.before => State::AsBefore,
                hash if hash == file.after => State::AsWritten,
                _ => State::Changed,
            },
        })
    }

    /// Checks that the record names only files of this app, or, in the folder of the run, of its umbrella: it may come from a
    /// clone.
    fn refuse_outside(&self, path: &Path) -> Result<(), Misuse> {
        let is_here = self.last.folder == self.project.folder();
        if is_here || self.project.is_inside(path) {
            return Ok(());
        }
        let what = format!("`{}` is outside of the app", path.display());
        let help = format!(
            "the run was made in another copy of the app, in `{}`: undo it there",
            self.last.folder.root.display()
        );
        Err(Misuse::new(what).help(help))
    }

    fn file(&mut self, compared: &Compared<'_>) -> Result<()> {
        let path = &compared.file.path;
        let outcome = match self.settled(compared)? {
            Settled::Nothing => FileOutcome::Identical,
            Settled::Conflict => FileOutcome::Conflict,
            Settled::Keep => {
                self.kept.push(compared.file.clone());
                FileOutcome::Kept
            }
            Settled::TakeBack => {
                self.changes.push(Change {
                    path: path.clone(),
                    before: compared.now.clone(),
                    after: compared.before.clone().map(Into::into),
                });
                match compared.before {
                    Some(_) => FileOutcome::Restored,
                    None => FileOutcome::Removed,
                }
            }
        };
        self.reporter.file(FileEntry {
            path: path.clone(),
            outcome,
            instead_of: None,
            folder: None,
        });
        if outcome == FileOutcome::Conflict {
            let [now, before] = [&compared.now, &compared.before].map(Option::as_deref);
            let (now, before) = (now.unwrap_or_default(), before.unwrap_or_default());
            self.reporter
                .changes(Difference::SinceRun, path, now, before);
        }
        Ok(())
    }

    fn settled(&mut self, compared: &Compared<'_>) -> Result<Settled> {
        let [now, before] = [&compared.now, &compared.before].map(Option::as_deref);
        Ok(match (compared.state, self.common) {
            (State::AsBefore, _) => Settled::Nothing,
            (State::AsWritten, _) => Settled::TakeBack,
            (State::Changed, Common { force: true, .. }) => Settled::TakeBack,
            (State::Changed, Common { skip: true, .. }) => Settled::Keep,
            (State::Changed, Common { dry_run: true, .. }) => Settled::Conflict,
            (State::Changed, _) => {
                let (now, before) = (now.unwrap_or_default(), before.unwrap_or_default());
                let path = &compared.file.path;
                match self
                    .reporter
                    .conflict(Difference::SinceRun, path, now, before)?
                {
                    Conflict::Overwrite => Settled::TakeBack,
                    Conflict::Keep => Settled::Keep,
                    Conflict::Quit => interrupt::leave(),
                }
            }
        })
    }

    /// Writes the changes; returns a warning if the list of runs is not up to date afterwards.
    fn write(&self) -> Result<Option<String>> {
        // Edits first: a killed undo leaves an app that builds.
        let (edits, removals): (Vec<_>, Vec<_>) = self
            .changes
            .iter()
            .partition(|change| change.after.is_some());
        let changes = [edits, removals].concat();
        let root = &self.project.root;
        let rest = Some(&self.kept).filter(|kept| !kept.is_empty());
        let rest = rest.map(|files| Run {
            files: files.clone(),
            ..self.last.run.clone()
        });
        interrupt::delayed(|| {
            apply::apply(root, &changes, &self.reporter.report.paths())?;
            apply::remove_empty(root, &self.last.run.folders);
            let dropped = record::drop_last(self.project, self.last, rest);
            Ok(dropped.err().map(|error| format!("{error:#}")))
        })
    }
}

/// Decision about a file of the run.
enum Settled {
    TakeBack,
    Keep,
    Nothing,
    /// In a dry run.
    Conflict,
}

/// Returns the error without a run to take back.
fn nothing(project: &Project) -> Result<Misuse> {
    let runs = project.runs()?;
    let Some(earlier) = runs.iter().rfind(|run| !run.is_new()) else {
        let misuse = Misuse::new("there is no run to take back");
        return Ok(misuse.help(
            "`undo` takes back the last run of `gen`, `destroy` or `upgrade` in this app, once",
        ));
    };
    let misuse = Misuse::new(format!(
        "only the last run can be taken back, once, and in the copy of the app that it was made in; the record ends with `hello-sockets {earlier}`"
    ));
    Ok(
        misuse.help(match earlier.command.first().map(String::as_str) {
            Some("gen") => format!("hello-sockets destroy {}", earlier.command[1..].join(" ")),
            _ => "version control has what was before it".to_owned(),
        }),
    )
}
