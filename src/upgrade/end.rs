//! The end of an upgrade: writes with their record, and what is left to do.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;

use super::Upgrade;
use super::parts::Part;
use crate::changelog;
use crate::changes::{Change, removals_last};
use crate::output::interrupt;
use crate::output::{apply, record, uncommitted};
use crate::record::Run;
use crate::record::generated::{Base, Entry, encode};
use crate::run::entries::entry_of;
use crate::run::{Ending, finish};

/// Returns the words of the recorded command. Options of one run are none of a rerun.
pub fn command() -> Vec<String> {
    vec!["upgrade".to_owned()]
}

impl Upgrade<'_> {
    pub fn finish(mut self, parts: &[Part]) -> Result<Ending> {
        let changes: Vec<_> = self.changes.in_order(&[]).into_iter().cloned().collect();
        let changes: Vec<_> = changes
            .iter()
            .filter(|change| change.before.as_deref() != change.after.as_deref())
            .collect();
        let is_changed = !changes.is_empty();
        if !self.args.common.dry_run {
            self.warn_of_uncommitted(&changes);
            self.write(&changes, parts)?;
        }
        for step in std::mem::take(&mut self.manual) {
            self.reporter.manual(step);
        }
        self.name_files();
        let version = env!("CARGO_PKG_VERSION");
        let recorded = self.runs.version().map(str::to_owned);
        let news = changelog::between(recorded.as_deref().unwrap_or(version), version);
        if !news.is_empty() {
            let since = recorded.unwrap_or_default();
            self.reporter
                .next(&format!("Changes since hello-sockets {since}:\n\n{news}"));
        }
        if !self.notes.is_outdated {
            self.reporter.next(&format!(
                "The app is up to date with hello-sockets {version}."
            ));
            return Ok(Ending::Done);
        }
        if is_changed && !self.args.common.dry_run && !self.has_open_ends() {
            self.reporter.next(&format!(
                "The app is at hello-sockets {version} now. Build it, and run its tests. `hello-sockets undo` takes the upgrade back."
            ));
        }
        Ok(match self.args.check {
            true => Ending::Outdated,
            false if self.has_open_ends() => Ending::Open,
            false => Ending::Done,
        })
    }

    fn has_conflicts(&self) -> bool {
        !self.notes.marked.is_empty() || !self.notes.left_out.is_empty()
    }

    fn has_open_ends(&self) -> bool {
        self.has_conflicts() || !self.reporter.report.manual_steps.is_empty()
    }

    fn warn_of_uncommitted(&mut self, changes: &[&Change]) {
        if !changes.is_empty() && uncommitted::are_in(&self.project.root) {
            let warning = "the app had uncommitted changes, which git does not tell apart from those of the upgrade; `hello-sockets undo` takes the upgrade back";
            self.reporter.warn(warning.to_owned());
        }
    }

    fn write(&mut self, changes: &[&Change], parts: &[Part]) -> Result<()> {
        let generated = encode(&self.entries(parts))?;
        let (changes, folders) = removals_last(changes);
        let texts = std::mem::take(&mut self.texts);
        let run = Run {
            generated,
            ..finish::recorded(self.project, command(), &changes, texts)
        };
        let paths = self.reporter.report.paths();
        let warning = interrupt::delayed(|| {
            let warning = match changes.is_empty() {
                true => {
                    self.note(run, parts)?;
                    None
                }
                false => record::apply(self.project, run, &changes, &paths)?,
            };
            apply::remove_empty(&self.project.root, &folders);
            Ok(warning)
        })?;
        if let Some(warning) = warning {
            self.reporter.warn(warning);
        }
        Ok(())
    }

    /// Records a run without changes, unless the record would be the same.
    fn note(&self, run: Run, parts: &[Part]) -> Result<()> {
        let is_found = parts.iter().any(|part| part.is_found);
        let is_news = is_found || self.notes.is_settled;
        if !is_news && self.runs.version() == Some(&run.version) {
            return Ok(());
        }
        let mut runs = self.runs.clone();
        runs.push(run)?;
        let changes = record::changes_to(self.project, &runs)?;
        let changes: Vec<_> = changes.iter().collect();
        apply::apply(&self.project.root, &changes, &[])
    }

    /// Returns the record of the whole app as it is generated now.
    fn entries(&self, parts: &[Part]) -> Vec<Entry> {
        let alive = parts.iter().zip(&self.edits);
        let alive = alive.filter(|(part, _)| part.is_alive());
        let entries = alive.map(|(part, edits)| {
            let files = part.plan.files.iter();
            let files = files.filter(|file| !self.is_kept(file.folder.as_ref()));
            let files = files.map(|file| {
                let made = self.bases.get(&file.path);
                let kept = part.entry.files.get(&file.path);
                let base = made.or(kept.filter(|base| !base.is_made()));
                (file.path.clone(), base.cloned().unwrap_or(Base::NotMade))
            });
            Entry {
                answers: part.entry.answers.clone(),
                files: files.collect(),
                edits: edits.clone(),
                found: part.entry.found.clone(),
                ..entry_of(&part.plan, &part.facts, &self.project.stack)
            }
        });
        entries.collect()
    }

    /// Names the files that need attention.
    fn name_files(&mut self) {
        let notes = std::mem::take(&mut self.notes);
        let marker = "`<<<<<<< app`";
        let lists: [(&str, &BTreeSet<PathBuf>); 4] = [
            (
                &format!("Resolve the conflicts, which start with {marker}, in"),
                &notes.marked,
            ),
            (
                "Left as they are, since the app and this version have changed the same lines:",
                &notes.left_out,
            ),
            ("Deleted in the app, and left out:", &notes.deleted),
            (
                "No longer generated, and kept, since they were changed:",
                &notes.orphaned,
            ),
        ];
        for (heading, paths) in lists {
            if paths.is_empty() {
                continue;
            }
            let path = |path: &PathBuf| self.project.display_path(path).display().to_string();
            let lines = paths.iter().map(|of| format!("\n    {}", path(of)));
            let text = format!("{heading}\n{}", lines.collect::<String>());
            self.reporter.next(&text);
        }
        self.notes = notes;
    }
}
