//! A plan held against the disk: what would be created, is there already, would be edited, or is in the way.
//!
//! Nothing is written here. Later steps see what earlier ones would have made.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::edit::{self, Grammar, Outcome};
use crate::error::Misuse;
use crate::plan::{File, PlannedEdit};
use crate::project::Project;
use crate::stack::Taken;

/// What has to be written so far.
pub struct Changes<'a> {
    project: &'a Project,
    files: Vec<Change>,
}

/// One file to write.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// Below the project's root.
    pub path: PathBuf,
    /// What is on disk; `None` makes a new file.
    pub before: Option<Vec<u8>>,
    pub after: Vec<u8>,
}

/// How a planned file relates to what is there.
#[derive(Debug, PartialEq, Eq)]
pub enum FileVerdict {
    Create,
    Identical,
    /// It is not looked at: it belongs to the reader, and is there.
    Kept,
    /// Another file of that name is there.
    Conflict {
        before: Vec<u8>,
    },
}

/// How a planned edit relates to what is there.
#[derive(Debug, PartialEq, Eq)]
pub enum EditVerdict {
    /// The file is made, of nothing but the edit.
    Create,
    /// The file is changed in place.
    Edit,
    /// All is there already.
    Identical,
    /// The reader has to put these lines in.
    ByHand { lines: Vec<String> },
}

impl<'a> Changes<'a> {
    pub fn new(project: &'a Project) -> Self {
        Self {
            project,
            files: Vec::new(),
        }
    }

    /// What has to be written: in the order in which it came up, but `last` at the end.
    pub fn in_order(&self, last: &[PathBuf]) -> Vec<&Change> {
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by_key(|change| last.contains(&change.path));
        files
    }

    pub fn contains(&self, path: &Path) -> Result<bool> {
        Ok(self.read(path)?.is_some())
    }

    /// Takes a file in, unless another one is in its place: then [`Changes::overwrite`] does.
    pub fn file(&mut self, file: &File) -> Result<FileVerdict> {
        Ok(match self.read(&file.path)? {
            None => {
                self.set(&file.path, file.contents.clone())?;
                FileVerdict::Create
            }
            Some(before) if before == file.contents => FileVerdict::Identical,
            Some(_) if file.once => FileVerdict::Kept,
            Some(before) => FileVerdict::Conflict { before },
        })
    }

    /// Takes a file in, whatever is in its place.
    pub fn overwrite(&mut self, file: &File) -> Result<()> {
        self.set(&file.path, file.contents.clone())
    }

    /// The edit, of the file that is there: its own or one that may be there in its place.
    pub fn located(&self, planned: &PlannedEdit) -> Result<PlannedEdit> {
        let mut planned = planned.clone();
        for path in std::mem::take(&mut planned.or) {
            if !self.contains(&planned.path)? && self.contains(&path)? {
                planned.path = path;
            }
        }
        Ok(planned)
    }

    /// Takes an edit in, if it can be made.
    pub fn edit(&mut self, planned: &PlannedEdit) -> Result<EditVerdict> {
        let before = self.read(&planned.path)?;
        let exists = before.is_some();
        if !exists && !planned.create {
            return Ok(EditVerdict::ByHand {
                lines: planned.edit.by_hand(),
            });
        }
        let text = String::from_utf8(before.unwrap_or_default());
        let (Ok(text), Some(grammar)) = (text, Grammar::of(&planned.path)) else {
            return Ok(EditVerdict::ByHand {
                lines: planned.edit.by_hand(),
            });
        };
        Ok(match planned.edit.apply(&text, grammar)? {
            Outcome::AlreadyThere => EditVerdict::Identical,
            Outcome::ByHand(lines) => EditVerdict::ByHand { lines },
            Outcome::Changed(new) => {
                self.set(&planned.path, new.into_bytes())?;
                if exists {
                    EditVerdict::Edit
                } else {
                    EditVerdict::Create
                }
            }
        })
    }

    /// Refuses what somebody else has already, such as a topic that leads to another channel.
    pub fn refuse_taken(&self, taken: &Taken) -> Result<()> {
        let path = Path::new(&taken.file);
        let text = self
            .read(path)?
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let (Some(text), Some(grammar)) = (text, Grammar::of(path)) else {
            return Ok(());
        };
        for [value, owner] in edit::captures(&text, grammar, &taken.query, ["value", "owner"])? {
            let owner = owner.rsplit([':', '.']).next().unwrap_or(&owner);
            let value = value.trim_matches('"');
            if covers(value, &taken.value) && owner != taken.owner {
                let message = taken
                    .message
                    .replace("@value", value)
                    .replace("@owner", owner);
                return Err(Misuse::new(message).help(&taken.help).into());
            }
        }
        Ok(())
    }

    /// The file as it is on disk, or as an earlier step would have it.
    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>> {
        match self.files.iter().find(|f| f.path == path) {
            Some(change) => Ok(Some(change.after.clone())),
            None => self.project.read(path),
        }
    }

    fn set(&mut self, path: &Path, after: Vec<u8>) -> Result<()> {
        match self.files.iter_mut().find(|f| f.path == path) {
            Some(change) => change.after = after,
            None => {
                let before = self.project.read(path)?;
                self.files.push(Change {
                    path: path.to_owned(),
                    before,
                    after,
                });
            }
        }
        Ok(())
    }
}

/// Whether the topic pattern `pattern` takes every topic that `other` would.
fn covers(pattern: &str, other: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => other.starts_with(prefix),
        None => pattern == other,
    }
}
