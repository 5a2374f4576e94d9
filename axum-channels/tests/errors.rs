//! Errors of `join`, `handle_in` and `connect`: replies, or the end of the channel.

mod support;

use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::IntoResponse;
use axum_channels::testing::{TestChannel, connect, connect_with, endpoint};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Error, HandleInfo, InvalidPayload, Params, Payload,
    Refused, Reply, Result, Socket, SocketHandler, Topic, UnknownEvent,
};
use serde::Deserialize;
use serde_json::json;
use std::io;
use support::Log;
use tracing::Level;

/// Errors of an app, some of which its clients may see.
#[derive(Debug, thiserror::Error)]
enum ChatError {
    #[error("a line has at most {0} characters")]
    TooLong(usize),
    #[error("cannot reach the database")]
    Database(#[from] io::Error),
    #[error("a bug in the conversion")]
    Bug,
}

/// A conversion for the places where the app refuses itself.
impl From<ChatError> for Refused {
    fn from(error: ChatError) -> Self {
        Refused::with(json!({"code": 7, "text": error.to_string()}))
    }
}

#[derive(Deserialize)]
struct Line {
    body: String,
}

/// Payload of a join, with the error to fail with.
#[derive(Deserialize)]
struct Join {
    #[serde(default)]
    fail: Option<String>,
}

struct Chat;

impl Channel for Chat {
    async fn join(_: &Topic, payload: Payload, _: &Socket) -> Result<Self> {
        let Join { fail } = payload.parse()?;
        match fail {
            Some(how) => Err(fail_as(&how)),
            None => Ok(Self),
        }
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "line" => {
                let Line { body } = payload.parse()?;
                Ok(Reply::ok(json!({"length": body.len()})))
            }
            "refused" => Err(Refused::new("not now").into()),
            "converted" => Ok(too_long().map_err(Refused::from)?),
            "fail" => Err(fail_as(&payload.parse::<String>()?)),
            "later" => {
                socket.sender::<Self>().send(payload.parse::<String>()?)?;
                Ok(Reply::none())
            }
            _ => Err(UnknownEvent::new(event).into()),
        }
    }

    fn refusal(error: &Error) -> Option<Refused> {
        match error.downcast_ref::<ChatError>()? {
            ChatError::Database(_) => None,
            ChatError::Bug => panic!("in the conversion"),
            shown => Some(Refused::new(shown.to_string())),
        }
    }
}

fn too_long() -> Result<Reply, ChatError> {
    Err(ChatError::TooLong(280))
}

/// Each error comes by `?`, as it would from a function of the app's.
fn fail_as(how: &str) -> Error {
    let result = || -> Result<()> {
        match how {
            "too long" => Err(ChatError::TooLong(280))?,
            "database" => Err(ChatError::from(io::Error::other("disk full")))?,
            "bug" => Err(ChatError::Bug)?,
            "refused" => Err(Refused::with(json!({"reason": "full", "limit": 8})))?,
            _ => Err(io::Error::other("disk full"))?,
        }
    };
    result().expect_err("it fails")
}

impl HandleInfo<String> for Chat {
    async fn handle_info(&mut self, how: String, _: &Socket) -> Result<()> {
        Err(fail_as(&how))
    }
}

async fn chat() -> TestChannel {
    let client = connect(&endpoint::<Chat>("chat:*"), "/socket").await;
    client.join("chat:1", json!({})).await
}

/// A reply after which the channel still answers.
async fn answer(event: &str, payload: impl Into<Payload>) -> Reply {
    let mut chat = chat().await;
    let reply = chat.push(event, payload).reply().await;
    let alive = chat.push("line", json!({"body": "still here"})).reply();
    assert_eq!(alive.await, Reply::ok(json!({"length": 10})));
    reply
}

fn reason(text: &str) -> Reply {
    Reply::error(json!({"reason": text}))
}

