//! The Phoenix stack, from outside.

#[path = "../support/mod.rs"]
mod support;

mod edits;
mod elixir;
mod generate;
mod new;
mod seed;
mod umbrella;
