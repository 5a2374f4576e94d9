//! `new` and `gen channel` as whole processes, beside `cp -r` of the same tree, in turn: `cargo bench`.
//!
//! Prints medians, and the ratio pair by pair: a machine that slows down slows both.
#![allow(clippy::print_stdout, reason = "a benchmark prints and copies")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 40;
const COMMAND: &str = env!("CARGO_BIN_EXE_hello-sockets");

fn main() {
    // `cargo test --benches` only wants to know that it starts.
    let runs = if std::env::args().any(|a| a == "--bench") {
        RUNS
    } else {
        1
    };
    println!("whole processes, {runs} runs of each in turn, median (min to max):");
    let nothing: Vec<_> = (0..runs).map(|_| run(Command::new("true"), "")).collect();
    show("true (what starting a process costs)", &nothing);
    for stack in ["rust", "phoenix"] {
        measure(stack, runs);
    }
}

fn measure(stack: &str, runs: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    run(new(folder, "template", stack), "");
    run(new(folder, "grown", stack), "");
    run(gen_channel(&folder.join("grown")), "y\n");

    let mut rows = Vec::new();
    for i in 0..runs {
        let name = format!("app{i}");
        let copied = run(copy(folder, "template", &format!("copy{i}")), "");
        let made = run(new(folder, &name, stack), "");
        let grown = run(gen_channel(&folder.join(&name)), "y\n");
        rows.push([copied, made, grown]);
    }
    let row = |i: usize| rows.iter().map(|r| r[i]).collect::<Vec<_>>();
    println!("{stack}:");
    show("cp -r of the new app's tree", &row(0));
    show("hello-sockets new --no-git --no-install", &row(1));
    show(
        "hello-sockets gen channel User, answered by a pipe",
        &row(2),
    );
    let mut ratios: Vec<f64> = rows
        .iter()
        .map(|r| r[1].as_secs_f64() / r[0].as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "  new / cp -r, pair by pair: median {:.2}",
        ratios[ratios.len() / 2]
    );
}

fn new(folder: &Path, name: &str, stack: &str) -> Command {
    let mut command = Command::new(COMMAND);
    command
        .args(["new", name, "--stack", stack, "--no-git", "--no-install"])
        .current_dir(folder);
    command
}

fn gen_channel(app: &Path) -> Command {
    let mut command = Command::new(COMMAND);
    command.args(["gen", "channel", "User"]).current_dir(app);
    command
}

fn copy(folder: &Path, from: &str, to: &str) -> Command {
    let mut command = Command::new("cp");
    command.args(["-r", from, to]).current_dir(folder);
    command
}

/// Returns the time from start to end.
fn run(mut command: Command, input: &str) -> Duration {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let status = child.wait().expect("it ends");
    let took = start.elapsed();
    assert!(status.success(), "{command:?}");
    took
}

fn show(what: &str, times: &[Duration]) {
    let mut times: Vec<f64> = times.iter().map(|t| t.as_secs_f64() * 1000.0).collect();
    times.sort_by(f64::total_cmp);
    let (min, median, max) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!("  {median:7.2} ms ({min:.2} to {max:.2})  {what}");
}
