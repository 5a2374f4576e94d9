//! The record of runs in a project, as it was before this run.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Result;

use super::{Project, absolute, disk, resolved};
use crate::record::{Folder, Hash, LAST, Last, RUNS, Run, RunFiles, Runs, UNFINISHED};

impl Project {
    /// Returns the runs that were recorded before this one.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn runs(&self) -> Result<Rc<Runs>> {
        if let Some(runs) = self.runs.get() {
            return Ok(Rc::clone(runs));
        }
        let runs = Rc::new(Runs::parse(&self.run_files()?)?);
        Ok(Rc::clone(self.runs.get_or_init(|| runs)))
    }

    /// Returns the files of the recorded runs, with their contents.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn run_files(&self) -> Result<RunFiles> {
        let names = disk::entries(&resolved(&self.root, RUNS.as_ref()))?.into_iter();
        let json = names.filter(|(name, is_folder)| !is_folder && name.ends_with(".json"));
        let mut files = RunFiles::new();
        for path in json.map(|(name, _)| Path::new(RUNS).join(name)) {
            let bytes = disk::read(&resolved(&self.root, &path))?;
            files.extend(bytes.map(|bytes| (path, bytes)));
        }
        Ok(files)
    }

    /// Returns the app's folder, by which a record is told from one that came with a clone.
    pub fn folder(&self) -> Folder {
        let metadata = fs::metadata(&self.root).ok();
        #[cfg(unix)]
        let inode = metadata.map(|metadata| metadata.ino());
        #[cfg(not(unix))]
        let inode = metadata.and(None); // the path alone
        // As text, which JSON has: the number tells apart what text does not.
        let root = absolute(&self.root).to_string_lossy().into_owned().into();
        Folder { root, inode }
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
        let last = self.last_run().ok().flatten();
        let last = last.filter(|last| last.folder == self.folder());
        let Some(last) = last
            .map(|last| last.run)
            .filter(|last| last.command == run.command)
        else {
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
