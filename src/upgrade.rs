//! `upgrade`: brings what this version generates into an app that an earlier one has made.
//!
//! The templates are rendered again with the recorded answers. What has changed since the recorded text is merged into the app.
//! Without a record, the answers are those that the app shows, and files that differ are asked about.
//!
//! # Layout
//! - [`parts`]: the generators of the app, with their plans; [`found`]: those of an app without a record
//! - [`target`]: a file as it was generated, in the app, and as it is generated now; [`merge`]: their merge
//! - [`edits`]: texts in files
//! - [`end`]: writes, record, next steps

mod edits;
mod end;
mod found;
mod merge;
mod parts;
mod target;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::args::{self, Common};
use crate::catalogue::render::Renderer;
use crate::changelog;
use crate::changes::Changes;
use crate::error::Misuse;
use crate::output::interrupt;
use crate::output::report::{FileEntry, FileOutcome, ManualEntry};
use crate::output::reporter::Reporter;
use crate::output::terminal::{Conflict, Difference};
use crate::project::Project;
use crate::record::generated::{Base, Edit};
use crate::record::{Run, Runs, TextChange};
use crate::run::Ending;
use crate::run::refusals::refuse_own;
use parts::Part;
use target::{Target, Verdict};

/// Brings the app in `project` up to this version.
///
/// # Errors
/// The record is of a newer version or cannot be read, or a file differs, without a decision about it. Nothing has been
/// written.
pub fn upgrade(project: &Project, args: &args::Upgrade, reporter: &mut Reporter) -> Result<Ending> {
    let mut runs = Runs::clone(&*project.runs()?);
    refuse_newer(&runs)?;
    // A killed upgrade has a record, and not all of its files.
    let killed = project.killed_run(&Run {
        command: end::command(),
        ..Run::default()
    })?;
    if let Some(killed) = &killed {
        runs.replace(killed, None);
    }
    let renderer = Renderer::new(&project.templates);
    let parts = parts::of(project, &renderer, &runs, args, reporter)?;
    let (parts, refused): (Vec<_>, Vec<_>) = parts
        .into_iter()
        .partition(|part| part.plan.misuses.is_empty());
    for part in &refused {
        reporter.warn(part.refused());
    }
    let upgrade = Upgrade {
        project,
        renderer: &renderer,
        args,
        reporter,
        changes: Changes::new(project),
        killed: killed.unwrap_or_default(),
        runs,
        bases: BTreeMap::new(),
        edits: Vec::new(),
        folders: BTreeMap::new(),
        notes: Notes::default(),
        manual: Vec::new(),
        texts: Vec::new(),
    };
    upgrade.all(&parts)
}

/// Refuses an app that a newer version has made, or changed.
fn refuse_newer(runs: &Runs) -> Result<(), Misuse> {
    let Some(newer) = runs.iter().rfind(|run| changelog::is_newer(&run.version)) else {
        return Ok(());
    };
    let (theirs, ours) = (&newer.version, env!("CARGO_PKG_VERSION"));
    let misuse = format!("the app was made by hello-sockets {theirs}, and this is {ours}");
    let help = "install that version of the command, or a later one";
    Err(Misuse::new(misuse).help(help))
}

/// An upgrade in progress.
struct Upgrade<'a> {
    project: &'a Project,
    renderer: &'a Renderer<'a>,
    args: &'a args::Upgrade,
    reporter: &'a mut Reporter,
    changes: Changes<'a>,
    /// The upgrade that this one completes, or an empty one.
    killed: Run,
    runs: Runs,
    /// The bases of the next upgrade.
    bases: BTreeMap<PathBuf, Base>,
    /// The edits of each part, for the next upgrade.
    edits: Vec<Vec<Edit>>,
    /// Decisions about libraries that no record knows.
    folders: BTreeMap<PathBuf, Conflict>,
    notes: Notes,
    manual: Vec<ManualEntry>,
    texts: Vec<TextChange>,
}

