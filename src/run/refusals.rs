//! All known obstacles, before the first line of the report.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::Run;
use crate::catalogue::templates::Origin;
use crate::changes::{Changes, FileVerdict, Located};
use crate::edit::mark;
use crate::error::Misuse;
use crate::output::terminal::Difference;
use crate::plan::{Plan, refuse_outside};
use crate::project::Project;

impl Run<'_> {
    /// Returns all obstacles to `plan`.
    pub fn refusals(&mut self, plan: &Plan) -> Result<Vec<Misuse>> {
        let mut misuses = Vec::new();
        self.collect(plan, &mut misuses)?;
        Ok(misuses)
    }

    fn collect(&mut self, plan: &Plan, misuses: &mut Vec<Misuse>) -> Result<()> {
        misuses.extend(plan.misuses.iter().cloned());
        if plan.misuses.iter().any(Misuse::is_by_example) {
            // Obstacles to the example are none to what will be typed.
            return Ok(());
        }
        refuse_own(plan, &self.changes, self.project)?;
        for refusal in &plan.generator.refusals {
            if self.holds(&refusal.condition, plan)? {
                let message = self.with_finds(&refusal.message, plan)?;
                misuses.push(Misuse::new(message).help(&refusal.help));
            }
        }
        for step in &plan.steps {
            // Conditions may depend on files made later; conflicts are reported in any case.
            misuses.extend(self.changes.conflicts(step)?);
        }
        self.collect_files(plan, misuses)?;
        for (question, follow) in plan.generator.questions.iter().zip(&plan.follows) {
            let refused = self.answers.given.get(&question.name) == Some(&false);
            if let Some(follow) = follow
                && !refused
                && self.holds(&question.condition, plan)?
            {
                self.collect(follow, misuses)?;
            }
        }
        for (then, answers) in &plan.then {
            self.answers.given.extend(answers.clone());
            self.collect(then, misuses)?;
        }
        Ok(())
    }

    /// Renders `text` with the results of `find`.
    fn with_finds(&self, text: &str, plan: &Plan) -> Result<String> {
        let mut filled = text.to_owned();
        for (name, sought) in &plan.finds {
            let mark = mark(name);
            if filled.contains(&mark) {
                filled = filled.replace(&mark, &self.changes.seek(sought)?);
            }
        }
        Ok(filled)
    }

    /// Adds files that differ, without a terminal to ask. A folder that is reported as one, such as a library, is one of them.
    fn collect_files(&mut self, plan: &Plan, misuses: &mut Vec<Misuse>) -> Result<()> {
        if self.reporter.can_decide(self.common) {
            return Ok(());
        }
        let mut known = BTreeSet::new();
        for file in &plan.files {
            let shown = file.folder.as_ref().unwrap_or(&file.path);
            if known.contains(shown) {
                continue;
            }
            let FileVerdict::Conflict { before } = self.changes.verdict(file)? else {
                continue;
            };
            let is_meant =
                self.holds(&file.condition, plan)? && self.changes.elsewhere(file, plan)?.is_none();
            if is_meant && *before != *self.changes.with_present(file, &self.steps, &before)? {
                let path = self.project.display_path(shown);
                misuses.push(Difference::Generated.refused(&path));
                known.insert(shown);
            }
        }
        Ok(())
    }
}

/// Checks that the project's own generators write only inside the project: they may be unread code of a clone.
///
/// # Errors
/// A path of the plan leads out of the project.
pub fn refuse_own(plan: &Plan, changes: &Changes<'_>, project: &Project) -> Result<()> {
    if plan.origin == Origin::BuiltIn {
        return Ok(());
    }
    let mut paths: Vec<PathBuf> = plan.files.iter().map(|file| file.path.clone()).collect();
    // Built-in texts of a built-in generator may go out of the project, as to a workspace around it.
    let is_own = |origins: [Origin; 2]| origins.contains(&Origin::Project);
    let steps = plan.steps.iter();
    for step in steps.filter(|step| is_own([plan.generator.origin, step.origin])) {
        match changes.locate(&step.location)? {
            Located::At(path) => paths.push(path),
            _ => paths.extend(step.location.paths.iter().map(PathBuf::from)),
        }
    }
    paths.iter().try_for_each(|path| refuse_path(path, project))
}

/// Checks that a path, of which nobody may have read where it leads, leads into the project.
///
/// # Errors
/// It leads out of it.
pub fn refuse_path(path: &Path, project: &Project) -> Result<()> {
    refuse_outside(path)?;
    match project.is_inside(path) {
        true => Ok(()),
        false => refuse_link(path),
    }
}

fn refuse_link(path: &Path) -> Result<()> {
    bail!(
        "`{}` leads out of the project: a generator of the project's own writes nothing there",
        path.display()
    )
}
