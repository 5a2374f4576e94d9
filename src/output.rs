//! Output of a run: lines on the terminal, files on disk, programs.
//!
//! - [`terminal`]: the only module that prints, or asks yes or no
//! - [`prompt`]: a prompt below printed lines
//! - [`dialogue`]: questions of `new` without a path
//! - [`report`]: the report of a run, as text and as JSON; [`reporter`]: adds to it, and shows it
//! - [`apply`], [`commands`]: the only modules that write, or run programs that do
//! - [`exclusive`]: what is written has not changed since it was read
//! - [`uncommitted`]: asks git for uncommitted changes
//! - [`record`]: writes what `undo` takes back
//! - [`interrupt`]: early end of a run

pub mod apply;
pub mod commands;
pub mod dialogue;
mod exclusive;
pub mod interrupt;
pub mod prompt;
pub mod record;
pub mod report;
pub mod reporter;
pub mod terminal;
pub mod uncommitted;
