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

/// Adds the options of the recorded runs of `gen`, if none are given.
///
/// Values tell runs apart, such as the socket of a channel: if they differ, the runs without values count, or none. Flags add to
/// what earlier runs have made, as `--history` to a channel that is there: one that is set in any run counts.
pub fn complete(args: &mut Gen, project: &Project) {
    let made = made(args, project);
    if !args.asked.options.is_empty() || made.is_empty() {
        return;
    }
    let Some(generator) = generator(args, project) else {
        return;
    };
    let values = |entry: &Entry| -> BTreeMap<_, _> {
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
        _ => return,
    };
    let made: Vec<_> = made.iter().filter(|e| values(e) == chosen).collect();
    let options = &mut args.asked.options;
    options.extend(chosen);
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
            // It may be another one by now.
            let is_looked_up = generator.has_looked_up_default(option);
            let mut values = made.iter().filter_map(|entry| entry.values.get(&name));
            values.find(|_| is_looked_up).cloned()
        };
        if let Some(text) = text {
            options.entry(name).or_insert_with(|| vec![text]);
        }
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
