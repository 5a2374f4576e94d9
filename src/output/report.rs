//! The lines of the report: each file once, a folder once for as long as its files fare alike.

use std::path::{Path, PathBuf};

use super::terminal::Terminal;
use crate::plan::File;
use crate::project::Project;

/// What has been reported so far.
#[derive(Debug, Default)]
pub struct Report {
    /// Every file that the run answers for.
    made: Vec<PathBuf>,
    /// Of these, those that were left as they were; an edit to one is news.
    skipped: Vec<PathBuf>,
    /// The folder that was reported last, and how its files fared.
    last_folder: Option<(&'static str, PathBuf)>,
}

impl Report {
    /// Every file that the run answers for.
    pub fn made(&self) -> &[PathBuf] {
        &self.made
    }

    /// Reports a file of the plan: by its own name, or by that of the folder that stands for it.
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

    /// Reports a file that was edited: one that the run makes anyhow is reported once.
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
