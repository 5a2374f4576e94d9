//! Pure: a request and the project's facts -> a plan. No disk, terminal, clock or randomness: templates are read
//! before, and the caller answers look-ups.
//!
//! - [`variables`]: variables of templates; [`looked_up`]: those that were looked up
//! - [`files`]: files and the conditions about files; [`steps`]: inserts and their places
//! - [`cases`]: the test cases of places

pub mod cases;
mod files;
mod looked_up;
pub mod steps;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Context as _, Result, ensure};
use tera::Context;

use crate::catalogue::Generator;
use crate::catalogue::condition::decided;
use crate::catalogue::generator::{APP, Kind, OptionRule, Purpose};
use crate::catalogue::render::Renderer;
use crate::catalogue::templates::{Contents, Origin};
use crate::edit::place::{Location, Need};
use crate::error::Misuse;
use crate::facts::{self, Facts, Look};
use files::Planner;
pub use files::refuse_outside;
pub use steps::Step;
use steps::{Places, Rendered};

/// Request to a generator.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The name on the command line, if the generator has one.
    pub name: Option<String>,
    /// Command before the name, if it is not that of the generator.
    pub invocation: Option<String>,
    /// Values on the command line: `topic` for `--topic`.
    pub options: BTreeMap<String, Vec<String>>,
    /// Secrets of the generator.
    pub secrets: BTreeMap<String, String>,
    /// Values of its facts and lists in an earlier run, which are not looked up again.
    pub facts: Facts,
    pub lists: BTreeMap<String, BTreeSet<String>>,
}

/// Steps of a generator, in order.
#[derive(Debug)]
pub struct Plan {
    pub request: Request,
    /// The generator as it is written.
    pub source: Rc<Generator>,
    /// The same with rendered strings.
    pub generator: Generator,
    /// Variables of conditions, except answers and results of `find`.
    pub variables: Context,
    pub files: Vec<File>,
    pub steps: Vec<Step>,
    /// Entries of `find`, by name.
    pub finds: BTreeMap<String, Sought>,
    /// Plan of a yes, for each question.
    pub follows: Vec<Option<Plan>>,
    /// Plans run by options, at the end, and the questions that they answer.
    pub then: Vec<(Plan, BTreeMap<String, bool>)>,
    /// The project's own templates, if any part comes from them.
    pub origin: Origin,
    /// Errors in the request.
    pub misuses: Vec<Misuse>,
}

/// A file to create.
#[derive(Debug)]
pub struct File {
    pub path: PathBuf,
    pub contents: Contents,
    /// Condition.
    pub condition: String,
    /// An existing file is kept.
    pub once: bool,
    /// Folder that represents the file in the report.
    pub folder: Option<PathBuf>,
    /// Name of the `find` entry that replaces it.
    pub unless_found: Option<String>,
    /// Files that need it, for `destroy`.
    pub needed_by: Vec<Need>,
}

/// Something that the project may have.
#[derive(Debug)]
pub enum Sought {
    File(Location),
    Folder(String),
    Above(String),
}

/// Maximum depth of generators that run each other: deeper ones are a fault in a stack.
const DEPTH: usize = 8;

/// Shared context of all plans of one run.
pub struct Stack<'a> {
    name: &'a str,
    /// Facts of the app.
    facts: &'a Facts,
    renderer: &'a Renderer<'a>,
    /// Answers the look-ups of generators.
    look: &'a Look<'a>,
    rendered: Rendered,
    purpose: Purpose,
}

impl<'a> Stack<'a> {
    pub fn new(
        name: &'a str,
        facts: &'a Facts,
        renderer: &'a Renderer<'a>,
        look: &'a Look<'a>,
    ) -> Self {
        Self {
            name,
            facts,
            renderer,
            look,
            rendered: Rendered::default(),
            purpose: Purpose::Comparison,
        }
    }

