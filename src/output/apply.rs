//! Writes the changes: all of them or none. With `record`, the only place that writes.
//!
//! Each file is written to a temporary file in the same folder, then renamed. A killed run leaves only whole files, and
//! the same command completes it. A folder that does not exist is written beside its place and renamed as a whole.
#![expect(
    clippy::disallowed_methods,
    reason = "this is where writing is allowed"
)]

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write};
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result};

use super::exclusive::Exclusive;
use crate::changes::Change;
use crate::project::{DRAFT, resolved};

/// Writes `changes` below `root`; `made` are all files of the run.
///
/// # Errors
/// A file has changed since it was read, or could not be written; earlier writes have been undone.
pub fn apply(root: &Path, changes: &[&Change], made: &[PathBuf]) -> Result<()> {
    let exclusive = Exclusive::new(root, changes)?;
    apply_in(root, changes, made, &exclusive)
}

/// Writes as [`apply`] does, for a caller that has `_exclusive` access.
pub(super) fn apply_in(
    root: &Path,
    changes: &[&Change],
    made: &[PathBuf],
    _exclusive: &Exclusive,
) -> Result<()> {
    let mut undo = Undo::default();
    let written = match is_free(root) && changes.iter().all(|change| is_new_below(change)) {
        true => make(root, changes, &mut undo),
        false => write_all(root, changes, &mut undo),
    };
    if let Err((path, error)) = written {
        undo.take_back();
        let what = format!("`{}` could not be written, so nothing was", path.display());
        return Err(error).context(what);
    }
    // A killed run may have left temporary files, but none of a file that was written now.
    let written = changes.iter().filter(|change| change.after.is_some());
    let written: HashSet<_> = written.map(|change| change.path.as_path()).collect();
    for path in made.iter().filter(|path| !written.contains(path.as_path())) {
        let _ = fs::remove_file(draft_of(&root.join(path)));
    }
    Ok(())
}

/// Writes a file that is generated as a whole, replacing an earlier one.
///
/// # Errors
/// The file or its folder could not be written.
pub fn renew(path: &Path, contents: &[u8]) -> Result<()> {
    let what = || format!("`{}` could not be written", path.display());
    let draft = in_its_folder(path, || draft(path, contents, None));
    fs::rename(draft.with_context(what)?, path).with_context(what)
}

/// Returns the path of the temporary file for `path`.
pub fn draft_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(DRAFT);
    path.with_file_name(name)
}

/// Returns whether a folder can be made at `root` by a rename: there is nothing, not even a symlink, and its name is short
/// enough for a temporary one.
fn is_free(root: &Path) -> bool {
    let error = |path: &Path| fs::symlink_metadata(path).err().map(|error| error.kind());
    let is_possible = |kind| matches!(kind, None | Some(ErrorKind::NotFound));
    error(root) == Some(ErrorKind::NotFound) && is_possible(error(&draft_of(root)))
}

fn is_new_below(change: &Change) -> bool {
    change.before.is_none() && !change.path.starts_with("..")
}

/// Makes the folder `root` with all files of `changes`: one rename in place of one for each file.
fn make(root: &Path, changes: &[&Change], undo: &mut Undo) -> Result<(), (PathBuf, Error)> {
    let of_root = |error: Error| (root.to_owned(), error);
    let folder = draft_of(root);
    // As a killed run has left it.
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(of_root(error.into())),
        _ => {}
    }
    create_folders(root.parent().unwrap_or(root), undo).map_err(of_root)?;
    let mut files = changes
        .iter()
        .filter_map(|change| Some((&change.path, change.after.as_deref()?)));
    let written = files.try_for_each(|(path, contents)| {
        let draft = folder.join(path);
        let written = in_its_folder(&draft, || fs::write(&draft, contents));
        written.map_err(|error| (root.join(path), error.into()))
    });
    let renamed = written.and_then(|()| {
        let renamed = fs::rename(&folder, root);
        renamed.map_err(|error| of_root(error.into()))
    });
    if renamed.is_err() {
        let _ = fs::remove_dir_all(&folder);
    }
    renamed
}

/// Writes the file at `path`, and makes its folder if that is missing. Most files are in the folder of an earlier one: to look
/// for it each time would take longer.
fn in_its_folder<T>(path: &Path, write: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match write() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(path.parent().unwrap_or(path))?;
            write()
        }
        written => written,
    }
}

