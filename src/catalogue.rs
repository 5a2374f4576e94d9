//! What stacks, generators and places say: read from `templates/`, and from a project's own below that.
//!
//! A file is read as a TOML value, its strings are rendered, and what comes out is deserialised: one family of types.
//!
//! # Layout
//! - [`templates`]: the embedded files, and those of a project that win over them
//! - [`render`]: Tera, which renders strings, whole TOML values and conditions
//! - [`stack`]: `stack.toml`; [`generator`]: `generator.toml`; places are [`crate::edit::place`]
//! - [`reference`]: the reference of all that, written from the types

pub mod generator;
pub mod reference;
pub mod render;
pub mod stack;
pub mod templates;

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;

pub use generator::Generator;
pub use stack::Stack;
pub use templates::Templates;

/// A table as the type that it has to be: unknown and missing keys are errors that name the file.
fn typed<T: DeserializeOwned>(table: &toml::Table, path: &str, templates: &Templates) -> Result<T> {
    table
        .clone()
        .try_into()
        .with_context(|| format!("in {}", templates.whereabouts(path)))
}
