//! Comparison with Phoenix, frame by frame: recordings of its answers, and this library's answers to the same messages.
//!
//! `phoenix-1.8.12.jsonl` has random sequences of two clients recorded from Phoenix 1.8.12. Another file of the same format
//! is replayed by `PHOENIX_RECORDINGS=file cargo test -p axum-channels --test recordings`. `clients-1.8.12.jsonl` has the
//! frames of clients in other languages, each named, and what the same Phoenix answered.

mod channel;
mod client;
mod comparison;
mod kept;
mod rules;
mod sequence;
#[path = "../support/mod.rs"]
mod support;

use channel::endpoint;
use client::Clients;
use comparison::differences;
use futures_util::StreamExt;
use futures_util::stream;
use sequence::Sequence;
use std::path::PathBuf;

/// Number of sequences that are replayed at the same time.
const AT_ONCE: usize = 16;

/// Number of differing sequences that a failure shows in full.
const SHOWN: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_sequence_is_answered_as_phoenix_answered_it() {
    let recorded = Sequence::read(&recordings());
    assert!(!recorded.is_empty(), "{} is empty", recordings().display());
    replay_all(recorded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_in_other_languages_are_answered_as_by_phoenix() {
    replay_all(Sequence::read(&recorded_file("clients-1.8.12.jsonl"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_phoenix_s_source_hold() {
    replay_all(rules::rules()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_differences_are_as_the_readme_states() {
    replay_all(kept::kept()).await;
}

/// Replays sequences, several at a time, and fails with the first that differ.
async fn replay_all(sequences: Vec<Sequence>) {
    let replayed = stream::iter(&sequences).map(replay).buffered(AT_ONCE);
    let differing: Vec<String> = replayed.filter_map(async |report| report).collect().await;
    let shown: String = differing.iter().take(SHOWN).map(String::as_str).collect();
    assert!(
        differing.is_empty(),
        "{} of {} sequences differ, the first of them:\n{shown}",
        differing.len(),
        sequences.len()
    );
}

/// Returns the file to replay.
fn recordings() -> PathBuf {
    match std::env::var_os("PHOENIX_RECORDINGS") {
        // Tests run in the package's folder, and users in the workspace's.
        Some(file) => [PathBuf::from(&file), PathBuf::from("..").join(&file)]
            .into_iter()
            .find(|file| file.exists())
            .unwrap_or_else(|| panic!("there is no {}", file.display())),
        None => recorded_file("phoenix-1.8.12.jsonl"),
    }
}

/// Returns the path of a file beside this one.
fn recorded_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/recordings")
        .join(name)
}

/// Replays a sequence against a server of its own. Returns the differences, if there are any.
async fn replay(recorded: &Sequence) -> Option<String> {
    let mut clients = Clients::connect(&endpoint(), recorded).await;
    let mut report = String::new();
    for (at, step) in recorded.steps.iter().enumerate() {
        let heard = clients.take(recorded, step).await;
        if let Some(text) = differences(recorded, step, &heard) {
            report += &format!("  step {at}, client {}: {}\n{text}", step.client, step.sent);
        }
    }
    (!report.is_empty()).then(|| format!("{}, vsn {}\n{report}", recorded.name(), recorded.vsn))
}