#[tokio::test]
async fn a_payload_that_cannot_be_parsed_is_answered_with_what_is_wrong() {
    assert_eq!(
        answer("line", json!({"body": 3})).await,
        reason("body: invalid type: integer `3`, expected a string")
    );
    assert_eq!(
        answer("line", json!({})).await,
        reason("missing field `body`")
    );
    assert_eq!(
        answer("line", Payload::binary(b"\0".to_vec())).await,
        reason("expected JSON, not bytes")
    );
}

#[tokio::test]
async fn a_refusal_is_an_error_reply_and_the_channel_goes_on() {
    assert_eq!(answer("refused", json!({})).await, reason("not now"));
    assert_eq!(
        answer("fail", json!("refused")).await,
        Reply::error(json!({"reason": "full", "limit": 8}))
    );
}

#[tokio::test]
async fn an_error_of_the_app_is_the_reply_that_the_channel_converts_it_to() {
    assert_eq!(
        answer("fail", json!("too long")).await,
        reason("a line has at most 280 characters")
    );
}

#[tokio::test]
async fn an_error_of_the_app_may_be_converted_where_it_happens() {
    assert_eq!(
        answer("converted", json!({})).await,
        Reply::error(json!({"code": 7, "text": "a line has at most 280 characters"}))
    );
}

#[tokio::test]
async fn an_unexpected_error_ends_the_channel_and_its_text_is_only_logged() {
    let (log, _guard) = Log::collect(Level::ERROR);
    for (event, how, text) in [
        ("fail", "io", "disk full"),
        ("fail", "database", "cannot reach the database: disk full"),
        ("fail", "bug", "panicked: in the conversion"),
        ("dance", "", "unknown event `dance`"),
    ] {
        let mut chat = chat().await;
        chat.push(event, json!(how));
        chat.assert_crashed().await;
        let line = format!("errors::Chat on chat:1 crashed: {text}");
        assert!(log.text().contains(&line), "{line}: {}", log.text());
    }
}

#[tokio::test]
async fn a_refusal_of_a_message_without_an_answer_ends_the_channel() {
    let (log, _guard) = Log::collect(Level::ERROR);
    let mut chat = chat().await;
    chat.push("later", json!("refused"));
    chat.assert_crashed().await;
    let line = r#"errors::Chat on chat:1 crashed: refused with {"limit":8,"reason":"full"}"#;
    assert!(log.text().contains(line), "{}", log.text());
}

#[tokio::test]
async fn a_join_is_answered_as_a_message_is() {
    let client = connect(&endpoint::<Chat>("chat:*"), "/socket").await;
    for (payload, expected) in [
        (
            json!({"fail": 3}),
            "fail: invalid type: integer `3`, expected a string",
        ),
        (json!(null), "invalid type: null, expected struct Join"),
        (
            json!({"fail": "too long"}),
            "a line has at most 280 characters",
        ),
        (json!({"fail": "database"}), "join crashed"),
        (json!({"fail": "bug"}), "join crashed"),
        (json!({"fail": "io"}), "join crashed"),
    ] {
        let refused = client.try_join("chat:1", payload).await;
        assert_eq!(refused.map(drop), Err(reason(expected)));
    }
    let refused = client.try_join("chat:1", json!({"fail": "refused"})).await;
    let full = Reply::error(json!({"reason": "full", "limit": 8}));
    assert_eq!(refused.map(drop), Err(full));
}

/// A socket that fails as its client asks.
struct Failing;

impl SocketHandler for Failing {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Chat>("chat:*");
    }

    async fn connect(params: &Params, _: &ConnectInfo) -> Result<Self> {
        Err(fail_as(params.get("fail").unwrap_or_default()))
    }

    fn refusal(error: &Error) -> Option<Refused> {
        match error.downcast_ref::<ChatError>()? {
            ChatError::Database(_) => None,
            ChatError::Bug => panic!("in the conversion"),
            shown => Some(Refused::new(shown.to_string()).status(413)),
        }
    }
}

