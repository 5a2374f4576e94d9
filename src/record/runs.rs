//! The list of all runs, each in a file of its own: the runs of two branches merge without conflicts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Change, FORMAT, FileChange, Hash, Run, TextChange};
use crate::error::Misuse;

/// Folder of all runs.
pub const RUNS: &str = ".hello-sockets/runs";

/// Most characters of a command in the name of its file.
const LONGEST: usize = 40;

/// Files of runs, with their contents.
pub type RunFiles = BTreeMap<PathBuf, Rc<[u8]>>;

/// The runs that have changed the app, in order.
#[derive(Debug, Clone, Default)]
pub struct Runs(Vec<Rc<Numbered>>);

/// A run, with its number in its branch: after a merge, two runs may have the same.
#[derive(Debug)]
struct Numbered {
    number: u32,
    run: Run,
    /// The file of its own that it was read from: it stays as it is, whichever version has written it.
    file: Option<(PathBuf, Rc<[u8]>)>,
}

impl Numbered {
    fn new(number: u32, run: Run) -> Rc<Self> {
        let file = None;
        Rc::new(Self { number, run, file })
    }

    /// Returns the file of the run.
    fn file(&self) -> Result<(PathBuf, Rc<[u8]>)> {
        if let Some(file) = &self.file {
            return Ok(file.clone());
        }
        let Self { number, run, .. } = self;
        let format = FORMAT;
        let json = serde_json::to_vec_pretty(&RunFile { format, run });
        let mut text = json.context("the record is not JSON")?;
        text.push(b'\n');
        let (words, hash) = (slug(run), Hash::of(&text));
        let name = format!("{number:04}-{words}-{}.json", hash.short());
        Ok((Path::new(RUNS).join(name), text.into()))
    }
}

/// The file of a run.
#[derive(Serialize, Deserialize)]
struct RunFile<R> {
    format: u8,
    #[serde(flatten)]
    run: R,
}

impl Runs {
    /// Reads the runs of `files`: those in [`RUNS`].
    ///
    /// # Errors
    /// A file is not the JSON of a run, as after a merge with conflicts.
    pub fn parse(files: &RunFiles) -> Result<Self> {
        let mut runs = Self::default();
        for (path, bytes) in files {
            let RunFile { format, run } = parsed(path, bytes)?;
            ensure!(
                format <= FORMAT,
                "`{}` is of a newer hello-sockets than this one",
                path.display()
            );
            let number = number(path).unwrap_or(1);
            let file = Some((path.clone(), bytes.clone()));
            runs.0.push(Rc::new(Numbered { number, run, file }));
        }
        runs.0.sort_by_key(|known| known.number);
        Ok(runs)
    }