/// Findings for the end.
#[derive(Debug, Default)]
struct Notes {
    /// Something differs from what this version generates.
    is_outdated: bool,
    /// A file was left as it is for good: the next upgrade does not find it again.
    is_settled: bool,
    /// They have markers of conflicts.
    marked: BTreeSet<PathBuf>,
    /// They would have some, and are left as they are.
    left_out: BTreeSet<PathBuf>,
    /// They were deleted, and would be changed.
    deleted: BTreeSet<PathBuf>,
    /// No template makes them any more, and they were changed.
    orphaned: BTreeSet<PathBuf>,
}

impl<'a> Upgrade<'a> {
    fn all(mut self, parts: &'a [Part]) -> Result<Ending> {
        let mut misuses = Vec::new();
        for part in parts {
            refuse_own(&part.plan, &self.changes, self.project)?;
        }
        let mut targets = Vec::new();
        for target in target::all(parts, self.project)? {
            let verdict = self.verdict(&target, parts)?;
            if let Verdict::Differs { .. } = verdict {
                misuses.extend(self.undecided(&target));
            }
            targets.push((target, verdict));
        }
        in_report_order(&mut targets);
        if let Some(misuse) = Misuse::all(misuses) {
            return Err(misuse.into());
        }
        self.reporter.begin(self.project);
        for (target, verdict) in targets {
            self.file(&target, verdict, parts)?;
        }
        for part in parts {
            let edits = self.steps(part)?;
            self.edits.push(edits);
        }
        self.finish(parts)
    }

    /// Returns the error about a file that differs, if nobody can be asked about it.
    fn undecided(&self, target: &Target<'_>) -> Option<Misuse> {
        let path = self.project.display_path(target.subject());
        let is_settled = self.reporter.can_decide(&self.args.common);
        (!is_settled).then(|| target.difference().refused(&path))
    }

    /// Carries out and reports what becomes of a file.
    fn file(&mut self, target: &Target<'_>, verdict: Verdict, parts: &[Part]) -> Result<()> {
        self.notes.is_outdated |= verdict.is_change();
        self.notes.is_settled |= matches!(verdict, Verdict::Orphaned | Verdict::Deleted);
        let is_of_folder = target.is_of_unknown_library || !verdict.is_single();
        let Some(outcome) = self.outcome(target, verdict, parts)? else {
            return Ok(());
        };
        self.reporter.file(FileEntry {
            path: target.path.clone(),
            outcome,
            instead_of: None,
            folder: target.folder.filter(|_| is_of_folder).cloned(),
        });
        Ok(())
    }

    fn outcome(
        &mut self,
        target: &Target<'_>,
        verdict: Verdict,
        parts: &[Part],
    ) -> Result<Option<FileOutcome>> {
        let path = || target.path.clone();
        Ok(Some(match verdict {
            Verdict::NotMade => return Ok(None),
            Verdict::Create(_) if self.is_kept(target.folder) => return Ok(None),
            Verdict::Same => {
                self.keep_base(target);
                return Ok(None);
            }
            Verdict::Create(new) => self.put(target, new, FileOutcome::Created)?,
            Verdict::Update(new) => self.put(target, new, FileOutcome::Updated)?,
            Verdict::Merge(new) => self.put(target, new, FileOutcome::Merged)?,
            Verdict::Clash(_) if self.args.no_conflicts || self.args.common.skip => {
                let base = target.base.cloned();
                self.bases.extend(base.map(|base| (path(), base)));
                self.notes.left_out.insert(path());
                FileOutcome::Kept
            }
            Verdict::Clash(marked) => {
                self.notes.marked.insert(path());
                self.put(target, marked, FileOutcome::Conflict)?
            }
            Verdict::Differs { now, new } => self.differs(target, &now, &new, parts)?,
            Verdict::Remove => {
                self.changes.remove(&target.path)?;
                FileOutcome::Removed
            }
            Verdict::Orphaned => {
                self.notes.orphaned.insert(path());
                FileOutcome::Kept
            }
            Verdict::Deleted => {
                self.keep_base(target);
                let named = target.folder.cloned().unwrap_or_else(path);
                self.notes.deleted.insert(named);
                FileOutcome::Deleted
            }
        }))
    }

