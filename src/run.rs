//! From a request to its end: plan, hold against the disk, report, ask; at last write and run programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::args::Common;
use crate::changes::{Changes, EditVerdict, FileVerdict};
use crate::error::Misuse;
use crate::interrupt::{self, Progress};
use crate::plan::{self, File, Follow, Plan, PlannedEdit, Request};
use crate::project::Project;
use crate::stack::{Command, Generator, Question, Words};
use crate::template::Templates;
use crate::terminal::{Conflict, Given, Terminal};
use crate::{apply, commands};

/// One run of the command.
pub struct Run<'a> {
    pub terminal: Terminal,
    project: &'a Project,
    changes: Changes<'a>,
    answers: Answers,
    common: &'a Common,
    made: Vec<PathBuf>,
    /// Of these, what was left as it was; an edit to it is news.
    skipped: Vec<PathBuf>,
    /// Written last: while such a file is missing, the question is asked again, so that a run that is killed
    /// can be completed.
    markers: Vec<PathBuf>,
    /// The folder that was reported last, and how its files fared.
    told: Option<(&'static str, PathBuf)>,
    /// Edits that are yet to come, of this generator and of those that led to it.
    pending: Vec<PlannedEdit>,
    commands: Vec<Command>,
    by_hand: Vec<ByHand>,
}

/// What is known before a question is asked.
#[derive(Debug, Default)]
pub struct Answers {
    /// Yes to all.
    pub yes: bool,
    /// By the question's id.
    pub given: BTreeMap<String, bool>,
}

struct ByHand {
    path: PathBuf,
    purpose: String,
    lines: Vec<String>,
}

impl<'a> Run<'a> {
    pub fn new(
        project: &'a Project,
        terminal: Terminal,
        answers: Answers,
        common: &'a Common,
    ) -> Self {
        Self {
            terminal,
            project,
            changes: Changes::new(project),
            answers,
            common,
            made: Vec::new(),
            skipped: Vec::new(),
            markers: Vec::new(),
            told: None,
            pending: Vec::new(),
            commands: Vec::new(),
            by_hand: Vec::new(),
        }
    }

    /// Every file that a generator, and what its questions lead to, may make; and what programs write later.
    ///
    /// # Errors
    /// The request cannot be met: better known before anything is reported.
    pub fn foresee(&self, generator: &str, request: &Request) -> Result<Vec<PathBuf>> {
        let plan = self.plan(generator, request)?;
        let mut paths: Vec<_> = plan
            .files
            .into_iter()
            .map(|file| file.path)
            .chain(plan.leaves)
            .collect();
        for (_, follow) in plan.questions {
            if let Some(follow) = follow {
                paths.extend(self.foresee(&follow.generator, &follow.request)?);
            }
        }
        Ok(paths)
    }

    /// Works out what a generator does and reports it; returns its last words.
    pub fn generate(&mut self, generator: &str, request: &Request) -> Result<Vec<Words>> {
        let plan = self.plan(generator, request)?;
        plan.taken
            .iter()
            .try_for_each(|taken| self.changes.refuse_taken(taken))?;
        let pending = self.pending.len();
        self.pending.extend_from_slice(&plan.edits);
        plan.files.iter().try_for_each(|file| self.file(file))?;
        for (question, follow) in &plan.questions {
            self.question(question, follow.as_ref())?;
        }
        self.pending.truncate(pending);
        plan.edits.iter().try_for_each(|edit| self.edit(edit))?;
        self.commands.extend(plan.commands);
        Ok(plan.next)
    }

    fn plan(&self, generator: &str, request: &Request) -> Result<Plan> {
        let stack = &self.project.stack;
        let known = || Generator::names(&stack.name);
        if !known().any(|known| known == generator) && generator != crate::stack::APP {
            let known: Vec<_> = known().collect();
            let misuse = Misuse::new(format!(
                "the stack `{}` has no generator `{generator}`",
                stack.name
            ));
            return Err(misuse.help(format!("it has: {}", known.join(", "))).into());
        }
        let overrides = |path: &Path| self.project.read(path);
        let templates = Templates::new(&overrides).with_shared()?;
        let generator = Generator::read(&stack.name, generator, &templates)?;
        plan::plan(&generator, request, &self.project.facts, &templates)
    }

    fn file(&mut self, file: &File) -> Result<()> {
        let verb = match self.changes.file(file)? {
            FileVerdict::Create => "creating",
            FileVerdict::Kept => "skipping",
            FileVerdict::Identical => "identical",
            FileVerdict::Conflict { before } if self.completed(file)? == before => "identical",
            FileVerdict::Conflict { .. }
                if self.common.dry_run && !self.common.force && !self.common.skip =>
            {
                "conflict"
            }
            FileVerdict::Conflict { before } => match self.settle(file, &before)? {
                Conflict::Quit => interrupt::leave(),
                Conflict::Keep => "skipping",
                Conflict::Overwrite => {
                    self.changes.overwrite(file)?;
                    "overwriting"
                }
            },
        };
        self.report(verb, file);
        self.made.push(file.path.clone());
        if verb == "skipping" {
            self.skipped.push(file.path.clone());
        }
        Ok(())
    }

    /// A file that stands for itself is named; a folder is named once for as long as its files fare alike.
    fn report(&mut self, verb: &'static str, file: &File) {
        let told = file.folded.as_ref().map(|folder| (verb, folder.clone()));
        if told.is_none() || told != self.told {
            let what = file.folded.as_ref().unwrap_or(&file.path);
            self.terminal
                .report(verb, self.project.seen(what).display());
            self.told = told;
        }
    }

