//! The record of runs in a project, as it was before this run.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Project, disk, resolved};
use crate::record::{Hash, LAST, Last, RUNS, Run, Runs, UNFINISHED};

impl Project {
    /// Returns the recorded runs.
    ///
    /// # Errors
    /// The list cannot be read.
    pub fn runs(&self) -> Result<Runs> {
        match self.read(RUNS.as_ref())? {
            Some(bytes) => Runs::parse(&bytes),
            None => Ok(Runs::default()),
        }
    }

    /// Returns the last run, if it was made in this copy of the project and not taken back.
    ///
    /// # Errors
    /// Its record cannot be read.
    pub fn last_run(&self) -> Result<Option<Last>> {
        let bytes = self.read(LAST.as_ref())?;
        bytes.map(|bytes| Last::parse(&bytes)).transpose()
    }

    /// Returns the last run if it was killed before it had written everything, and `run` has the same command.
    pub fn killed_run(&self, run: &Run) -> Result<Option<Run>> {
        // Without a readable record, there is nothing to complete.
        let last = self.last_run().ok().flatten().map(|last| last.run);
        let Some(last) = last.filter(|last| last.command == run.command) else {
            return Ok(None);
        };
        // After an upgrade, people bring files back as they were: they resolve conflicts so.
        if last.is_upgrade() && self.read(UNFINISHED.as_ref())?.is_none() {
            return Ok(None);
        }
        for file in last.files.iter().filter(|file| file.before != file.after) {
            if self.hash(&file.path)? == file.before {
                return Ok(Some(last));
            }
        }
        Ok(None)
    }

    /// Returns the hash of the file at `path`, if there is one.
    fn hash(&self, path: &Path) -> Result<Option<Hash>> {
        let bytes = self.read(path)?;
        Ok(bytes.map(|bytes| Hash::of(&bytes)))
    }

    /// Returns the folders of `path` below the root that do not exist.
    pub fn missing_folders(&self, path: &Path) -> Vec<PathBuf> {
        let folders = path.ancestors().skip(1);
        let below = folders.take_while(|folder| !folder.as_os_str().is_empty());
        let missing = below.filter(|folder| !disk::is_folder(&resolved(&self.root, folder)));
        missing.map(Path::to_owned).collect()
    }
}
