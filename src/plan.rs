//! Pure: a request and the project's facts -> a plan. No disk, terminal, clock or randomness.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use tera::Context;

use crate::edit::{Anchor, Edit, Grammar, Outcome, Part, Pick};
use crate::error::Misuse;
use crate::name::Name;
use crate::stack::{
    AnchorRule, Command, EditRule, Generator, GeneratorOption, PartRule, PickRule, Question, Taken,
    Words,
};
use crate::template::{Rendered, Templates};

/// What a generator is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// As typed, if the generator wants one.
    pub name: Option<String>,
    /// What it was typed behind, if not behind the generator's own command.
    pub way: Option<&'static str>,
    /// As typed: `topic` for `--topic`.
    pub options: BTreeMap<String, String>,
    /// What the generator's secrets are.
    pub secrets: BTreeMap<String, String>,
}

/// What a generator will do, in this order, once it has been held against the disk.
#[derive(Debug)]
pub struct Plan {
    pub taken: Vec<Taken>,
    pub files: Vec<File>,
    pub questions: Vec<(Question, Option<Follow>)>,
    pub edits: Vec<PlannedEdit>,
    pub commands: Vec<Command>,
    pub leaves: Vec<PathBuf>,
    pub next: Vec<Words>,
}

/// A file to make.
#[derive(Debug)]
pub struct File {
    pub path: PathBuf,
    pub contents: Vec<u8>,
    /// Whatever stands there already is left alone.
    pub once: bool,
    /// The folder that stands for the file in the report.
    pub folded: Option<PathBuf>,
}

/// The generator that a yes runs.
#[derive(Debug)]
pub struct Follow {
    pub generator: String,
    pub request: Request,
}

/// An edit to a file that may be there.
#[derive(Debug, Clone)]
pub struct PlannedEdit {
    pub path: PathBuf,
    /// Files that may be there in its place.
    pub or: Vec<PathBuf>,
    /// Made only if this file is there.
    pub if_file: Option<PathBuf>,
    pub purpose: String,
    /// Starts the file if there is none.
    pub create: bool,
    /// Reported only if it changes something.
    pub quiet: bool,
    pub edit: Edit,
}

impl PlannedEdit {
    /// The contents with the edit made, or as they are if it cannot be.
    pub fn applied_to(&self, contents: Vec<u8>) -> Result<Vec<u8>> {
        let (Ok(text), Some(grammar)) = (std::str::from_utf8(&contents), Grammar::of(&self.path))
        else {
            return Ok(contents);
        };
        Ok(match self.edit.apply(text, grammar)? {
            Outcome::Changed(new) => new.into_bytes(),
            Outcome::AlreadyThere | Outcome::ByHand(_) => contents,
        })
    }
}

/// Works out what `generator` does for `request` in the app that `facts` describe.
///
/// # Errors
/// [`Misuse`] if the request cannot be met; anything else is a mistake in the stack's files.
pub fn plan(
    generator: &Generator,
    request: &Request,
    facts: &BTreeMap<String, String>,
    templates: &Templates<'_>,
) -> Result<Plan> {
    let context = context(generator, request, facts, templates)?;
    let planner = Planner { templates, context };
    Ok(Plan {
        taken: generator
            .taken
            .iter()
            .map(|t| planner.taken(t))
            .collect::<Result<_>>()?,
        files: planner.files(generator)?,
        questions: generator
            .questions
            .iter()
            .map(|q| planner.question(q, request, generator))
            .collect::<Result<_>>()?,
        edits: generator
            .edits
            .iter()
            .filter_map(|e| planner.edit(e).transpose())
            .collect::<Result<_>>()?,
        commands: generator
            .commands
            .iter()
            .map(|c| planner.command(c))
            .collect::<Result<_>>()?,
        leaves: generator.leaves.iter().map(PathBuf::from).collect(),
        next: generator
            .next
            .iter()
            .map(|w| planner.words(w))
            .collect::<Result<_>>()?,
    })
}