    /// Makes plans for `purpose`: those for a run are without what cannot come about, and what only `destroy` needs.
    pub fn with(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// Returns the plan of the generator `id` for `request`, including those of its questions and options.
    ///
    /// # Errors
    /// [`Misuse`] if there is no such generator; anything else is a mistake in the stack's files.
    pub fn plan(&self, id: &str, request: &Request) -> Result<Plan> {
        self.plan_within(id, request, DEPTH)
    }

    /// Returns the value of a fact of the generator `id` for `request`, if it has one.
    ///
    /// # Errors
    /// [`Misuse`] if the request is invalid; anything else is a mistake in the stack's files.
    pub fn fact(&self, id: &str, request: &Request, name: &str) -> Result<Option<String>> {
        let generator = self.generator(id)?;
        let (variables, misuses) = variables::work_out(&generator, request, self)?;
        if let Some(misuse) = Misuse::all(misuses) {
            return Err(misuse.into());
        }
        let value = variables.get(name).and_then(|value| value.as_str());
        Ok(value.filter(|value| !value.is_empty()).map(str::to_owned))
    }

    fn plan_within(&self, id: &str, request: &Request, depth: usize) -> Result<Plan> {
        ensure!(
            depth > 0,
            "generators run each other: `{id}` again and again"
        );
        let renderer = self.renderer;
        let source = self.generator(id)?;
        let (variables, misuses) = variables::work_out(&source, request, self)?;
        let generator = source.rendered(renderer, &variables, self.purpose)?;
        let planner = Planner {
            generator: &generator,
            places: Places {
                generator: &source,
                app: facts::variable(self.facts),
                renderer,
                rendered: &self.rendered,
                purpose: self.purpose,
            },
            variables: &variables,
        };
        let (files, files_origin) = planner.files()?;
        let steps = generator
            .inserts
            .iter()
            .map(|insert| planner.places.step(insert));
        let steps = steps.collect::<Result<Vec<_>>>()?;
        let origins = steps.iter().map(|step| step.origin);
        let mut origins = origins.chain([files_origin, generator.origin]);
        Ok(Plan {
            origin: match origins.any(|origin| origin == Origin::Project) {
                true => Origin::Project,
                false => Origin::BuiltIn,
            },
            finds: planner.finds()?,
            follows: self.follows(&generator, depth)?,
            then: self.then(&source, request, depth)?,
            request: request.clone(),
            files,
            steps,
            source,
            generator,
            variables,
            misuses,
        })
    }

    fn generator(&self, id: &str) -> Result<Rc<Generator>> {
        let templates = self.renderer.templates();
        let known = Generator::names(self.name, templates);
        if !known.contains(&id) && id != APP {
            let misuse = format!("the stack `{}` has no generator `{id}`", self.name);
            let misuse = Misuse::new(misuse).help(format!("it has: {}", known.join(", ")));
            return Err(misuse.into());
        }
        Generator::read(self.name, id, templates)
    }

    /// Returns the plan of a yes to each question.
    fn follows(&self, generator: &Generator, depth: usize) -> Result<Vec<Option<Plan>>> {
        let questions = generator.questions.iter();
        let follow = questions.map(|question| {
            let Some(id) = &question.generate else {
                return Ok(None);
            };
            let request = Request {
                name: question.generate_name.clone(),
                ..Request::default()
            };
            self.plan_within(id, &request, depth - 1).map(Some)
        });
        follow.collect()
    }

    /// Returns the plans run by options, one for each name, or for a choice that is not the default.
    fn then(
        &self,
        generator: &Generator,
        request: &Request,
        depth: usize,
    ) -> Result<Vec<(Plan, BTreeMap<String, bool>)>> {
        let mut plans = Vec::new();
        for option in &generator.options {
            let (Some(id), Some(values)) = (&option.generate, request.options.get(&option.name))
            else {
                continue;
            };
            let requests = match option.kind {
                Kind::Choice => self.chosen(option, id, values)?.into_iter().collect(),
                _ => named(option, values),
            };
            for request in requests {
                let plan = self.plan_within(id, &request, depth - 1)?;
                plans.push((plan, option.answers.clone()));
            }
        }
        Ok(plans)
    }

    /// Returns the request of a choice to the generator `id`.
    fn chosen(&self, option: &OptionRule, id: &str, values: &[String]) -> Result<Option<Request>> {
        let Some(value) = values.last().filter(|value| **value != option.default) else {
            return Ok(None);
        };
        let generator = self.generator(id)?;
        let argument = generator.argument();
        let argument = argument.with_context(|| format!("the generator `{id}` has no argument"))?;
        Ok(Some(Request {
            options: BTreeMap::from([(argument.name.clone(), vec![value.clone()])]),
            ..Request::default()
        }))
    }
}

/// Returns the requests of an option with names.
fn named(option: &OptionRule, names: &[String]) -> Vec<Request> {
    let request = |name: &String| Request {
        name: Some(name.clone()),
        invocation: Some(format!("--{}", option.name)),
        ..Request::default()
    };
    names.iter().map(request).collect()
}

impl Plan {
    /// Returns the steps that can come about.
    pub fn possible_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| self.is_possible(step))
    }

    /// Returns whether `step` can come about: options and facts choose between variants, and the record has only the chosen ones.
    pub fn is_possible(&self, step: &Step) -> bool {
        decided(&step.condition, &self.variables) != Some(false)
    }

    /// Returns all steps of the generator and of those that it runs, in order.
    pub fn all_steps(&self) -> Vec<&Step> {
        let follows = self.follows.iter().flatten().flat_map(Self::all_steps);
        let then = self.then.iter().flat_map(|(plan, _)| plan.all_steps());
        follows.chain(&self.steps).chain(then).collect()
    }

    /// Returns all files that the generator, those that it runs, and programs may create.
    pub fn paths(&self) -> Vec<PathBuf> {
        let mut paths: Vec<_> = self.files.iter().map(|file| file.path.clone()).collect();
        paths.extend(self.generator.leaves.iter().map(PathBuf::from));
        let created = self.steps.iter().filter(|step| step.location.create);
        paths.extend(created.filter_map(|step| step.location.paths.first().map(PathBuf::from)));
        let more = self.follows.iter().flatten();
        let more = more.chain(self.then.iter().map(|(plan, _)| plan));
        paths.extend(more.flat_map(Self::paths));
        paths
    }
}

#[cfg(test)]
mod tests;