#[tokio::test]
async fn a_connection_is_refused_with_the_refusal_and_with_500_otherwise() {
    let endpoint = Endpoint::builder().socket::<Failing>("/socket").build();
    let refused = async |how| {
        let connected = connect_with(&endpoint, "/socket", &[("fail", how)]).await;
        connected.map(drop).expect_err("nobody is let in")
    };
    let full = Refused::with(json!({"reason": "full", "limit": 8}));
    assert_eq!(refused("refused").await, full);
    assert_eq!(refused("io").await, Refused::with(json!({})).status(500));
}

#[tokio::test]
async fn an_error_of_connect_is_the_refusal_that_the_handler_converts_it_to() {
    let (log, _guard) = Log::collect(Level::ERROR);
    let endpoint = Endpoint::builder().socket::<Failing>("/socket").build();
    let mut refused = Vec::new();
    for how in ["too long", "database", "bug"] {
        let connected = connect_with(&endpoint, "/socket", &[("fail", how)]).await;
        refused.push(connected.map(drop).expect_err("nobody is let in"));
    }
    let crashed = Refused::with(json!({})).status(500);
    let long = Refused::new("a line has at most 280 characters").status(413);
    assert_eq!(refused, [long, crashed.clone(), crashed]);
    let lines = "[ERROR] connect of errors::Failing crashed: cannot reach the database: disk full\n\
                 [ERROR] connect of errors::Failing crashed: panicked: in the conversion\n";
    assert_eq!(log.text(), lines);
}

#[test]
fn an_error_is_found_again_by_its_type() {
    let error: Error = Payload::empty()
        .parse::<Line>()
        .map(drop)
        .expect_err("no line")
        .into();
    let reason = error.downcast_ref::<InvalidPayload>().map(|it| &*it.reason);
    assert_eq!(reason, Some("missing field `body`"));
}

#[tokio::test]
async fn handlers_of_axum_answer_with_the_same_errors() {
    let (log, _guard) = Log::collect(Level::ERROR);
    let invalid = Payload::empty().parse::<Line>().map(drop);
    let invalid = invalid.expect_err("it has no body");
    let elsewhere = HeaderValue::from_static("https://elsewhere.example");
    let checked = Endpoint::builder()
        .build()
        .check_origin(&HeaderMap::from_iter([(ORIGIN, elsewhere)]));
    let foreign = checked.expect_err("it is another site");
    let responses: [(Error, u16, &str); 5] = [
        (foreign.into(), 403, ""),
        (Refused::new("full").into(), 403, r#"{"reason":"full"}"#),
        (
            Refused::new("no such order").status(404).into(),
            404,
            r#"{"reason":"no such order"}"#,
        ),
        (invalid.into(), 403, r#"{"reason":"missing field `body`"}"#),
        (io::Error::other("disk full").into(), 500, ""),
    ];
    for (error, status, body) in responses {
        let shown = error.to_string();
        let response = error.into_response();
        assert_eq!(response.status(), status, "{shown}");
        let kind = response.headers().get("content-type");
        let is_json = kind.is_some_and(|kind| kind == "application/json");
        assert_eq!(is_json, !body.is_empty(), "{shown}");
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await;
        assert_eq!(bytes.expect("it is whole"), body, "{shown}");
    }
    assert_eq!(log.text(), "[ERROR] a request crashed: disk full\n");
}

#[test]
fn the_text_of_a_cause_is_not_repeated() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot save: {0}")]
    struct Shown(#[source] Cause);
    #[derive(Debug, thiserror::Error)]
    #[error("cannot write")]
    struct Cause(#[source] io::Error);

    let full = || io::Error::other("disk full");
    for (error, text) in [
        (Error::from(Cause(full())), "cannot write: disk full"),
        (
            Shown(Cause(full())).into(),
            "cannot save: cannot write: disk full",
        ),
        (io::Error::other(full()).into(), "disk full"),
    ] {
        assert_eq!(error.to_string(), text);
    }
}
