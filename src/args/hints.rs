//! Hints for words that are no commands. clap has some of them.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error};

use crate::catalogue::{Generator, Stack, Templates};
use crate::error::Misuse;
use crate::nearest::nearest;

/// Adds the nearest command to an error about an unknown one, also if it is a generator without `gen`.
pub fn add(error: &mut Error, tree: &Command, typed: &[OsString], templates: &Templates) {
    let has_hint = error.get(ContextKind::SuggestedSubcommand).is_some();
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let parent = parent(tree, typed, word);
    let is_root = parent.get_name() == tree.get_name();
    let mut known: Vec<_> = parent
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    if is_root {
        known.extend(generators(templates));
    }
    let names = known.iter().map(|name| name.trim_start_matches("gen "));
    let near = nearest(word, names).and_then(|near| {
        known
            .iter()
            .find(|name| name.trim_start_matches("gen ") == near)
    });
    if let Some(near) = near.filter(|_| !has_hint) {
        let near = ContextValue::Strings(vec![near.clone()]);
        error.insert(ContextKind::SuggestedSubcommand, near);
    }
}

/// Returns the command that `word` was typed for: `gen` in `help gen chanel`.
fn parent<'a>(tree: &'a Command, typed: &[OsString], word: &str) -> &'a Command {
    let before = typed.iter().skip(1).take_while(|typed| *typed != word);
    before.fold(tree, |parent, typed| {
        typed
            .to_str()
            .and_then(|typed| parent.find_subcommand(typed))
            .unwrap_or(parent)
    })
}

fn generators(templates: &Templates) -> Vec<String> {
    let stacks = Stack::names(templates).into_iter();
    let names = stacks.flat_map(|stack| Generator::names(stack, templates));
    names.map(|name| format!("gen {name}")).collect()
}

/// Returns the error of an option between `gen` and the generator, which takes it.
pub fn without_generator(error: &Error, tree: &Command, typed: &[OsString]) -> Option<Misuse> {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let generate = parent(tree, typed, option);
    if generate.get_name() != "gen" {
        return None;
    }
    let names: Vec<_> = generate.get_subcommands().map(Command::get_name).collect();
    let misuse = Misuse::new("`gen` needs a generator before its options");
    Some(misuse.help(format!(
        "hello-sockets gen channel Room {option}; the generators are {}",
        names.join(", ")
    )))
}