fn write_all(root: &Path, changes: &[&Change], undo: &mut Undo) -> Result<(), (PathBuf, Error)> {
    changes.iter().try_for_each(|change| {
        let path = resolved(root, &change.path);
        write(&path, change, undo).map_err(|error| (path, error))
    })
}

fn write(path: &Path, change: &Change, undo: &mut Undo) -> Result<()> {
    match (&change.before, &change.after) {
        (None, None) => {}
        (None, Some(after)) => {
            match create(path, after) {
                // As in `in_its_folder`, with folders that are taken back.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    create_folders(path.parent().unwrap_or(path), undo)?;
                    create(path, after)?;
                }
                created => created?,
            }
            undo.created.push(path.to_owned());
        }
        (Some(before), Some(after)) => {
            // Symlinks are kept: their target is written.
            let path = fs::canonicalize(path)?;
            replace(&path, after)?;
            undo.replaced.push((path, before.clone()));
        }
        (Some(before), None) => {
            let metadata = fs::metadata(path)?;
            fs::remove_file(path)?;
            undo.removed
                .push((path.to_owned(), before.clone(), metadata));
        }
    }
    Ok(())
}

/// Removes those of `folders` that are empty, deeper ones first.
pub fn remove_empty(root: &Path, folders: &[PathBuf]) {
    let mut folders = folders.to_vec();
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.components().count()));
    for folder in folders {
        // Fails for a folder with entries, which stays.
        let _ = fs::remove_dir(resolved(root, &folder));
    }
}

fn create_folders(folder: &Path, undo: &mut Undo) -> Result<()> {
    let missing: Vec<_> = folder
        .ancestors()
        .take_while(|f| !f.as_os_str().is_empty() && !f.exists())
        .collect();
    for folder in missing.into_iter().rev() {
        match fs::create_dir(folder) {
            Ok(()) => undo.folders.push(folder.to_owned()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Creates a new file. A file that has appeared meanwhile is not overwritten.
fn create(path: &Path, contents: &[u8]) -> io::Result<()> {
    let draft = draft(path, contents, None)?;
    let linked = fs::hard_link(&draft, path);
    let _ = fs::remove_file(&draft);
    match linked {
        // Some file systems have no hard links: files are created directly.
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            let mut file = File::create_new(path)?;
            let written = file.write_all(contents);
            if written.is_err() {
                let _ = fs::remove_file(path);
            }
            written
        }
        linked => linked,
    }
}

/// Replaces a file, keeping its permissions and its owner.
fn replace(path: &Path, contents: &[u8]) -> Result<()> {
    let draft = draft(path, contents, Some(&fs::metadata(path)?))?;
    if let Err(error) = fs::rename(&draft, path) {
        let _ = fs::remove_file(&draft);
        return Err(error.into());
    }
    Ok(())
}

fn draft(path: &Path, contents: &[u8], like: Option<&Metadata>) -> io::Result<PathBuf> {
    let draft = draft_of(path);
    let written = create_anew(&draft).and_then(|mut file| {
        file.write_all(contents)?;
        let Some(like) = like else { return Ok(()) };
        // As root, in a container for example, the file would get another owner. Others can only keep their own.
        #[cfg(unix)]
        let _ = std::os::unix::fs::fchown(&file, Some(like.uid()), Some(like.gid()));
        file.set_permissions(like.permissions())
    });
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written.map(|()| draft)
}

/// Creates a file in place of one that a killed run has left, or of a link, as a clone may contain: it is not followed.
fn create_anew(path: &Path) -> io::Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            File::create_new(path)
        }
        created => created,
    }
}

/// Completed changes.
#[derive(Default)]
struct Undo {
    folders: Vec<PathBuf>,
    created: Vec<PathBuf>,
    replaced: Vec<(PathBuf, Vec<u8>)>,
    removed: Vec<(PathBuf, Vec<u8>, Metadata)>,
}

impl Undo {
    /// Undoes as much as possible, ignoring errors: the original error is reported.
    fn take_back(self) {
        for path in self.created.iter().rev() {
            let _ = fs::remove_file(path);
        }
        for (path, before) in self.replaced.iter().rev() {
            let _ = replace(path, before);
        }
        for (path, before, like) in self.removed.into_iter().rev() {
            let _ = draft(&path, &before, Some(&like)).and_then(|draft| fs::rename(draft, path));
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}
