//! Exclusive access to the files of an app: one run writes at a time, and only over what it has read and may write.

use std::fs::{self, File};
use std::path::Path;

use anyhow::Result;

use crate::changes::Change;
use crate::error::Failure;
use crate::project::{contents, resolved};

/// Exclusive access, until it is dropped.
pub struct Exclusive {
    /// The lock of the app's folder, where the system has locks of folders.
    _lock: Option<File>,
}

impl Exclusive {
    /// Waits for other runs that write below `root`, and then checks that the files of `changes` are as they were read: since
    /// then, somebody may have been asked, and have saved one of them in an editor.
    ///
    /// # Errors
    /// A file has changed, or is read-only.
    pub fn new(root: &Path, changes: &[&Change]) -> Result<Self> {
        let lock = File::open(root).ok();
        let _lock = lock.filter(|folder| folder.lock().is_ok());
        for change in changes {
            // A new file replaces none, whenever that has appeared.
            let Some(before) = &change.before else {
                continue;
            };
            let path = resolved(root, &change.path);
            if contents(&path).ok().flatten().as_ref() != Some(before) {
                return Err(changed(&path).into());
            }
            // Where a rename replaces it nevertheless.
            if change.after.is_some() && is_read_only(&path) {
                return Err(read_only(&path).into());
            }
        }
        Ok(Self { _lock })
    }
}

fn changed(path: &Path) -> Failure {
    let path = path.display();
    Failure::new(format!(
        "`{path}` has changed since it was read, so nothing was written"
    ))
    .help("run the same command again")
}

fn is_read_only(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().readonly())
}

fn read_only(path: &Path) -> Failure {
    let path = path.display();
    Failure::new(format!("`{path}` is read-only, so nothing was written"))
        .help("make it writable, and run the same command again")
}
