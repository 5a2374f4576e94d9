//! The dialogue of `new` without a path.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use dialoguer::{Input, Select};

use super::interrupt;
use crate::error::Misuse;

/// Asks for the folder to make the app in, until `check` accepts it.
pub fn path(check: impl Fn(&str) -> Result<(), Misuse>) -> Result<PathBuf> {
    let input = Input::<String>::new().with_prompt("Its folder");
    let input = input.validate_with(|typed: &String| check(typed));
    Ok(PathBuf::from(answered(input.interact_text())?))
}

/// Asks for one of `choices`, the first of which is preselected, and returns its index.
pub fn choose(prompt: &str, choices: &[String]) -> Result<usize> {
    let select = Select::new().with_prompt(prompt).items(choices).default(0);
    answered(select.interact())
}

/// Asks for a text that `check` accepts, or for none.
pub fn text(prompt: &str, check: impl Fn(&str) -> Result<(), Misuse>) -> Result<Option<String>> {
    let check = |typed: &String| match typed.is_empty() {
        true => Ok(()),
        false => check(typed),
    };
    let input = Input::<String>::new().with_prompt(prompt).allow_empty(true);
    let typed = answered(input.validate_with(check).interact_text())?;
    Ok(Some(typed).filter(|typed| !typed.is_empty()))
}

fn answered<T>(answer: dialoguer::Result<T>) -> Result<T> {
    answer.or_else(|dialoguer::Error::IO(error)| match error.kind() {
        std::io::ErrorKind::Interrupted => interrupt::leave(),
        _ => Err(error).context("the terminal cannot be read"),
    })
}
