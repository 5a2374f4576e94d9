//! Endpoints as nodes of one app, connected by a real redis-server, which each test starts.
#![cfg(all(unix, feature = "redis"))]
#![expect(
    clippy::print_stdout,
    reason = "a node in a process of its own reports its address"
)]

mod app;
mod chaos;
mod engine_away;
mod messages;
mod phoenix;
mod presences;
mod process;
mod proxy;
mod server;
#[path = "../support/mod.rs"]
mod support;

use std::process::{Child, Command};

/// Sends a signal to a process of the tests.
fn signal(process: &Child, signal: &str) {
    let id = process.id().to_string();
    let status = Command::new("kill").args([signal, &id]).status();
    assert!(status.expect("kill runs").success());
}