    /// Returns the files of all runs.
    ///
    /// # Errors
    /// A path is not UTF-8.
    pub fn files(&self) -> Result<RunFiles> {
        self.0.iter().map(|known| known.file()).collect()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.0.iter().map(|known| &known.run)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the changes of the file at `path`, the last one first.
    pub fn changes_of(&self, path: &Path) -> Vec<&FileChange> {
        let files = self.iter().rev().flat_map(|run| &run.files);
        files.filter(|known| known.path == path).collect()
    }

    /// Returns whether runs have inserted this text more often than taken it out: a manifest may have it in two tables.
    pub fn have_inserted(&self, text: &TextChange) -> bool {
        self.inserting(text).is_some()
    }

    /// Returns the index of the run that has inserted this text, if none has taken it out since.
    fn inserting(&self, text: &TextChange) -> Option<usize> {
        let mut inserted = Vec::new();
        for (at, run) in self.iter().enumerate() {
            for known in run.texts.iter().filter(|known| known.is_about(text)) {
                match known.change {
                    Change::Inserted => inserted.push(at),
                    Change::TakenOut => drop(inserted.pop()),
                }
            }
        }
        inserted.first().copied()
    }

    /// Returns the runs from the one on that has inserted this text.
    pub fn since_inserted(&self, text: &TextChange) -> Vec<&Run> {
        self.from(self.inserting(text))
    }

    /// Returns the runs from the last one on that has changed the file for this text, which is not shared.
    ///
    /// # Errors
    /// The entries of a run cannot be read.
    pub fn since_edited(&self, text: &TextChange) -> Result<Vec<&Run>> {
        let mut last = None;
        for (at, run) in self.iter().enumerate() {
            let mut files = run.files.iter();
            if files.any(|file| file.path == text.path)
                && run.entries()?.iter().any(|entry| entry.has_edit(text))
            {
                last = Some(at);
            }
        }
        Ok(self.from(last))
    }

    fn from(&self, first: Option<usize>) -> Vec<&Run> {
        first.map_or_else(Vec::new, |at| self.iter().skip(at).collect())
    }

    /// Returns the version that has made the app, or the last upgrade of it.
    pub fn version(&self) -> Option<&str> {
        let whole = |run: &&Run| run.is_new() || run.is_upgrade();
        let run = self.iter().rfind(whole);
        Some(run.or(self.iter().next())?.version.as_str())
    }

    /// Adds a run. The entries of an upgrade replace all earlier ones, of which only those are kept that `undo` needs.
    ///
    /// # Errors
    /// The entries of an earlier run cannot be read.
    pub fn push(&mut self, run: Run) -> Result<()> {
        if run.is_upgrade()
            && let Some(last) = self.0.iter().rposition(|known| known.run.is_upgrade())
        {
            let kept = self.0[last].run.entries()?;
            for superseded in &mut self.0[..last] {
                let run = &superseded.run;
                // That upgrade may have been made in another branch, without these.
                if run.entries()?.iter().all(|entry| entry.is_among(&kept)) {
                    let mut run = run.clone();
                    run.generated.clear();
                    *superseded = Numbered::new(superseded.number, run);
                }
            }
        }
        // A repeated `new` completes the first one.
        if run.is_new() && self.iter().next_back().is_some_and(Run::is_new) {
            self.0.pop();
        }
        let number = self.0.last().map_or(1, |last| last.number + 1);
        self.0.push(Numbered::new(number, run));
        Ok(())
    }

    /// Replaces the last of the runs that are like `old` by `new`; removes it without `new`.
    pub fn replace(&mut self, old: &Run, new: Option<Run>) {
        let Some(at) = self.0.iter().rposition(|known| known.run == *old) else {
            return;
        };
        match new {
            Some(new) => self.0[at] = Numbered::new(self.0[at].number, new),
            None => drop(self.0.remove(at)),
        }
    }
}

fn parsed(path: &Path, bytes: &[u8]) -> Result<RunFile<Run>, Misuse> {
    serde_json::from_slice(bytes).map_err(|error| {
        Misuse::new(format!("`{}` cannot be read: {error}", path.display()))
            .help("restore it from version control: `git log -- .hello-sockets/runs`")
    })
}

/// Returns the number at the start of a file's name.
fn number(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    name.split('-').next()?.parse().ok()
}

/// Returns the words of the run's command before its options, as a part of a file's name.
fn slug(run: &Run) -> String {
    let words = run.command.iter();
    let words = words.take_while(|word| !word.starts_with('-'));
    let words: Vec<_> = words.map(String::as_str).collect();
    let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    words.join("-").chars().map(safe).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::TextChange;

    fn listed(runs: impl IntoIterator<Item = Run>) -> Runs {
        let mut list = Runs::default();
        for run in runs {
            list.push(run).expect("it has no entries");
        }
        list
    }

    fn run(words: &str) -> Run {
        Run {
            command: words.split(' ').map(str::to_owned).collect(),
            version: "0.1.0".to_owned(),
            ..Run::default()
        }
    }

    /// Returns the files of the list, with their names alone.
    fn files(runs: &Runs) -> RunFiles {
        runs.files().expect("they are JSON")
    }

    fn commands(files: &RunFiles) -> Vec<String> {
        let runs = Runs::parse(files).expect("they can be read");
        runs.iter().map(Run::to_string).collect()
    }

    #[test]
    fn a_file_is_named_by_number_command_and_hash_and_read_again() {
        let long = "gen channel Admin.Room/é --topic a:b --exact";
        let runs = listed([run("new"), run(long), run(&"gen a ".repeat(20))]);
        let files = files(&runs);
        let names: Vec<_> = files.keys().filter_map(|path| path.to_str()).collect();
        let stems: Vec<_> = names.iter().map(|name| &name[..name.len() - 18]).collect();
        let stems = stems.into_iter().map(Path::new);
        let repeated = "gen-a-".repeat(7);
        let expected = [
            ".hello-sockets/runs/0001-new",
            ".hello-sockets/runs/0002-gen-channel-Admin-Room--",
            &format!(".hello-sockets/runs/0003-{}", &repeated[..LONGEST]),
        ];
        assert!(stems.eq(expected.map(Path::new)), "{names:?}");
        let read = Runs::parse(&files).expect("they can be read");
        assert!(read.iter().eq(runs.iter()));
    }

    #[test]
    fn the_file_of_a_run_stays_as_it_was_read_until_the_run_is_replaced() {
        let path = PathBuf::from(RUNS).join("0001-as-written-by-another-version.json");
        let text = br#"{"more":1,"format":1,"command":["new"],"version":"0","files":[],"folders":[],"texts":[]}"#;
        let mut runs =
            Runs::parse(&BTreeMap::from([(path.clone(), text.as_slice().into())])).expect("JSON");
        runs.push(run("gen a")).expect("no entries");

        let kept = files(&runs);
        assert_eq!(kept.len(), 2);
        assert_eq!(*kept[&path], *text);
        let new = runs.iter().next().cloned().expect("the first");
        runs.replace(&new, Some(run("new b")));
        assert!(!files(&runs).contains_key(&path));
    }

    #[test]
    fn files_of_two_branches_are_the_runs_of_both() {
        let [mine, theirs] = [["gen b", "gen d"], ["gen a", "gen c"]];
        let branch = |own: [&str; 2]| {
            let own = own.map(run);
            files(&listed([run("new")].into_iter().chain(own)))
        };
        let mut merged = branch(mine);
        merged.extend(branch(theirs));
        let expected = ["new", "gen a", "gen b", "gen c", "gen d"];
        assert_eq!(commands(&merged), expected);

        let mut runs = Runs::parse(&merged).expect("they can be read");
        runs.push(run("undone")).expect("no entries");
        runs.replace(&run("gen b"), None);
        let last = files(&runs).into_keys().next_back().expect("some");
        let name = last.file_name().expect("a name").to_string_lossy();
        assert!(name.starts_with("0004-undone-"), "{last:?}");
        let expected = ["new", "gen a", "gen c", "gen d", "undone"];
        assert_eq!(commands(&files(&runs)), expected);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error_that_names_it_and_a_way_out() {
        let path = format!("{RUNS}/0002-a.json");
        let conflict = b"<<<<<<< ours\n".as_slice().into();
        let files = BTreeMap::from([(PathBuf::from(&path), conflict)]);
        let error = Runs::parse(&files).expect_err("it is no JSON");
        let misuse: &Misuse = error.downcast_ref().expect("it has help");
        let message = format!("`{path}` cannot be read: expected value at line 1 column 1");
        assert_eq!(misuse.to_string(), message);
        let help = "restore it from version control: `git log -- .hello-sockets/runs`";
        assert_eq!(misuse.way_out(), Some(help));
    }

    fn text(change: Change) -> TextChange {
        TextChange {
            path: "Cargo.toml".into(),
            place: "dependency".to_owned(),
            text: "tokio = \"1\"".to_owned(),
            change,
        }
    }

    fn runs(changes: &[Change]) -> Runs {
        let run = |change: &Change| Run {
            texts: vec![text(*change)],
            ..Run::default()
        };
        listed(changes.iter().map(run))
    }

    #[test]
    fn a_text_is_inserted_until_a_later_run_takes_it_out() {
        use Change::{Inserted, TakenOut};
        let have = |changes: &[Change]| {
            let runs = runs(changes);
            runs.have_inserted(&text(Inserted))
        };
        assert_eq!(
            [
                have(&[]),
                have(&[Inserted]),
                have(&[Inserted, TakenOut]),
                have(&[TakenOut, Inserted]),
                have(&[Inserted, Inserted, TakenOut])
            ],
            [false, true, false, true, true]
        );
    }
}
