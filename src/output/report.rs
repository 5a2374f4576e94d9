//! The lines of the report: each file once, a folder once while its files have the same outcome.

use std::path::{Path, PathBuf};

use super::terminal::Terminal;
use crate::plan::File;
use crate::project::Project;

/// The files reported so far.
#[derive(Debug, Default)]
pub struct Report {
    /// All files of the run.
    made: Vec<PathBuf>,
    /// Unchanged files among them; a later edit of one is reported.
    skipped: Vec<PathBuf>,
    /// The last reported folder, and the outcome of its files.
    last_folder: Option<(&'static str, PathBuf)>,
}

impl Report {
    /// All files of the run.
    pub fn made(&self) -> &[PathBuf] {
        &self.made
    }

    /// Reports a file of the plan, or the folder that represents it.
    pub fn file(
        &mut self,
        terminal: &Terminal,
        project: &Project,
        verb: &'static str,
        file: &File,
    ) {
        let folder = file.folder.as_ref().map(|folder| (verb, folder.clone()));
        if folder.is_none() || folder != self.last_folder {
            let what = file.folder.as_ref().unwrap_or(&file.path);
            terminal.report(verb, project.display_path(what).display());
            self.last_folder = folder;
        }
        self.made.push(file.path.clone());
        if verb == "skipping" {
            self.skipped.push(file.path.clone());
        }
    }

    /// Reports an edited file, unless it was reported as created.
    pub fn edit(&mut self, terminal: &Terminal, project: &Project, verb: &str, path: &Path) {
        let path = path.to_owned();
        let is_news = verb == "injecting" && self.skipped.contains(&path);
        if is_news || !self.made.contains(&path) {
            terminal.report(verb, project.display_path(&path).display());
            self.skipped.retain(|skipped| *skipped != path);
            if verb == "skipping" {
                self.skipped.push(path.clone());
            }
            self.made.push(path);
        }
    }
}
