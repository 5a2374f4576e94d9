//! Tests of the channel for `room:*`.

mod support;

use axum_channels::testing::{TestChannel, connect_with_token};
use axum_channels::{Endpoint, Payload, Reply};
use serde_json::{Value, json};

use team_chat::auth;

const TOPIC: &str = "room:lobby";

/// A client of a user in a topic.
async fn join(endpoint: &Endpoint, user: &str, topic: &str) -> TestChannel {
    let token = auth::sign(endpoint, user);
    let client = connect_with_token(endpoint, "/socket", &token).await;
    client
        .expect("the token is valid")
        .join(topic, json!({}))
        .await
}

/// Sends a message, and returns the reply.
async fn say(channel: &mut TestChannel, body: &str) -> Reply {
    channel.push("say", json!({"body": body})).reply().await
}

/// The part of messages that does not depend on the time.
fn texts(history: &Value) -> Vec<[&Value; 4]> {
    let messages = history["messages"].as_array().into_iter().flatten();
    messages
        .map(|message| ["id", "author", "body", "file"].map(|key| &message[key]))
        .collect()
}

#[tokio::test]
async fn a_message_reaches_all_clients_in_the_room_and_no_other() {
    let endpoint = support::endpoint().await;
    let mut alice = join(&endpoint, "alice", TOPIC).await;
    let mut bob = join(&endpoint, "bob", TOPIC).await;
    let mut carol = join(&endpoint, "carol", "room:help").await;

    let reply = say(&mut alice, " hello ").await;

    assert_eq!(reply, Reply::ok(json!({"id": 1})));
    for channel in [&mut alice, &mut bob] {
        let message = channel.next_broadcast("message").await.to_value();
        assert_eq!(message["author"], "alice");
        assert_eq!(message["body"], "hello");
    }
    carol.refute_broadcast("message").await;
}

#[tokio::test]
async fn who_joins_later_receives_the_history_of_the_room_and_the_names_of_all() {
    let endpoint = support::endpoint().await;
    let mut alice = join(&endpoint, "alice", TOPIC).await;
    let mut help = join(&endpoint, "alice", "room:help").await;
    say(&mut alice, "one").await;
    say(&mut help, "two").await;
    say(&mut alice, "three").await;

    let mut bob = join(&endpoint, "bob", TOPIC).await;

    let history = bob.next_push("history").await.to_value();
    let (alice, none) = (json!("alice"), Value::Null);
    let [one, three] = [(1, "one"), (3, "three")].map(|(id, body)| (json!(id), json!(body)));
    assert_eq!(
        texts(&history),
        [
            [&one.0, &alice, &one.1, &none],
            [&three.0, &alice, &three.1, &none]
        ]
    );
    assert_eq!(history["rooms"], json!(["help", "lobby"]));
}

#[tokio::test]
async fn a_mentioned_user_is_told_in_any_room_once() {
    let endpoint = support::endpoint().await;
    let mut alice = join(&endpoint, "alice", TOPIC).await;
    let mut inbox = join(&endpoint, "bob", "inbox:bob").await;

    say(&mut alice, "(@carol) @bob, are you there? @bob!").await;

    let mention = inbox.next_broadcast("mention").await.to_value();
    assert_eq!(mention["room"], "lobby");
    assert_eq!(mention["message"]["id"], 1);
    inbox.refute_broadcast("mention").await;
}

#[tokio::test]
async fn a_file_of_200_kb_becomes_a_message_with_its_name() {
    let endpoint = support::endpoint().await;
    let mut alice = join(&endpoint, "alice", TOPIC).await;
    let mut bytes = b"notes.txt\n".to_vec();
    bytes.resize(bytes.len() + 200_000, b'x');

    let reply = alice.push("upload", Payload::binary(bytes)).reply().await;

    assert_eq!(reply, Reply::ok(json!({"id": 1})));
    let message = alice.next_broadcast("message").await.to_value();
    assert_eq!(message["file"], "notes.txt");
}

#[tokio::test]
async fn what_is_empty_too_long_or_without_a_name_is_refused_and_the_room_goes_on() {
    let endpoint = support::endpoint().await;
    let mut alice = join(&endpoint, "alice", TOPIC).await;
    let name = "a file has a name of 1 to 255 bytes";
    let mut large = b"large\n".to_vec();
    large.resize(large.len() + 1024 * 1024 + 1, 0);

    for (event, payload, reason) in [
        (
            "say",
            json!({"body": " "}).into(),
            "a message has at least one character",
        ),
        (
            "say",
            json!({"body": "x".repeat(2_001)}).into(),
            "a message has at most 2000 characters",
        ),
        (
            "upload",
            Payload::binary(large),
            "a file has at most 1024 KiB",
        ),
        ("upload", Payload::binary(&b"no line feed"[..]), name),
        ("upload", Payload::binary(&b"\nno name"[..]), name),
        ("upload", json!({}).into(), name),
    ] {
        let reply = alice.push(event, payload).reply().await;
        assert_eq!(reply, Reply::error(json!({"reason": reason})), "{event}");
    }
    assert_eq!(say(&mut alice, "x").await, Reply::ok(json!({"id": 1})));
}

#[tokio::test]
async fn a_room_has_a_plain_name() {
    let endpoint = support::endpoint().await;
    let token = auth::sign(&endpoint, "alice");
    let client = connect_with_token(&endpoint, "/socket", &token).await;
    let client = client.expect("the token is valid");

    for topic in ["room:", "room:Team", "room:<b>"] {
        let refused = client.try_join(topic, json!({})).await.err();
        let reason = "a room is named by a-z, 0-9 and -";
        assert_eq!(
            refused,
            Some(Reply::error(json!({"reason": reason}))),
            "{topic}"
        );
    }
}