/// The variables of a generator's templates: `app`, `name` and its alias, the options, the values.
fn context(
    generator: &Generator,
    request: &Request,
    facts: &BTreeMap<String, String>,
    templates: &Templates<'_>,
) -> Result<Context> {
    let mut context = Context::new();
    context.insert("app", facts);
    context.insert("secrets", &request.secrets);
    if let Some(typed) = request.name.as_ref().or(generator.default_name.as_ref()) {
        let own = format!("hello-sockets gen {}", generator.name);
        let way = request.way.unwrap_or(&own);
        let name = Name::parse(typed, &generator.name, &generator.suffix, way)?;
        context.insert("name", &name);
        if let Some(alias) = &generator.alias {
            context.insert(alias.clone(), &name);
        }
    }
    for option in &generator.options {
        let default = || templates.render(&option.default, &context);
        let typed = request
            .options
            .get(&option.name)
            .cloned()
            .map_or_else(default, Ok)?;
        match &option.suffix {
            Some(suffix) => {
                let way = format!("--{}", option.name);
                let name = Name::parse(&typed, &option.name, suffix, &way)?;
                refuse_reserved(option, &name, &way)?;
                context.insert(option.name.clone(), &name);
            }
            None => context.insert(option.name.clone(), &plain(option, typed)?),
        }
    }
    for value in &generator.values {
        let text = templates.render(&value.value, &context)?;
        context.insert(value.name.clone(), &text);
    }
    Ok(context)
}

fn refuse_reserved(option: &GeneratorOption, name: &Name, way: &str) -> Result<(), Misuse> {
    if !option.reserved.contains(&name.module) {
        return Ok(());
    }
    let (typed, of) = (&name.module, &option.name);
    let misuse = Misuse::new(format!("`{typed}` cannot be the {of}: {}", option.kept_for));
    Err(misuse.help(format!("{way} My{typed}")))
}

/// A value of lower-case letters, digits and `_`, as topics are.
fn plain(option: &GeneratorOption, typed: String) -> Result<String, Misuse> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if typed.starts_with(|c: char| c.is_ascii_lowercase()) && typed.chars().all(fits) {
        return Ok(typed);
    }
    let misuse = format!("`{typed}` is not a {}: {}", option.name, option.of);
    let mended: String = typed
        .to_lowercase()
        .chars()
        .take_while(|c| *c != ':')
        .filter(|c| fits(*c))
        .collect();
    let mended = mended.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    Err(Misuse::new(misuse).help(format!(
        "--{} {}",
        option.name,
        if mended.is_empty() { "room" } else { mended }
    )))
}

struct Planner<'a> {
    templates: &'a Templates<'a>,
    context: Context,
}

