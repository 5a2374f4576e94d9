//! Names: whatever is accepted is formatted, parses and compiles; whatever is not is refused with a name that is.
#![allow(
    clippy::disallowed_methods,
    reason = "tests look at the disk themselves"
)]

#[path = "../support/mod.rs"]
mod support;

mod apps;
mod generated;
mod sources;
mod syntax;
