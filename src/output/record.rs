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

use anyhow::{Context, Result, ensure};

use super::apply::renew;
use super::exclusive::Exclusive;
use super::report::json;
use crate::changes::Change;
use crate::project::Project;
use crate::record::{FOLDER, Hash, LAST, Last, RUNS, Run, Runs, UNFINISHED};

/// Writes `changes`, and before them the record of `run`, which makes them; `paths` are all files of the run. Returns a
/// warning if the record could not be written: then the run cannot be taken back.
///
/// # Errors
/// A file has changed since it was read, or could not be written; earlier changes have been undone, and the record is as before.
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
    let exclusive = Exclusive::new(&project.root, changes)?;
    let replaced = changes.iter().filter_map(|change| change.before.as_deref());
    let replaced: Vec<_> = replaced.collect();
    let pending = Pending::write(project, run, &replaced);
    let written = super::apply::apply_in(&project.root, changes, paths, &exclusive);
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
        refuse_links(&project.root)?;
        let mut runs = Runs::clone(&*project.runs()?);
        let mut run = run;
        if let Some(killed) = project.killed_run(&run)? {
            run = run.completing(killed.clone());
            runs.replace(&killed, None);
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
        let last = Last::new(project.folder(), self.run.clone());
        runs.push(self.run.clone())?;
        let last = Change {
            path: LAST.into(),
            before: project.read(LAST.as_ref())?,
            after: Some(json(&last)?.into_bytes().into()),
        };
        for change in [vec![last], changes_to(project, &runs)?].concat() {
            let path = self.root.join(&change.path);
            put(&path, change.after.as_deref())?;
            self.earlier.push((path, change.before));
        }
        Ok(())
    }

    /// Restores the record of the runs before, as much as possible: the changes were not written.
    fn take_back(self) {
        for (path, earlier) in &self.earlier {
            let _ = put(path, earlier.as_deref());
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
    refuse_links(&project.root)?;
    let listed = drop_from_list(project, &last.run, rest.clone());
    match rest {
        Some(run) => {
            let last = Last::new(last.folder.clone(), run);
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
    let mut runs = Runs::clone(&*project.runs()?);
    runs.replace(last, rest);
    for change in changes_to(project, &runs)? {
        put(&project.root.join(change.path), change.after.as_deref())?;
    }
    Ok(())
}

/// Returns the changes of files that make `runs` the recorded ones. New files come before removals: a killed run loses none.
///
/// # Errors
/// The files of the recorded runs could not be read.
pub fn changes_to(project: &Project, runs: &Runs) -> Result<Vec<Change>> {
    refuse_links(&project.root)?;
    let (mut before, mut after) = (project.run_files()?, runs.files()?);
    // Their names have hashes of their contents.
    before.retain(|path, _| after.remove(path).is_none());
    let new = after.into_iter().map(|(path, bytes)| Change {
        path,
        before: None,
        after: Some(bytes.to_vec().into()),
    });
    let gone = before.into_iter().map(|(path, bytes)| Change {
        path,
        before: Some(bytes.to_vec()),
        after: None,
    });
    Ok(new.chain(gone).collect())
}

/// Writes the file at `path`, or removes it.
fn put(path: &Path, contents: Option<&[u8]>) -> Result<()> {
    match contents {
        Some(contents) => renew(path, contents),
        None => remove(path),
    }
}

/// Removes the folder of the bytes, and those of the record that are empty.
fn remove_folders(root: &Path) {
    let folder = root.join(FOLDER);
    let _ = fs::remove_dir_all(&folder);
    let _ = fs::remove_dir(root.join(RUNS));
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

/// Refuses a record whose folder is a link: all that is written and removed would be elsewhere.
fn refuse_links(root: &Path) -> Result<()> {
    let folders = Path::new(RUNS).ancestors().chain([FOLDER.as_ref()]);
    for folder in folders.filter(|folder| !folder.as_os_str().is_empty()) {
        let is_link = root.join(folder).is_symlink();
        let path = folder.display();
        ensure!(
            !is_link,
            "`{path}` is a link, and the record stays in the app"
        );
    }
    Ok(())
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
