//! The options of recorded runs of `gen`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Destroy;
use crate::args::{self, Gen};
use crate::catalogue::Generator;
use crate::catalogue::generator::Kind;
use crate::error::Misuse;
use crate::nearest::nearest;
use crate::plan::Plan;
use crate::project::Project;
use crate::record::Run;
use crate::record::generated::Entry;

/// Values of options by their names.
type Options = BTreeMap<String, Vec<String>>;

/// Adds the options of the recorded runs of `gen`, if none are given. Returns the error if no run had the options: then some of its
/// texts would not be found.
///
/// Values tell runs apart, such as the socket of a channel: if they differ, the runs without values count. Flags add to what
/// earlier runs have made, as `--history` to a channel that is there: one that is set in any run counts.
pub fn complete(args: &mut Gen, project: &Project) -> Option<Misuse> {
    let made = made(args, project);
    let generator = generator(args, project)?;
    let last = made.last()?;
    let other_options = || {
        let name = args.name.as_ref().unwrap_or(&args.generator);
        let misuse = Misuse::new(format!("`{name}` was made with other options"));
        misuse.help(command_of(args, last, &generator))
    };
    if !args.asked.options.is_empty() {
        let had = |entry: &Entry| has_options(entry, &args.asked.options);
        return (args.name.is_some() && !made.iter().any(had)).then(other_options);
    }
    let values = |entry: &Entry| -> Options {
        let values = entry.options.clone().into_iter();
        values
            .filter(|(name, _)| !generator.is_flag(name))
            .collect()
    };
    let mut groups: Vec<_> = made.iter().map(&values).collect();
    groups.dedup();
    let chosen = match groups.as_slice() {
        [values] => values.clone(),
        groups if groups.iter().any(BTreeMap::is_empty) => BTreeMap::new(),
        _ => return Some(other_options()),
    };
    let made: Vec<_> = made.iter().filter(|e| values(e) == chosen).collect();
    args.asked.options = together(&made, chosen, &generator);
    None
}

/// Returns the options of runs with the same `values`.
fn together(made: &[&Entry], values: Options, generator: &Generator) -> Options {
    let mut options = values;
    for option in &generator.options {
        let name = option.name.clone();
        let text = if option.kind == Kind::Flag {
            let default = option.default == "true";
            let is_set = |entry: &&Entry| {
                let value = entry.options.get(&name).and_then(|v| v.last());
                value.map_or(default, |value| value == "true")
            };
            let is_set = made.iter().any(is_set);
            (is_set != default).then(|| is_set.to_string())
        } else {
            // The default may be another one by now. The last run is taken back first.
            let is_looked_up = generator.has_looked_up_default(option);
            let made = made.iter().rev();
            let mut values = made.filter_map(|entry| entry.values.get(&name));
            values.find(|_| is_looked_up).cloned()
        };
        if let Some(text) = text {
            options.entry(name).or_insert_with(|| vec![text]);
        }
    }
    options
}

/// Returns whether the run of `entry` had these options, or their values by default.
fn has_options(entry: &Entry, options: &Options) -> bool {
    let mut given = options.iter();
    let mut recorded = entry.options.iter();
    recorded.all(|(name, value)| options.get(name) == Some(value))
        && given.all(|(name, value)| {
            entry.options.contains_key(name) || entry.values.get(name) == value.last()
        })
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
    generator(args, project)?.recorded_name(args.name.as_deref())
}

fn generator(args: &Gen, project: &Project) -> Option<Rc<Generator>> {
    Generator::read(&project.stack.name, &args.generator, &project.templates).ok()
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
        if let Some(entry) = named.find(|entry| entry.is_taken_back)
            && let Some(generator) = generator(self.args, self.project)
        {
            let command = command_of(self.args, entry, &generator);
            return misuse.help(format!("`{command}` has taken it back already"));
        }
        made.retain(|entry| !entry.is_taken_back);
        let names = made.iter().filter_map(|entry| entry.name.as_deref());
        let typed = self.args.name.as_deref().unwrap_or_default();
        match nearest(typed, names).filter(|name| *name != typed) {
            Some(name) => misuse.help(format!("hello-sockets destroy {id} {name}")),
            None => misuse.help("the options have to be those of `gen`, such as --topic; .hello-sockets/runs/ has those of its runs"),
        }
    }
}

/// Returns the command of `args` with the options of a recorded run.
fn command_of(args: &Gen, entry: &Entry, generator: &Generator) -> String {
    let options = entry.options.iter().flat_map(|(name, values)| {
        let value = values.last().cloned().unwrap_or_default();
        let is_argument = generator.argument().is_some_and(|o| o.name == *name);
        match (generator.is_flag(name), &*value) {
            (true, "false") => vec![format!("--no-{name}")],
            (true, _) => vec![format!("--{name}")],
            (false, _) if is_argument => vec![value],
            (false, _) => vec![format!("--{name}"), value],
        }
    });
    let words = [Some(&args.invocation), args.name.as_ref()];
    let words = words.into_iter().flatten().cloned();
    words.chain(options).collect::<Vec<_>>().join(" ")
}
