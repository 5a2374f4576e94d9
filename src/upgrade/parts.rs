//! The generators of the app, each with its record and its plan by this version.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::found;
use crate::args::Upgrade;
use crate::catalogue::Generator;
use crate::catalogue::generator::APP;
use crate::catalogue::render::Renderer;
use crate::facts::{self, Facts, Question};
use crate::output::reporter::Reporter;
use crate::plan::{self, Plan, Request, Step};
use crate::project::Project;
use crate::record::Runs;
use crate::record::generated::{Base, Edit, Entry};
use crate::run::entries::{FOLDERS, edit_of};

/// A generator of the app.
#[derive(Debug)]
pub struct Part {
    pub entry: Entry,
    pub plan: Plan,
    /// Facts of the app, as they were recorded.
    pub facts: Facts,
    /// The app shows it, and no record has it.
    pub is_found: bool,
}

impl Part {
    /// Returns whether no `destroy` has taken it back.
    pub fn is_alive(&self) -> bool {
        !self.entry.is_taken_back
    }

    /// Returns a warning about a request that this version refuses.
    pub fn refused(&self) -> String {
        let misuses = self.plan.misuses.iter().map(ToString::to_string);
        let what = [Some(&self.entry.generator), self.entry.name.as_ref()];
        let what: Vec<_> = what.into_iter().flatten().map(String::as_str).collect();
        format!(
            "what `gen {}` has made is left as it is: {}",
            what.join(" "),
            misuses.collect::<Vec<_>>().join("; ")
        )
    }

    /// Returns the files that the generator has made.
    pub fn made(&self) -> impl Iterator<Item = (&PathBuf, &Base)> {
        let files = self.entry.files.iter();
        files.filter(|(_, base)| base.is_made())
    }

    pub fn has_made(&self, path: &Path) -> bool {
        self.made().any(|(made, _)| made == path)
    }

    /// Returns the steps of the file at `path` whose texts have not changed since they were recorded.
    pub fn same_steps(&self, path: &Path) -> impl Iterator<Item = &Step> {
        let is_same = move |step: &&Step| {
            let edit = edit_of(step, path);
            self.is_alive() && self.entry.edits.contains(&edit)
        };
        self.plan.possible_steps().filter(is_same)
    }

    /// Returns the recorded edit of each possible step, if there is one. Edits with other texts are those of the same place, in order.
    pub fn recorded_edits(&self) -> Vec<Option<&Edit>> {
        let mut rest: Vec<&Edit> = self.entry.edits.iter().collect();
        let mut take = |is_it: &dyn Fn(&Edit) -> bool| {
            let at = rest.iter().position(|edit| is_it(edit))?;
            Some(rest.remove(at))
        };
        let steps: Vec<_> = self.plan.possible_steps().collect();
        let same = steps.iter().map(|step| {
            let texts = edit_of(step, Path::new("")).texts;
            take(&|edit| edit.place == step.place && edit.texts == texts)
        });
        let mut found: Vec<_> = same.collect();
        for (step, found) in steps.iter().zip(&mut found) {
            if found.is_none() {
                *found = take(&|edit| edit.place == step.place);
            }
        }
        found
    }
}

/// Returns the generators of the app in `project`.
///
/// # Errors
/// The record cannot be read, or a template is invalid.
pub fn of(
    project: &Project,
    renderer: &Renderer<'_>,
    runs: &Runs,
    args: &Upgrade,
    reporter: &Reporter,
) -> Result<Vec<Part>> {
    let planner = Planner { project, renderer };
    let recorded = runs.generated()?;
    let mut parts = Vec::new();
    let is_whole = recorded.iter().any(|entry| entry.generator == APP);
    if !is_whole {
        let found = found::entries(project, renderer, &recorded, args, reporter)?;
        let is_of_new = found.iter().any(|entry| entry.generator == APP);
        for entry in found {
            parts.push(planner.found(entry, is_of_new)?);
        }
    }
    // A generator may be gone from the templates: what it has made stays.
    let known = Generator::names(&project.stack.name, &project.templates);
    for entry in recorded {
        if entry.generator == APP || known.contains(&entry.generator.as_str()) {
            parts.push(planner.recorded(entry)?);
        }
    }
    Ok(parts)
}

/// Plans the generators of an app.
struct Planner<'a> {
    project: &'a Project,
    renderer: &'a Renderer<'a>,
}

impl Planner<'_> {
    /// Plans a recorded generator: what it looked up then is not looked up again.
    fn recorded(&self, entry: Entry) -> Result<Part> {
        let mut given = entry.app.clone();
        if entry.is_of_new {
            given.extend(folders());
        }
        let look = self.look(entry.is_of_new);
        let rules = &self.project.stack.project.facts;
        let facts = facts::work_out(rules, given, &self.project.templates, &look)?;
        let facts = facts.unwrap_or_else(|| self.project.facts.clone());
        self.part(entry, facts, &look, false)
    }

    /// Plans a generator that the app shows; with `new`, as in a new app.
    fn found(&self, entry: Entry, is_of_new: bool) -> Result<Part> {
        let mut facts = self.project.facts.clone();
        if is_of_new {
            facts = found::facts(self.project)?;
            facts.extend(folders());
        }
        self.part(entry, facts, &self.look(is_of_new), true)
    }

    /// Returns the look-ups of a plan: none in a new app.
    fn look(&self, is_of_new: bool) -> impl Fn(&Question) -> Result<Vec<(String, String)>> {
        move |question| match is_of_new {
            true => Ok(Vec::new()),
            false => self.project.look(question),
        }
    }

    fn part(
        &self,
        entry: Entry,
        facts: Facts,
        look: &facts::Look<'_>,
        is_found: bool,
    ) -> Result<Part> {
        let name = &self.project.stack.name;
        let stack = plan::Stack::new(name, &facts, self.renderer, look);
        let request = Request {
            name: entry.name.clone(),
            options: entry.options.clone(),
            secrets: entry.secrets.clone(),
            facts: entry.facts.clone(),
            lists: entry.lists.clone(),
            ..Request::default()
        };
        let plan = stack.plan(&entry.generator, &request)?;
        Ok(Part {
            entry,
            plan,
            facts,
            is_found,
        })
    }
}

fn folders() -> Facts {
    let folders = FOLDERS.iter();
    folders
        .map(|(fact, folder)| ((*fact).to_owned(), (*folder).to_owned()))
        .collect()
}
