//! Writes the record of a run: before its changes, so that `undo` can take back a run that was killed.
//!
//! The bytes come first, then the last run, then the list of all. Each is a whole file at any time.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where the record is written"
)]

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::apply::renew;
use super::report::json;
use crate::changes::Change;
use crate::project::{Project, absolute};
use crate::record::{FOLDER, Hash, LAST, Last, RUNS, Run, Runs, UNFINISHED};

/// Writes `changes`, and before them the record of `run`, which makes them; `paths` are all files of the run. Returns a
/// warning if the record could not be written: then the run cannot be taken back.
///
/// # Errors
/// A change could not be written; earlier ones have been undone, and the record is as before.
pub fn apply(
    project: &Project,
    run: Run,
    changes: &[&Change],
    paths: &[PathBuf],
) -> Result<Option<String>> {
    if changes.is_empty() {
        super::apply::apply(&project.root, changes, paths)?;
        return Ok(None);
    }
    let replaced = changes.iter().filter_map(|change| change.before.as_deref());
    let replaced: Vec<_> = replaced.collect();
    let pending = Pending::write(project, run, &replaced);
    let written = super::apply::apply(&project.root, changes, paths);
    Ok(match (written, pending) {
        (Ok(()), Ok(pending)) => {
            pending.keep();
            None
        }
        (Ok(()), Err(error)) => Some(format!("`undo` cannot take this run back: {error:#}")),
        (Err(error), pending) => {
            if let Ok(pending) = pending {
                pending.take_back();
            }
            return Err(error);
        }
    })
}

/// The record of a run whose changes are about to be written.
struct Pending<'a> {
    root: &'a Path,
    run: Run,
    /// Contents of the changed files of the record, before.
    earlier: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl<'a> Pending<'a> {
    /// Writes the record of `run`, with the bytes that the run replaces.
    ///
    /// # Errors
    /// A file of the record could not be read or written; its other files are as before.
    fn write(project: &'a Project, run: Run, replaced: &[&[u8]]) -> Result<Self> {
        let mut runs = project.runs()?;
        let mut run = run;
        if let Some(killed) = project.killed_run(&run)? {
            run = run.completing(killed.clone());
            runs.replace_last(&killed, None);
        }
        let mut pending = Self {
            root: &project.root,
            run,
            earlier: Vec::new(),
        };
        match pending.write_all(project, runs, replaced) {
            Ok(()) => Ok(pending),
            Err(error) => {
                pending.take_back();
                Err(error)
            }
        }
    }

    fn write_all(&mut self, project: &Project, mut runs: Runs, replaced: &[&[u8]]) -> Result<()> {
        make_folder(&self.root.join(FOLDER))?;
        renew(&self.root.join(FOLDER).join(".gitignore"), b"*\n")?;
        for bytes in replaced {
            renew(&self.root.join(Hash::of(bytes).path()), bytes)?;
        }
        if self.run.is_upgrade() {
            renew(&self.root.join(UNFINISHED), b"")?;
        }
        let last = Last::new(absolute(&project.root), self.run.clone());
        runs.push(self.run.clone());
        for (path, text) in [(LAST, json(&last)?), (RUNS, json(&runs)?)] {
            let earlier = project.read(path.as_ref())?;
            renew(&self.root.join(path), text.as_bytes())?;
            self.earlier.push((self.root.join(path), earlier));
        }
        Ok(())
    }

    /// Restores the record of the runs before, as much as possible: the changes were not written.
    fn take_back(self) {
        for (path, earlier) in &self.earlier {
            let _ = match earlier {
                Some(bytes) => renew(path, bytes),
                None => fs::remove_file(path).map_err(Into::into),
            };
        }
        let _ = fs::remove_file(self.root.join(UNFINISHED));
        if self.earlier.iter().all(|(_, earlier)| earlier.is_none()) {
            remove_folders(self.root);
        }
    }

    /// Removes the bytes of earlier runs, and the mark of an unfinished one.
    fn keep(self) {
        let replaced = self.run.replaced();
        let kept = replaced.iter().map(|hash| self.root.join(hash.path()));
        let mut kept: Vec<_> = kept.collect();
        kept.extend([LAST, ".hello-sockets/undo/.gitignore"].map(|path| self.root.join(path)));
        let Ok(entries) = fs::read_dir(self.root.join(FOLDER)) else {
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if !kept.contains(&path) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Removes `last` from the record, or replaces it by `rest`, the part that was not taken back. A list that cannot be read is
/// left.
///
/// # Errors
/// A file of the record could not be written.
pub fn drop_last(project: &Project, last: &Last, rest: Option<Run>) -> Result<()> {
    let listed = drop_from_list(project, &last.run, rest.clone());
    match rest {
        Some(run) => {
            let last = Last::new(last.root.clone(), run);
            renew(&project.root.join(LAST), json(&last)?.as_bytes())?;
        }
        None => {
            remove(&project.root.join(LAST))?;
            remove_folders(&project.root);
        }
    }
    listed
}

fn drop_from_list(project: &Project, last: &Run, rest: Option<Run>) -> Result<()> {
    let mut runs = project.runs()?;
    runs.replace_last(last, rest);
    let list = project.root.join(RUNS);
    match runs.runs.is_empty() {
        true => remove(&list),
        false => renew(&list, json(&runs)?.as_bytes()),
    }
}

/// Removes the folder of the bytes, and that of the record if it is empty.
fn remove_folders(root: &Path) {
    let folder = root.join(FOLDER);
    let _ = fs::remove_dir_all(&folder);
    let _ = folder.parent().map(fs::remove_dir);
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("`{}` could not be removed", path.display()))
        }
        _ => Ok(()),
    }
}

/// Makes a folder that only its owner can read: replaced files may hold secrets.
fn make_folder(folder: &Path) -> Result<()> {
    let what = || format!("`{}` could not be made", folder.display());
    fs::create_dir_all(folder).with_context(what)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).with_context(what)?;
    }
    Ok(())
}