impl Planner<'_> {
    fn text(&self, template: &str) -> Result<String> {
        self.templates.render(template, &self.context)
    }

    fn path(&self, template: &str) -> Result<PathBuf> {
        Ok(PathBuf::from(self.text(template)?))
    }

    /// Files without a rule first, then those with one, in the order of the rules.
    fn files(&self, generator: &Generator) -> Result<Vec<File>> {
        let rules = generator
            .files
            .iter()
            .map(|rule| Ok((self.path(&rule.path)?, rule)));
        let rules = rules.collect::<Result<Vec<_>>>()?;
        let rendered = self.templates.files(&generator.folder, &self.context)?;
        let mut files: Vec<_> = rendered
            .into_iter()
            .map(|Rendered { path, contents }| {
                let place = rules.iter().position(|(ruled, _)| path.starts_with(ruled));
                let rule = place.map(|at| &rules[at]);
                let once = rule.is_some_and(|(_, rule)| rule.once);
                let folded = rule
                    .filter(|(_, rule)| rule.folded)
                    .map(|(folder, _)| folder.clone());
                (
                    place,
                    File {
                        path,
                        contents,
                        once,
                        folded,
                    },
                )
            })
            .collect();
        files.sort_by_key(|(place, _)| place.map_or(0, |at| at + 1));
        Ok(files.into_iter().map(|(_, file)| file).collect())
    }

    fn taken(&self, rule: &Taken) -> Result<Taken> {
        Ok(Taken {
            file: self.text(&rule.file)?,
            query: self.text(&rule.query)?,
            value: self.text(&rule.value)?,
            owner: self.text(&rule.owner)?,
            message: self.text(&rule.message)?,
            help: self.text(&rule.help)?,
        })
    }

    fn question(
        &self,
        question: &Question,
        request: &Request,
        generator: &Generator,
    ) -> Result<(Question, Option<Follow>)> {
        let follow = question
            .generate
            .as_ref()
            .map(|follow| self.follow(follow, request, generator))
            .transpose()?;
        let rendered = Question {
            unless_file: question
                .unless_file
                .as_deref()
                .map(|p| self.text(p))
                .transpose()?,
            say: self.text(&question.say)?,
            ask: self.text(&question.ask)?,
            no: self.text(&question.no)?,
            ..question.clone()
        };
        Ok((rendered, follow))
    }

    fn follow(&self, follow: &str, request: &Request, generator: &Generator) -> Result<Follow> {
        let option = generator.options.iter().find(|o| o.name == follow);
        let option = option.with_context(|| {
            format!(
                "{} has no option `{follow}` to name it by",
                generator.folder
            )
        })?;
        let name = request
            .options
            .get(follow)
            .cloned()
            .unwrap_or_else(|| option.default.clone());
        Ok(Follow {
            generator: follow.to_owned(),
            request: Request {
                name: Some(name),
                ..Request::default()
            },
        })
    }

    /// The edit, unless its `when` has nothing to say for it.
    fn edit(&self, rule: &EditRule) -> Result<Option<PlannedEdit>> {
        if let Some(when) = &rule.when
            && self.text(when)?.trim().is_empty()
        {
            return Ok(None);
        }
        Ok(Some(PlannedEdit {
            path: self.path(&rule.file)?,
            or: rule
                .or
                .iter()
                .map(|p| self.path(p))
                .collect::<Result<_>>()?,
            if_file: rule.if_file.as_deref().map(|p| self.path(p)).transpose()?,
            purpose: self.text(&rule.purpose)?,
            create: rule.create,
            quiet: rule.quiet,
            edit: Edit {
                parts: rule
                    .parts
                    .iter()
                    .map(|p| self.part(p))
                    .collect::<Result<_>>()?,
            },
        }))
    }

    fn part(&self, rule: &PartRule) -> Result<Part> {
        let optional = |text: &Option<String>| text.as_deref().map(|t| self.text(t)).transpose();
        Ok(Part {
            present: self.text(&rule.present)?,
            made: optional(&rule.made)?,
            text: self.text(&rule.text)?,
            within: optional(&rule.within)?,
            root: optional(&rule.root)?,
            bind: optional(&rule.bind)?,
            clash: optional(&rule.clash)?,
            anchors: rule
                .anchors
                .iter()
                .map(|a| self.anchor(a))
                .collect::<Result<_>>()?,
        })
    }

    fn anchor(&self, rule: &AnchorRule) -> Result<Anchor> {
        Ok(Anchor {
            query: rule.query.as_deref().map(|q| self.text(q)).transpose()?,
            pick: match rule.pick {
                PickRule::First => Pick::First,
                PickRule::Last => Pick::Last,
                PickRule::Sorted => Pick::Sorted(self.text(&rule.key)?),
            },
            place: rule.place,
            gap: rule.gap,
            text: rule.text.as_deref().map(|t| self.text(t)).transpose()?,
            replace: rule
                .replace
                .iter()
                .map(|(name, new)| Ok((name.clone(), self.text(new)?)))
                .collect::<Result<_>>()?,
        })
    }

    fn words(&self, words: &Words) -> Result<Words> {
        let optional = |text: &Option<String>| text.as_deref().map(|t| self.text(t)).transpose();
        Ok(Words {
            text: self.text(&words.text)?,
            if_file: optional(&words.if_file)?,
            unless_file: optional(&words.unless_file)?,
            ..words.clone()
        })
    }

    fn command(&self, command: &Command) -> Result<Command> {
        Ok(Command {
            otherwise: self.text(&command.otherwise)?,
            ..command.clone()
        })
    }
}

#[cfg(test)]
mod tests;
