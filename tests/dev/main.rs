//! `hello-sockets dev` in a pseudo-terminal, with real edits of an app that compiles in a moment.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod changes;
mod ends;
mod fixture;
mod refusals;
