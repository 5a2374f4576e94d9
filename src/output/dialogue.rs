//! The dialogue of `new` without a path.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use dialoguer::{Input, Select};

use super::interrupt;

/// Asks for the folder to make the app in.
pub fn path() -> Result<PathBuf> {
    let input = Input::<String>::new().with_prompt("Folder of the new app");
    Ok(PathBuf::from(answered(input.interact_text())?))
}

/// Asks for one of `choices`, the first of which is preselected, and returns its index.
pub fn choose(prompt: &str, choices: &[String]) -> Result<usize> {
    let select = Select::new().with_prompt(prompt).items(choices).default(0);
    answered(select.interact())
}

fn answered<T>(answer: dialoguer::Result<T>) -> Result<T> {
    answer.or_else(|dialoguer::Error::IO(error)| match error.kind() {
        std::io::ErrorKind::Interrupted => interrupt::leave(),
        _ => Err(error).context("the terminal cannot be read"),
    })
}
