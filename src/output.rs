//! What a run leaves behind it: lines on the terminal, files on disk, programs that were run.
//!
//! - [`terminal`]: the only place that prints, or asks yes or no
//! - [`dialogue`]: what `new` asks for when no path was typed
//! - [`report`]: the lines of the report, each file named once
//! - [`apply`], [`commands`]: the only places that write, or run programs that do
//! - [`interrupt`]: how a run ends early

pub mod apply;
pub mod commands;
pub mod dialogue;
pub mod interrupt;
pub mod report;
pub mod terminal;
