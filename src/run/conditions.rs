//! Evaluation of `if` with the plan's variables, the answers so far, and the current files.

use std::collections::BTreeMap;

use anyhow::Result;

use super::Run;
use crate::catalogue::render::Renderer;
use crate::changes::Changes;
use crate::plan::{Plan, Sought};

/// Names of the variables for answers and for failed programs.
const ANSWERS: &str = "answers";
const FAILED: &str = "failed";

impl Run<'_> {
    /// Returns whether `condition` currently holds for `plan`.
    pub(super) fn holds(&self, condition: &str, plan: &Plan) -> Result<bool> {
        self.holds_after(condition, plan, &[])
    }

    /// Returns the same after the programs in `failed` have failed.
    pub(super) fn holds_after(
        &self,
        condition: &str,
        plan: &Plan,
        failed: &[String],
    ) -> Result<bool> {
        let scene = Scene {
            renderer: self.renderer,
            changes: &self.changes,
            answers: &self.answers.given,
        };
        scene.holds(condition, plan, failed)
    }
}

/// The state that conditions depend on, besides a plan.
pub struct Scene<'a> {
    pub renderer: &'a Renderer<'a>,
    pub changes: &'a Changes<'a>,
    pub answers: &'a BTreeMap<String, bool>,
}

impl Scene<'_> {
    /// Returns whether `condition` holds after the programs in `failed` have failed.
    pub fn holds(&self, condition: &str, plan: &Plan, failed: &[String]) -> Result<bool> {
        if condition.is_empty() {
            return Ok(true);
        }
        let finds: Vec<_> = mentioned(condition, plan).collect();
        let is_of_run = |name| condition.contains(name);
        if finds.is_empty() && ![ANSWERS, FAILED].into_iter().any(is_of_run) {
            return self.renderer.holds(condition, &plan.variables);
        }
        let mut context = plan.variables.clone();
        let questions = plan.generator.questions.iter();
        let mut answers: BTreeMap<_, _> = questions.map(|q| (q.name.as_str(), false)).collect();
        let given = self.answers.iter();
        answers.extend(given.map(|(name, answer)| (name.as_str(), *answer)));
        context.insert(ANSWERS, &answers);
        context.insert(FAILED, failed);
        for (name, sought) in finds {
            context.insert(name.clone(), &self.changes.seek(sought)?);
        }
        self.renderer.holds(condition, &context)
    }
}

/// Returns the entries of `find` in `condition`.
pub(super) fn mentioned<'a>(
    condition: &str,
    plan: &'a Plan,
) -> impl Iterator<Item = (&'a String, &'a Sought)> {
    let finds = plan.finds.iter();
    finds.filter(move |(name, _)| condition.contains(name.as_str()))
}
