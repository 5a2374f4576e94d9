//! The options of recorded runs of `gen`.

use std::collections::BTreeMap;

use super::Destroy;
use crate::args::{self, Gen};
use crate::catalogue::Generator;
use crate::error::Misuse;
use crate::nearest::nearest;
use crate::plan::Plan;
use crate::project::Project;
use crate::record::Run;
use crate::record::generated::Entry;

/// Adds the options of the recorded runs of `gen`, if none are given: those of all these runs, or of one that adds only flags
/// to the others, as `--history` is added to a channel that is there. Other values, as in `--socket Device`, are of something
/// else: without them, the default is meant.
pub fn complete(args: &mut Gen, project: &Project) {
    if !args.asked.options.is_empty() {
        return;
    }
    let made = made(args, project).into_iter();
    let all: Vec<_> = made.map(|entry| entry.options).collect();
    let Ok(generator) = Generator::read(&project.stack.name, &args.generator, &project.templates)
    else {
        return;
    };
    let has_all = |options: &BTreeMap<_, _>| {
        all.iter()
            .flatten()
            .all(|(name, value)| options.get(name) == Some(value))
    };
    let adds_flags = |options: &BTreeMap<String, _>| {
        options.iter().all(|(name, value)| {
            generator.is_flag(name) || all.iter().all(|other| other.get(name) == Some(value))
        })
    };
    let mut all_options = all.iter();
    if let Some(options) = all_options.find(|options| has_all(options) && adds_flags(options)) {
        args.asked.options.extend(options.clone());
    }
}

/// Returns what recorded runs have made that `args` are about. Without a readable record, it is nothing.
fn made(args: &Gen, project: &Project) -> Vec<Entry> {
    let name = recorded_name(args, project);
    let is_of_it = |entry: &Entry| {
        entry.generator == args.generator && entry.name == name && !entry.is_taken_back
    };
    let mut made = project
        .runs()
        .and_then(|runs| runs.generated())
        .unwrap_or_default();
    made.retain(is_of_it);
    made
}

/// Returns the name that records have for the one of `args`.
fn recorded_name(args: &Gen, project: &Project) -> Option<String> {
    let generator = Generator::read(&project.stack.name, &args.generator, &project.templates);
    generator.ok()?.recorded_name(args.name.as_deref())
}

impl Destroy<'_> {
    /// Returns whether a recorded run has made `plan` by itself, or with options that the plan does not have.
    pub fn is_made_apart(&self, plan: &Plan) -> bool {
        let runs = self.project.runs().unwrap_or_default();
        let is_it =
            |entry: &Entry| entry.generator == plan.generator.id && entry.name == plan.name();
        let mut made = runs.generated().unwrap_or_default();
        made.retain(|entry| is_it(entry) && !entry.is_taken_back);
        let is_its_own = |run: &Run| {
            let is_of_it = run.is("gen") && run.command.get(1) == Some(&plan.generator.id);
            is_of_it && run.entries().unwrap_or_default().iter().any(is_it)
        };
        let has_others = |entry: &Entry| entry.options != plan.request.options;
        !made.is_empty() && (made.iter().any(has_others) || runs.iter().any(is_its_own))
    }

    /// Returns whether a recorded run has made what is taken back.
    pub fn is_recorded(&self) -> bool {
        !made(self.args, self.project).is_empty()
    }

    /// Returns the error if nothing of the generator is in the app, with the recorded name that was probably meant.
    pub fn nothing(&self) -> Misuse {
        let what = args::typed()[1..].join(" ");
        let misuse = Misuse::new(format!(
            "nothing of `hello-sockets gen {what}` is in this app"
        ));
        let id = &self.args.generator;
        let runs = self.project.runs().unwrap_or_default();
        let mut made = runs.generated().unwrap_or_default();
        made.retain(|entry| entry.generator == *id);
        let name = recorded_name(self.args, self.project);
        let mut named = made.iter().filter(|entry| entry.name == name);
        if let Some(entry) = named.find(|entry| entry.is_taken_back) {
            let words = [Some(&self.args.invocation), self.args.name.as_ref()];
            let mut words: Vec<_> = words.into_iter().flatten().cloned().collect();
            let generator = Generator::read(&self.project.stack.name, id, &self.project.templates);
            for (option, values) in &entry.options {
                words.push(format!("--{option}"));
                if !generator
                    .as_ref()
                    .is_ok_and(|generator| generator.is_flag(option))
                {
                    words.extend(values.clone());
                }
            }
            return misuse.help(format!("`{}` has taken it back already", words.join(" ")));
        }
        made.retain(|entry| !entry.is_taken_back);
        let names = made.iter().filter_map(|entry| entry.name.as_deref());
        let typed = self.args.name.as_deref().unwrap_or_default();
        match nearest(typed, names).filter(|name| *name != typed) {
            Some(name) => misuse.help(format!("hello-sockets destroy {id} {name}")),
            None => misuse.help("the options have to be those of `gen`, such as --topic; .hello-sockets/runs/ has those of its runs"),
        }
    }

    /// Returns the error if all recorded runs for this name had other options: then some of its texts would not be found.
    pub fn other_options(&self) -> Option<Misuse> {
        let recorded = self.project.runs().ok()?;
        let options = &self.args.asked.options;
        if made(self.args, self.project)
            .iter()
            .any(|entry| entry.options == *options)
        {
            return None;
        }
        self.args.name.as_ref()?;
        let name = recorded_name(self.args, self.project)?;
        let is_of_it = |run: &&Run| {
            if !run.is("gen") || run.command.get(1) != Some(&self.args.generator) {
                return false;
            }
            // Of the words of a run, one may be the value of an option, such as `--socket Device`.
            let entries = run.entries().unwrap_or_default();
            let mut names = entries
                .iter()
                .filter(|entry| entry.generator == self.args.generator);
            match entries.is_empty() {
                false => names.any(|entry| entry.name.as_ref() == Some(&name)),
                true => run.command.iter().skip(2).any(|word| *word == name),
            }
        };
        let recorded: Vec<_> = recorded.iter().filter(is_of_it).collect();
        let last = recorded.last()?;
        let sorted = |words: &[String]| {
            let mut words = deciding(words).map(str::to_owned).collect::<Vec<_>>();
            words.sort();
            words
        };
        let typed = sorted(&args::typed()[1..]);
        if recorded
            .iter()
            .any(|run| sorted(&run.command[1..]) == typed)
        {
            return None;
        }
        let words: Vec<_> = deciding(&last.command[1..]).collect();
        let misuse = Misuse::new(format!("`{name}` was made with other options"));
        Some(misuse.help(format!("hello-sockets destroy {}", words.join(" "))))
    }
}

/// Returns the words that decide names and paths, without answers to questions.
fn deciding(words: &[String]) -> impl Iterator<Item = &str> {
    let words = words.iter().map(String::as_str);
    words.filter(|word| !word.starts_with("--no-"))
}
