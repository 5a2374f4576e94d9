//! Names: whatever is accepted is formatted, parses and compiles; whatever is not is refused with a name that is.

#[path = "../support/mod.rs"]
mod support;

mod apps;
mod generated;
mod sources;
mod syntax;
