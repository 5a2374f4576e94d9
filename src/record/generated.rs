//! Generated files and edits, as they were made: the base of the three-way merges of `upgrade`.
//!
//! A run of `new`, `gen` or `destroy` has the entries of its generators, `upgrade` those of the whole app. They are compressed JSON in
//! one line of the list of runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use data_encoding::BASE64;
use miniz_oxide::{deflate, inflate};
use serde::{Deserialize, Serialize};

use super::{Hash, Run, Runs, TextChange};
use crate::edit::ending::{as_generated, like};

/// One generator of a run: the request, the values that it looked up, and its files and edits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    pub generator: String,
    /// The name, spelled as a module: `Admin.Room`.
    pub name: Option<String>,
    pub options: BTreeMap<String, Vec<String>>,
    /// Values of the options that are no flags, given or not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    pub answers: BTreeMap<String, bool>,
    pub secrets: BTreeMap<String, String>,
    /// `new` has run it: nothing was looked up in the app.
    pub is_of_new: bool,
    /// Facts of the app at that time.
    pub app: BTreeMap<String, String>,
    /// Facts and lists of the generator at that time.
    pub facts: BTreeMap<String, String>,
    pub lists: BTreeMap<String, BTreeSet<String>>,
    /// All files of the plan.
    pub files: BTreeMap<PathBuf, Base>,
    /// All edits of the plan, in order.
    pub edits: Vec<Edit>,
    /// Places whose text the run has found in the app, each with the file.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub found: BTreeSet<(String, PathBuf)>,
    /// `destroy` has taken it back. Files that others need are still there.
    pub is_taken_back: bool,
}

/// A file as it was generated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    Text(String),
    /// Hash of a file of a library, or of one that is no text.
    Hash(String),
    /// The run has not made the file: its condition was false, or `gen` had made it before.
    NotMade,
    /// The run has kept another file there, with this hash.
    Kept(String),
}

/// An edit of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub place: String,
    /// The file; empty if the condition was false.
    pub path: PathBuf,
    /// The text, after those that it needs in the file, such as an import.
    pub texts: Vec<String>,
}

/// Length of the hashes of bases, in hexadecimal digits: 128 bits.
const DIGITS: usize = 32;

impl Base {
    /// Returns the base of a file, as a hash if it `is_vendored`.
    pub fn of(contents: &[u8], is_vendored: bool) -> Self {
        match str::from_utf8(contents) {
            Ok(text) if !is_vendored => Self::Text(text.to_owned()),
            _ => Self::Hash(short_hash(contents)),
        }
    }

    /// Returns whether `contents` are those of the base, also with other line endings.
    pub fn is(&self, contents: &[u8]) -> bool {
        match self {
            Self::Text(text) => *like(text.as_bytes(), contents) == *contents,
            Self::Hash(hash) => {
                *hash == short_hash(contents) || *hash == short_hash(&as_generated(contents))
            }
            Self::NotMade | Self::Kept(_) => false,
        }
    }

    /// Returns the base of a file that the run has kept, with the contents that it had.
    pub fn kept(contents: &[u8]) -> Self {
        Self::Kept(short_hash(contents))
    }

    /// Returns whether the run has made the file.
    pub const fn is_made(&self) -> bool {
        !matches!(self, Self::NotMade | Self::Kept(_))
    }
}

fn short_hash(contents: &[u8]) -> String {
    let Hash(mut hash) = Hash::of(contents);
    hash.truncate(DIGITS);
    hash
}

impl Entry {
    /// Returns whether both are of the same generator, name and values, such as a channel on the same socket.
    pub fn is_like(&self, other: &Self) -> bool {
        let is_unknown = self.values.is_empty() || other.values.is_empty();
        (&self.generator, &self.name) == (&other.generator, &other.name)
            && (is_unknown || self.values == other.values)
    }

    /// Returns whether it has edited the file of `text` by that, or left lines to a reader.
    pub fn has_edit(&self, text: &TextChange) -> bool {
        let found = (text.place.clone(), text.path.clone());
        let is_it = |edit: &Edit| {
            let own = edit.texts.last();
            (&edit.path, &edit.place, own) == (&text.path, &text.place, Some(&text.text))
        };
        !self.found.contains(&found) && self.edits.iter().any(is_it)
    }

    /// Returns whether `entries` has one of the same request.
    pub fn is_among(&self, entries: &[Self]) -> bool {
        let mut like = entries.iter().filter(|entry| self.is_like(entry));
        like.any(|entry| entry.options == self.options)
    }
}

/// Returns `entries` as one line of text.
///
/// # Errors
/// A path is not UTF-8.
pub fn encode(entries: &[Entry]) -> Result<String> {
    let json = serde_json::to_vec(entries).context("the record is not JSON")?;
    // The default level takes three times as long, for a record that is a quarter smaller.
    let level = deflate::CompressionLevel::BestSpeed as u8;
    Ok(BASE64.encode(&deflate::compress_to_vec(&json, level)))
}

/// Most bytes of decompressed entries: a record may come from a clone.
const MOST: usize = 64 << 20;

fn decode(text: &str) -> Result<Vec<Entry>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let bytes = BASE64.decode(text.as_bytes())?;
    let json = inflate::decompress_to_vec_with_limit(&bytes, MOST);
    let json = json.map_err(|error| anyhow!("{error}"))?;
    Ok(serde_json::from_slice(&json)?)
}

impl Run {
    pub fn is_upgrade(&self) -> bool {
        self.is("upgrade")
    }

    /// Returns whether `undo` never takes it back.
    pub fn is_new(&self) -> bool {
        self.is("new")
    }

