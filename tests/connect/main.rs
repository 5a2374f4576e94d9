//! `connect` against servers of axum-channels, and against servers with faults.

mod app;
mod faults;
mod frames;
mod odd;
#[cfg(unix)]
mod prompt;
mod refusals;
mod scripts;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod transcript;
