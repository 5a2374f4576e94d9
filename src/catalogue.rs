//! Stacks, generators and places, read from the embedded `templates/` and from a project's own templates.
//!
//! A file is parsed as a TOML value, its strings are rendered, and the result is deserialised: one family of types.
//!
//! # Layout
//! - [`templates`]: the embedded files, and those of a project, which take precedence
//! - [`render`]: Tera, which renders strings, whole TOML values and conditions
//! - [`stack`]: `stack.toml`; [`generator`]: `generator.toml`; places are [`crate::edit::place`]
//! - [`reference`]: the reference, generated from the types

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

/// Deserialises a table. Unknown and missing keys are errors that name the file.
fn typed<T: DeserializeOwned>(table: toml::Table, path: &str, templates: &Templates) -> Result<T> {
    table
        .try_into()
        .with_context(|| format!("in {}", templates.whereabouts(path)))
}