    /// The file with the edits that are yet to come: what a run that was killed may have left of it.
    fn completed(&self, file: &File) -> Result<Vec<u8>> {
        let mut contents = file.contents.clone();
        for edit in self.pending.iter().filter(|edit| edit.path == file.path) {
            contents = edit.applied_to(contents)?;
        }
        Ok(contents)
    }

    fn settle(&mut self, file: &File, before: &[u8]) -> Result<Conflict> {
        match (self.common.force, self.common.skip) {
            (true, _) => Ok(Conflict::Overwrite),
            (_, true) => Ok(Conflict::Keep),
            _ => {
                let path = self.project.seen(&file.path);
                self.terminal.conflict(&path, before, &file.contents)
            }
        }
    }

    fn question(&mut self, question: &Question, follow: Option<&Follow>) -> Result<()> {
        if let Some(path) = question.unless_file.as_ref().map(PathBuf::from) {
            if self.changes.contains(&path)? {
                return Ok(());
            }
            self.markers.push(path);
        }
        let given = self.answers.given.get(&question.id).copied();
        let given = given.or(self.answers.yes.then_some(true)).map(Given);
        self.terminal.say(&question.say);
        let answer = self
            .terminal
            .confirm(&format!("\n{}", question.ask), true, given)?;
        self.answers.given.insert(question.id.clone(), answer);
        match (answer, follow) {
            (true, Some(follow)) => {
                self.generate(&follow.generator, &follow.request)?;
            }
            (true, None) => {}
            (false, _) => self.terminal.say(&question.no),
        }
        Ok(())
    }

    fn edit(&mut self, planned: &PlannedEdit) -> Result<()> {
        let planned = &self.changes.located(planned)?;
        if let Some(path) = &planned.if_file
            && !self.changes.contains(path)?
        {
            return Ok(());
        }
        let verb = match self.changes.edit(planned)? {
            EditVerdict::ByHand { lines } => {
                let (path, purpose) = (planned.path.clone(), planned.purpose.clone());
                self.by_hand.push(ByHand {
                    path,
                    purpose,
                    lines,
                });
                return Ok(());
            }
            EditVerdict::Edit => "injecting",
            EditVerdict::Create => "creating",
            EditVerdict::Identical if planned.quiet => return Ok(()),
            EditVerdict::Identical => "identical",
        };
        // A file that this run makes is reported once.
        let news = verb == "injecting" && self.skipped.contains(&planned.path);
        if news || !self.made.contains(&planned.path) {
            self.terminal
                .report(verb, self.project.seen(&planned.path).display());
            self.made.push(planned.path.clone());
        }
        Ok(())
    }

    /// Writes everything, runs what is to be run, and says what is left to do.
    pub fn finish(mut self, last_words: &[Words]) -> Result<()> {
        if self.common.dry_run {
            self.wanted()
                .for_each(|command| self.terminal.report("running", command.run.join(" ")));
        } else {
            let mut progress = interrupt::hold();
            apply::apply(
                &self.project.root,
                &self.changes.in_order(&self.markers),
                &self.made,
            )?;
            *progress = Progress::AllWritten;
            drop(progress);
            self.run_commands();
        }
        for left in &self.by_hand {
            self.terminal
                .by_hand(&self.project.seen(&left.path), &left.purpose, &left.lines);
        }
        if self.common.dry_run {
            self.terminal.say("Dry run: nothing was written.");
            return Ok(());
        }
        let mut by_hand = !self.by_hand.is_empty();
        for words in last_words {
            if self.holds(words)? {
                // Last words are of what is made in full.
                if std::mem::take(&mut by_hand) {
                    self.terminal.say("Once these lines are in place:");
                }
                self.terminal.say(&words.text);
            }
        }
        Ok(())
    }

    fn holds(&self, words: &Words) -> Result<bool> {
        let there = |path: &Option<String>| {
            path.as_ref()
                .map(|p| self.changes.contains(Path::new(p)))
                .transpose()
        };
        let yes = |id: &String| self.answers.given.get(id) == Some(&true);
        Ok(there(&words.if_file)?.unwrap_or(true)
            && !there(&words.unless_file)?.unwrap_or(false)
            && words.if_yes.as_ref().is_none_or(yes)
            && !words.unless_yes.as_ref().is_some_and(yes))
    }

    fn wanted(&self) -> impl Iterator<Item = &Command> {
        self.commands.iter().filter(|command| {
            let asked = command
                .when
                .as_ref()
                .is_none_or(|id| self.answers.given.get(id) == Some(&true));
            let refused = command
                .flag
                .as_ref()
                .is_some_and(|id| self.answers.given.get(id) == Some(&false));
            let there = command
                .unless_above
                .as_ref()
                .is_some_and(|entry| self.project.above(entry));
            asked && !refused && !there
        })
    }

    fn run_commands(&mut self) {
        let wanted: Vec<_> = self.wanted().cloned().collect();
        for command in wanted {
            self.terminal.report("running", command.run.join(" "));
            if let Err(reason) = commands::run(&command, &self.project.root) {
                self.terminal
                    .warn(&format!("{reason}: {}", command.otherwise));
                // What was asked for is not there, and the last words must not say that it is.
                self.answers
                    .given
                    .extend(command.when.map(|id| (id, false)));
            }
        }
    }
}