    pub fn is(&self, command: &str) -> bool {
        self.command.first().is_some_and(|word| word == command)
    }

    /// Returns the entries of its generators.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        let entries = decode(&self.generated);
        entries.with_context(|| format!("the record of `{self}` cannot be read"))
    }

    /// Returns the hash of the file at `path` after the run, if the run has written it.
    pub fn written(&self, path: &Path) -> Option<&Hash> {
        let mut files = self.files.iter();
        files.find(|file| file.path == path)?.after.as_ref()
    }
}

impl Runs {
    /// Returns the entries of all generators in the app.
    ///
    /// # Errors
    /// An entry cannot be read.
    pub fn generated(&self) -> Result<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        for run in self.iter() {
            let of_run = run.entries()?;
            if run.is_upgrade() {
                // Others were made in another branch, before it was merged.
                entries.retain(|entry| !entry.is_taken_back && !entry.is_among(&of_run));
                entries.extend(of_run);
            } else if run.is("destroy") {
                take_back(run, &of_run, &mut entries);
            } else {
                entries.extend(of_run);
            }
        }
        Ok(entries)
    }
}

/// Takes back the entries that `run`, a `destroy`, has taken back, and the files that it has removed.
fn take_back(run: &Run, taken_back: &[Entry], entries: &mut [Entry]) {
    for gone in taken_back {
        for entry in entries.iter_mut().filter(|entry| entry.is_like(gone)) {
            entry.is_taken_back = true;
        }
    }
    for file in run.files.iter().filter(|file| file.after.is_none()) {
        for entry in entries.iter_mut() {
            if let Some(base) = entry.files.get_mut(&file.path) {
                *base = Base::NotMade;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::FileChange;

    fn entry(name: &str, files: &[(&str, Base)]) -> Entry {
        let files = files.iter().map(|(path, base)| (path.into(), base.clone()));
        Entry {
            generator: "channel".to_owned(),
            name: Some(name.to_owned()),
            files: files.collect(),
            ..Entry::default()
        }
    }

    fn run(command: &str, entries: &[Entry]) -> Run {
        Run {
            command: vec![command.to_owned()],
            version: "0.1.0".to_owned(),
            generated: encode(entries).expect("it is JSON"),
            ..Run::default()
        }
    }

    fn text(text: &str) -> Base {
        Base::Text(text.to_owned())
    }

    /// The list of these runs, in order.
    fn runs(runs: impl IntoIterator<Item = Run>) -> Runs {
        let mut list = Runs::default();
        for run in runs {
            list.push(run).expect("its entries can be read");
        }
        list
    }

    #[test]
    fn entries_are_those_of_the_last_upgrade_and_of_runs_that_it_did_not_know() {
        let at = |version: &str, name: &str| entry(name, &[("a", text(version))]);
        let all = |of_upgrade: &[Entry]| {
            let before = [at("1", "A"), at("1", "B")].map(|entry| run("gen", &[entry]));
            let rest = [run("upgrade", of_upgrade), run("gen", &[at("2", "C")])];
            let all = runs(before.into_iter().chain(rest));
            all.generated().expect("they can be read")
        };
        let [a, b] = ["A", "B"].map(|name| at("2", name));
        let expected = [a.clone(), b.clone(), at("2", "C")];
        assert_eq!(all(&[a.clone(), b]), expected);
        // As after a merge: the upgrade was made in a branch without B.
        let expected = [at("1", "B"), a.clone(), at("2", "C")];
        assert_eq!(all(&[a]), expected);
    }

    #[test]
    fn what_destroy_has_taken_back_is_marked_and_files_that_others_need_keep_their_base() {
        let made = entry("A", &[("a", text("1")), ("support", text("2"))]);
        let mut destroy = run("destroy", &[entry("A", &[])]);
        let removed = FileChange::new("a".into(), Some(b"1"), None);
        destroy.files.push(removed);
        let runs = runs([run("gen", &[made, entry("B", &[])]), destroy]);

        let gone = Entry {
            is_taken_back: true,
            ..entry("A", &[("a", Base::NotMade), ("support", text("2"))])
        };
        assert_eq!(runs.generated().expect("read"), [gone, entry("B", &[])]);
    }

    #[test]
    fn bases_stay_only_as_far_as_an_upgrade_can_be_taken_back() {
        let [a, b] = ["A", "B"].map(|name| entry(name, &[]));
        let unknown = run("gen", &[entry("C", &[])]);
        let upgrade = run("upgrade", std::slice::from_ref(&a));
        let of_b = run("gen", std::slice::from_ref(&b));
        let new = run("new", std::slice::from_ref(&a));
        let mut runs = runs([new, unknown, upgrade, of_b]);
        let before = runs.generated().expect("read");
        let last = run("upgrade", &[a, b, entry("C", &[])]);
        runs.push(last.clone()).expect("read");

        let empty: Vec<_> = runs.iter().map(|run| run.generated.is_empty()).collect();
        assert_eq!(empty, [true, false, false, false, false]);
        runs.replace(&last, None);
        assert_eq!(runs.generated().expect("read"), before);
    }

    #[test]
    fn a_damaged_entry_is_an_error_that_names_its_run() {
        for damaged in ["=", "AAAA", &BASE64.encode(b"\xff\xff")] {
            let mut damaged_run = run("gen", &[]);
            damaged_run.generated = damaged.to_owned();
            let runs = runs([damaged_run]);
            let error = runs.generated().expect_err("it cannot be read");
            assert_eq!(error.to_string(), "the record of `gen` cannot be read");
        }
    }
}
