//! The Phoenix stack, from outside.

#[path = "../support/mod.rs"]
mod support;

mod auth;
mod cases;
mod destroy;
mod edits;
mod elixir;
mod formatter;
mod generate;
mod ground;
mod new;
mod older;
mod others;
mod presence;
mod pubsub;
mod real_phoenix;
mod seed;
mod several;
mod shapes;
mod topics;
mod trial;
mod umbrella;
