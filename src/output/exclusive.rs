//! Exclusive access to the files of an app: one run writes at a time, and only over what it has read and may write.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;

use crate::changes::Change;
use crate::error::Failure;
use crate::project::{contents, resolved};

/// Number of attempts to lock the app's folder, and the pause between two of them: 2 seconds in all.
const ATTEMPTS: usize = 40;
const PAUSE: Duration = Duration::from_millis(50);

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
        let _lock = lock(root);
        for change in changes {
            // A new file replaces none, whenever that has appeared.
            let Some(before) = &change.before else {
                continue;
            };
            let path = resolved(root, &change.path);
            if contents(&path).ok().flatten().as_ref() != Some(before) {
                return Err(changed(&path).into());
            }
            // On Unix, a rename would replace it nevertheless.
            let after = change.after.as_deref();
            if after.is_some_and(|after| after != before) && is_read_only(&path) {
                return Err(read_only(&path).into());
            }
        }
        Ok(Self { _lock })
    }
}

/// Locks a folder. `None` if the system has no such locks, or if another program holds it for longer than a run would, such as
/// a script that runs this command.
fn lock(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    for _ in 0..ATTEMPTS {
        match folder.try_lock() {
            Ok(()) => return Some(folder),
            Err(TryLockError::WouldBlock) => sleep(PAUSE),
            Err(TryLockError::Error(_)) => return None,
        }
    }
    None
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
