use super::noise::Noise;
use super::*;
use crate::message::Payload;
use serde_json::json;
use std::path::Path;

/// Runs the committed corpus, each of its files with many changes, and noise.
fn run(target: &str, holds: impl Fn(&[u8])) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&corpus)
        .expect("the corpus is committed")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let mut noise = Noise::new();
    for file in files {
        let data = std::fs::read(&file).expect("readable");
        holds(&data);
        for _ in 0..500 {
            holds(&noise.change(&data));
        }
    }
    for _ in 0..2_000 {
        holds(&noise.bytes(256));
    }
}

#[test]
fn no_message_is_a_panic_and_what_goes_out_comes_back_the_same() {
    run("codec", codec);
}

#[test]
fn a_message_of_another_node_is_refused_or_read_as_it_was_sent() {
    run("cluster", cluster);
}

#[cfg(feature = "redis")]
#[test]
fn a_message_of_phoenix_is_refused_or_read_as_it_was_sent() {
    run("cluster", crate::redis::fuzz::phoenix);
}

#[cfg(feature = "nats")]
#[test]
fn bytes_of_a_nats_server_are_refused_or_read_wherever_they_are_cut() {
    run("nats", nats);
}

/// Only here: the crate `redis` would make the targets of `cargo fuzz` slow to build.
#[cfg(feature = "redis")]
#[test]
fn values_in_a_redis_are_refused_or_read() {
    run("redis", crate::redis::fuzz::values);
}

#[test]
fn a_request_is_refused_or_read_and_believed_only_with_a_reason() {
    run("requests", requests);
}

#[test]
fn a_stream_of_frames_means_the_same_however_it_is_cut() {
    run("frames", frames);
}

#[test]
fn tungstenite_finds_the_same_messages_in_a_stream_of_frames() {
    run("frames", crate::transport::oracle::agree);
}

#[test]
fn a_session_holds_what_it_promises_in_any_order_of_events() {
    run("session", session);
}

#[test]
fn what_is_encoded_from_any_message_is_decoded_to_the_same() {
    run("messages", messages);
}

/// Found by fuzzing: the last digit changed.
#[test]
fn a_number_is_read_as_the_one_that_was_written() {
    for number in [31.245270191439438, 2.6514013262708197e-274] {
        assert_eq!(Payload::from(json!(number)).to_value(), json!(number));
    }
}
