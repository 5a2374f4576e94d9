//! The report of a run: one value, with two views. [`text`] prints each entry as the run adds it; the JSON of the whole
//! value is printed at the end (docs/scripts-and-ci.md has its keys).

pub mod text;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::edit::Lines;
use crate::error::Problem;
use crate::facts::Question;
use crate::plan::Step;

/// Version of the JSON.
#[derive(Debug, Serialize)]
pub struct Format(u8);

impl Default for Format {
    fn default() -> Self {
        Self(1)
    }
}

/// Everything that a run did, or would do, and what is left to do.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub format: Format,
    pub outcome: Outcome,
    pub exit_code: u8,
    pub dry_run: bool,
    /// None if the run was refused.
    pub app: Option<App>,
    pub files: Vec<FileEntry>,
    pub edits: Vec<EditEntry>,
    pub questions: Vec<QuestionEntry>,
    pub commands: Vec<CommandEntry>,
    pub manual_steps: Vec<ManualEntry>,
    pub warnings: Vec<String>,
    pub next_steps: Vec<String>,
    pub errors: Vec<Problem>,
    /// Empty, unless `--verbose` is given.
    pub look_ups: Vec<LookUp>,
}

/// The end of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[default]
    Done,
    /// Manual steps are left.
    ManualSteps,
    /// Something failed: a write, or a program that a flag requested.
    Failed,
    /// Nothing was written.
    Refused,
    /// `upgrade --check` has found something to do.
    Outdated,
}

/// The app of a run.
#[derive(Debug, Serialize)]
pub struct App {
    /// The folder that paths are relative to.
    pub root: PathBuf,
    pub stack: String,
}

/// A file of a generator.
#[derive(Debug, Serialize)]
pub struct FileEntry {
    pub path: PathBuf,
    pub outcome: FileOutcome,
    /// The path of the generator's file, if another file of the app replaces it.
    pub instead_of: Option<PathBuf>,
    /// Folder that represents the file in text.
    #[serde(skip)]
    pub folder: Option<PathBuf>,
}

/// An edit of a file.
#[derive(Debug, Serialize)]
pub struct EditEntry {
    pub path: PathBuf,
    pub outcome: FileOutcome,
    /// The place of the text in the file: `socket_routes`.
    pub place: String,
    pub found_by: FoundBy,
    /// In text, only a change is reported.
    #[serde(skip)]
    pub quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOutcome {
    Created,
    Edited,
    Overwritten,
    Identical,
    /// An existing file that belongs to the user.
    Kept,
    /// In a dry run: the file differs. After `upgrade`: it has marked conflicts.
    Conflict,
    Removed,
    /// The text of an edit is taken out of the file.
    TakenOut,
    /// The file has its earlier contents again.
    Restored,
    /// The file was as an earlier version has generated it.
    Updated,
    /// The file has changes of the app and of a later version.
    Merged,
    /// The file was removed from the app, and stays so.
    Deleted,
}

impl EditEntry {
    /// Returns the report of the edit of `step` in the file at `path`.
    pub fn new(step: &Step, path: PathBuf, outcome: FileOutcome) -> Self {
        let mut named = step.location.paths.iter();
        Self {
            found_by: match named.any(|named| path == Path::new(named)) {
                true => FoundBy::Path,
                false => FoundBy::Contents,
            },
            path,
            outcome,
            place: step.place.clone(),
            quiet: step.quiet,
        }
    }
}

/// The way in which the file of an edit was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    Path,
    Contents,
}

/// A question and its answer.
#[derive(Debug, Serialize)]
pub struct QuestionEntry {
    /// `socket` for `--socket` and `--no-socket`.
    pub name: String,
    /// The reason of the question.
    pub about: String,
    pub question: String,
    pub answer: bool,
}

/// A program of a generator.
#[derive(Debug, Serialize)]
pub struct CommandEntry {
    pub run: Vec<String>,
    pub outcome: CommandOutcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandOutcome {
    Succeeded,
    Failed,
    /// In a dry run.
    NotRun,
}

/// An edit that is left to the reader.
#[derive(Debug, Serialize)]
pub struct ManualEntry {
    pub action: Action,
    /// The file, if it exists.
    pub path: Option<PathBuf>,
    pub purpose: String,
    /// Empty if there is no place for the text.
    pub why: String,
    /// The texts to add or to take out, each of one or more lines.
    pub lines: Vec<String>,
    /// The position of each text in the file, in words; may be empty.
    pub positions: Vec<String>,
}

impl ManualEntry {
    /// Returns the report of `step`, whose texts are `lines`.
    pub fn new(
        action: Action,
        path: Option<PathBuf>,
        step: &Step,
        why: String,
        lines: Vec<Lines>,
    ) -> Self {
        let texts = lines.into_iter().map(|lines| (lines.text, lines.position));
        let (lines, positions) = texts.unzip();
        Self {
            action,
            path,
            purpose: step.manual.clone(),
            why,
            lines,
            positions,
        }
    }
}

/// Direction of a manual step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Add,
    TakeOut,
}

/// A look-up in the files of the app.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct LookUp {
    /// A place of the templates, or the files that were searched.
    pub what: String,
    /// The files with a match.
    pub found: Vec<String>,
}

impl LookUp {
    /// Returns the report of an answered question.
    pub fn new(question: &Question, found: &[(String, String)]) -> Self {
        let files = question.file.iter().chain(&question.search).cloned();
        let words = question.mentions.iter().filter(|word| !word.is_empty());
        let with = match words.map(|word| format!("`{word}`")).collect::<Vec<_>>() {
            words if words.is_empty() => String::new(),
            words => format!(" with {}", words.join(" or ")),
        };
        let mut found: Vec<_> = found.iter().map(|(_, file)| file.clone()).collect();
        found.dedup();
        Self {
            what: format!("{}{with}", files.collect::<Vec<_>>().join(", ")),
            found,
        }
    }
}

impl Report {
    /// Returns the report of a run that an error has ended.
    pub fn of_error(error: &anyhow::Error) -> Self {
        let exit_code = Problem::exit_code(error);
        Self {
            outcome: match exit_code {
                Problem::MISUSE => Outcome::Refused,
                _ => Outcome::Failed,
            },
            exit_code,
            errors: Problem::all(error),
            ..Self::default()
        }
    }

    /// Returns the files of the run, without programs.
    pub fn paths(&self) -> Vec<PathBuf> {
        let files = self.files.iter().map(|file| &file.path);
        let edits = self.edits.iter().map(|edit| &edit.path);
        files.chain(edits).cloned().collect()
    }
}

/// Returns a report as JSON, with a line end.
///
/// # Errors
/// A path is not UTF-8.
pub fn json(report: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(report).context("the report is not JSON")? + "\n")
}
