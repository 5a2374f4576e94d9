//! Stacks, generators and places, read from the embedded `templates/` and from a project's own templates.
//!
//! A file is read as a TOML value, its strings are rendered, and the result is deserialised: one family of types.
//!
//! # Layout
//! - [`embedded`]: the files in the binary
//! - [`templates`]: these files, and those of a project, which take precedence
//! - [`render`]: Tera, which renders strings, whole TOML values and conditions; [`condition`]: their variables
//! - [`stack`]: `stack.toml`; [`generator`]: `generator.toml`, with its [`parts`]; places are [`crate::edit::place`]
//! - [`reference`]: the reference; its keys are in keys.md, which a test generates from the types

pub mod condition;
pub mod embedded;
pub mod generator;
#[cfg(test)]
mod keys;
mod parts;
pub mod reference;
pub mod render;
pub mod stack;
pub mod templates;

pub use generator::Generator;
pub use stack::Stack;
pub use templates::Templates;
