//! The record of runs, for `undo`, `destroy` and `upgrade`. Pure: the files and texts that each run has changed, and what it
//! has generated.
//!
//! [`RUNS`] is for version control. [`FOLDER`] is not: it has the last run once more, and the bytes that it has replaced,
//! each in a file that is named by its hash.

pub mod generated;
mod runs;

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

pub use runs::{RUNS, RunFiles, Runs};

/// Folder of what only `undo` needs.
pub const FOLDER: &str = ".hello-sockets/undo";

/// Empty file that is there while an upgrade is written.
pub const UNFINISHED: &str = ".hello-sockets/undo/unfinished";

/// The last run.
pub const LAST: &str = ".hello-sockets/undo/run.json";

/// Version of the files.
const FORMAT: u8 = 1;

/// The run that `undo` takes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    format: u8,
    /// Folder of the app at that time: files outside of it are only restored there.
    #[serde(flatten)]
    pub folder: Folder,
    pub run: Run,
}

/// A folder, which no clone or copy of it is, not even at the same path: so a record that came with a clone is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    pub root: PathBuf,
    /// Number of the folder in the file system, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inode: Option<u64>,
}

/// The changes of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The words of the command, without its path.
    pub command: Vec<String>,
    /// Version of the command.
    pub version: String,
    pub files: Vec<FileChange>,
    /// Created folders.
    pub folders: Vec<PathBuf>,
    pub texts: Vec<TextChange>,
    /// Entries of its generators; see [`generated`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub generated: String,
}

/// A file before and after a run; `None` if there was none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    pub path: PathBuf,
    pub before: Option<Hash>,
    pub after: Option<Hash>,
    /// Lines of an edited file that the run has replaced, for `destroy`: by their hashes, because the lines may be anything.
    /// None for many lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Vec<Hash>>,
}

/// Largest number of replaced lines that are recorded: those of edits, and not those of an overwritten file.
const MOST_REPLACED: usize = 16;

impl FileChange {
    pub fn new(path: PathBuf, before: Option<&[u8]>, after: Option<&[u8]>) -> Self {
        let replaced = before.zip(after).map(|(before, after)| {
            let [before, after] = [before, after].map(String::from_utf8_lossy);
            let kept: HashSet<_> = after.lines().collect();
            let replaced = before.lines().filter(|line| !kept.contains(line));
            replaced.map(Hash::of_line).collect::<Vec<_>>()
        });
        Self {
            path,
            before: before.map(Hash::of),
            after: after.map(Hash::of),
            replaced: replaced.filter(|lines| lines.len() <= MOST_REPLACED),
        }
    }
}

/// A text that a run has inserted or taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextChange {
    pub path: PathBuf,
    /// Name of the place.
    pub place: String,
    pub text: String,
    pub change: Change,
}

impl TextChange {
    /// Returns whether both are changes of the same text.
    pub fn is_about(&self, other: &Self) -> bool {
        (&self.path, &self.place, &self.text) == (&other.path, &other.place, &other.text)
    }
}

/// Direction of a [`TextChange`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Inserted,
    TakenOut,
}

/// SHA-256 of a file, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hash(String);

impl Hash {
    pub fn of(bytes: &[u8]) -> Self {
        Self(HEXLOWER.encode(digest(&SHA256, bytes).as_ref()))
    }

    /// Returns the hash of a line, in the digits that tell the lines of a file apart.
    pub fn of_line(line: &str) -> Self {
        Self(Self::of(line.as_bytes()).short().to_owned())
    }

    /// Returns the first digits, which are enough to tell files apart.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }

    /// Returns the path of the bytes with this hash. A hash from a file may be any text: only digits are used.
    pub fn path(&self) -> PathBuf {
        let digits = self.0.chars().filter(char::is_ascii_hexdigit);
        Path::new(FOLDER).join(digits.collect::<String>())
    }
}

impl Last {
    pub fn new(folder: Folder, run: Run) -> Self {
        Self {
            format: FORMAT,
            folder,
            run,
        }
    }

    /// Reads the file [`LAST`].
    ///
    /// # Errors
    /// It is not the JSON of a run.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).with_context(|| format!("`{LAST}` cannot be read"))
    }
}

impl Run {
    /// Returns the hashes of what the run has replaced.
    pub fn replaced(&self) -> BTreeSet<&Hash> {
        let before = self.files.iter().map(|file| file.before.as_ref());
        before.flatten().collect()
    }

    /// Returns this run together with `killed`, an earlier one of the same command that has not written everything.
    pub fn completing(mut self, killed: Self) -> Self {
        let mut files = killed.files;
        for file in std::mem::take(&mut self.files) {
            match files.iter_mut().find(|known| known.path == file.path) {
                Some(known) => known.after = file.after,
                None => files.push(file),
            }
        }
        let mut folders = killed.folders;
        folders.append(&mut self.folders);
        folders.dedup();
        let mut texts = killed.texts;
        self.texts.retain(|text| !texts.contains(text));
        texts.append(&mut self.texts);
        Self {
            generated: match killed.generated.is_empty() {
                true => self.generated.clone(),
                false => killed.generated,
            },
            files,
            folders,
            texts,
            ..self
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.command.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_that_of_sha256sum_and_names_a_file_below_the_folder() {
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Hash::of(b"abc"), Hash(hash.to_owned()));
        assert_eq!(Hash::of(b"abc").path(), Path::new(FOLDER).join(hash));
        let forged = Hash("../../../etc/passwd".to_owned());
        assert_eq!(forged.path(), Path::new(FOLDER).join("ecad"));
    }

    #[test]
    fn a_run_that_completes_another_has_the_bytes_from_before_both() {
        let file = |path: &str, before: Option<&[u8]>, after: &[u8]| {
            FileChange::new(path.into(), before, Some(after))
        };
        let run = |files: &[FileChange], folders: &[&str]| Run {
            files: files.to_vec(),
            folders: folders.iter().map(PathBuf::from).collect(),
            ..Run::default()
        };
        let killed = run(
            &[file("a", None, b"1"), file("b", Some(b"0"), b"1")],
            &["c"],
        );
        let rerun = run(&[file("b", Some(b"0"), b"2"), file("d", None, b"3")], &[]);

        assert_eq!(
            rerun.completing(killed),
            run(
                &[
                    file("a", None, b"1"),
                    file("b", Some(b"0"), b"2"),
                    file("d", None, b"3")
                ],
                &["c"]
            )
        );
    }
}