    fn put(
        &mut self,
        target: &Target<'_>,
        contents: Vec<u8>,
        outcome: FileOutcome,
    ) -> Result<FileOutcome> {
        self.changes.put(&target.path, contents.into())?;
        self.keep_base(target);
        Ok(outcome)
    }

    /// Makes what is generated now the base of the next upgrade.
    fn keep_base(&mut self, target: &Target<'_>) {
        let base = target.new_base();
        self.bases
            .extend(base.map(|base| (target.path.clone(), base)));
    }

    /// Settles a file that differs and cannot be merged; without `new`, it would be removed.
    fn differs(
        &mut self,
        target: &Target<'_>,
        now: &[u8],
        new: &Option<Vec<u8>>,
        parts: &[Part],
    ) -> Result<FileOutcome> {
        let shown = match target.new {
            Some((_, file)) => self.with_texts(file, parts, now)?,
            None => Cow::Borrowed(&[][..]),
        };
        let settled = match &self.args.common {
            _ if self.args.common.dry_run => {
                if !self.args.check && !target.is_of_unknown_library {
                    self.reporter
                        .changes(target.difference(), &target.path, now, &shown);
                }
                return Ok(FileOutcome::Conflict);
            }
            Common { force: true, .. } => Conflict::Overwrite,
            Common { skip: true, .. } => Conflict::Keep,
            _ => self.asked(target, now, &shown, parts)?,
        };
        let whole = target.folder.filter(|_| target.is_of_unknown_library);
        self.folders
            .extend(whole.map(|folder| (folder.clone(), settled)));
        match (settled, new) {
            (Conflict::Quit, _) => interrupt::leave(),
            (Conflict::Overwrite, Some(new)) => {
                self.put(target, new.clone(), FileOutcome::Overwritten)
            }
            (Conflict::Overwrite, None) => {
                self.changes.remove(&target.path)?;
                Ok(FileOutcome::Removed)
            }
            (Conflict::Keep, _) => {
                // Later changes of the templates will be merged into a file that a generator has made.
                if !target.is_foreign {
                    self.keep_base(target);
                }
                self.notes.is_settled |= whole.is_none();
                Ok(FileOutcome::Kept)
            }
        }
    }

    /// Asks about a file, or once about the whole folder of a library that no record knows.
    fn asked(
        &mut self,
        target: &Target<'_>,
        now: &[u8],
        new: &[u8],
        parts: &[Part],
    ) -> Result<Conflict> {
        let kind = target.difference();
        let Some(folder) = target.folder.filter(|_| target.is_of_unknown_library) else {
            return self.reporter.conflict(kind, &target.path, now, new);
        };
        if let Some(settled) = self.folders.get(folder) {
            return Ok(*settled);
        }
        let [now, new] = target::listings(folder, parts, self.project)?;
        self.reporter.conflict(kind, folder, &now, &new)
    }

    /// Returns whether a library that no record knows stays as it is. The next upgrade finds it again.
    fn is_kept(&self, folder: Option<&PathBuf>) -> bool {
        let settled = folder.and_then(|folder| self.folders.get(folder));
        settled.is_some_and(|settled| matches!(settled, Conflict::Keep))
    }
}

/// Puts new and removed files of a library after its changed ones, so that the report names its folder once.
fn in_report_order(targets: &mut [(Target<'_>, Verdict)]) {
    let of_one = |a: &(Target<'_>, Verdict), b: &(Target<'_>, Verdict)| {
        a.0.folder.is_some() && a.0.folder == b.0.folder
    };
    for library in targets.chunk_by_mut(of_one) {
        library.sort_by_key(|(_, verdict)| match verdict {
            Verdict::Create(_) | Verdict::Remove => 2,
            Verdict::Differs { new: None, .. } => 1,
            _ => 0,
        });
    }
}

impl Target<'_> {
    /// Returns the path that a question about the file names.
    fn subject(&self) -> &Path {
        match self.folder {
            Some(folder) if self.is_of_unknown_library => folder,
            _ => &self.path,
        }
    }

    fn difference(&self) -> Difference {
        match self.folder {
            Some(_) => Difference::Library,
            None => Difference::Generated,
        }
    }
}
