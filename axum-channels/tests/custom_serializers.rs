//! Serializers of the app, frame by frame over TCP: Supabase's superset of V2, MessagePack, and those that fail.

#[macro_use]
mod support;

#[expect(dead_code, reason = "nothing calls the `main` of an example")]
#[path = "../examples/messagepack.rs"]
mod messagepack;

use axum_channels::serializer::{BuiltIn, Encoded, Frame, Message, Ref, Serializer, ServerMessage};
use axum_channels::{Endpoint, Error, Payload, Result, websocket};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use support::{Frame as Received, Log, Poll, Ws, ask, endpoint_with, nodes_with, serve, upgrade};
use tracing::Level;

/// V2 with the two binary kinds that Supabase Realtime adds to it. The payload of such a broadcast is everything in its
/// frame but refs and topic: lengths of event and metadata, encoding, event, metadata, data.
#[derive(Default)]
struct Supabase {
    broadcasts: Arc<AtomicUsize>,
}

const USER_BROADCAST_PUSH: u8 = 3;
const USER_BROADCAST: u8 = 4;

impl Serializer for Supabase {
    fn decode<'a>(&self, frame: Frame<'a>) -> Result<Message<'a>> {
        match frame {
            Frame::Binary([USER_BROADCAST_PUSH, join_ref, reference, topic, rest @ ..]) => {
                let short = || Error::msg("a user broadcast that is cut off");
                let (lengths, rest) = rest.split_at_checked(3).ok_or_else(short)?;
                let mut rest = rest;
                let mut name = |len: &u8| {
                    let (name, after) = rest.split_at_checked((*len).into()).ok_or_else(short)?;
                    rest = after;
                    Ok::<_, Error>(std::str::from_utf8(name)?)
                };
                let (join_ref, reference, topic) =
                    (name(join_ref)?, name(reference)?, name(topic)?);
                Ok(Message {
                    join_ref: Some(Ref::from(join_ref)),
                    reference: Some(Ref::from(reference)),
                    topic: topic.into(),
                    event: "shout".into(),
                    payload: Payload::binary([lengths, rest].concat()),
                })
            }
            frame => BuiltIn::V2.decode(frame),
        }
    }

    fn encode(&self, message: &ServerMessage<'_>) -> Result<Encoded> {
        match *message {
            ServerMessage::Broadcast { topic, payload, .. } => {
                self.broadcasts.fetch_add(1, SeqCst);
                let Some(bytes) = payload.as_binary() else {
                    return BuiltIn::V2.encode(message);
                };
                let (lengths, rest) = bytes.split_at(3);
                let kind = [USER_BROADCAST, topic.len() as u8];
                Ok(Encoded::Binary(
                    [&kind, lengths, topic.as_bytes(), rest].concat(),
                ))
            }
            ref message => BuiltIn::V2.encode(message),
        }
    }
}

/// Texts of one line for each part, and every way to fail.
struct Lines;

impl Serializer for Lines {
    fn decode<'a>(&self, frame: Frame<'a>) -> Result<Message<'a>> {
        let Frame::Text(text) = frame else {
            panic!("no text");
        };
        let [reference, topic, event, payload] = text.split('\n').collect::<Vec<_>>()[..] else {
            Err(std::io::Error::other("not four lines"))?
        };
        Ok(Message {
            join_ref: None,
            reference: Some(Ref::from(reference)),
            topic: topic.into(),
            event: event.into(),
            payload: json!({"text": payload}).into(),
        })
    }

    fn encode(&self, message: &ServerMessage<'_>) -> Result<Encoded> {
        let text = message.payload().get("text").unwrap_or_default();
        match text.as_str() {
            Some("bytes") => Ok(Encoded::Binary(b"bytes".to_vec())),
            Some("panic") => panic!("on request"),
            Some("error") => Err(Error::msg("on request")),
            _ => Ok(Encoded::Text(format!("{}\u{1}\n{text}", message.topic()))),
        }
    }

    fn name(&self) -> &str {
        "lines"
    }
}

on_one_node_and_on_two! {
    a_user_broadcast_of_supabase_reaches_everyone_as_kind_4,
}

fn supabase() -> (Endpoint, Arc<AtomicUsize>) {
    let serializer = Supabase::default();
    let broadcasts = serializer.broadcasts.clone();
    (
        endpoint_with(websocket().serializer("2.0.0", serializer)),
        broadcasts,
    )
}

fn lines() -> Endpoint {
    endpoint_with(websocket().longpoll().serializer("3.0.0", Lines))
}

async fn join_lines(endpoint: &Endpoint) -> Ws {
    let addr = serve(endpoint).await;
    let mut ws = Ws::open_at(addr, "/socket/websocket?vsn=3.0.1").await;
    ws.send("1\nroom:lobby\nphx_join\n").await;
    ws.expect("room:lobby\u{1}\nnull").await;
    ws
}

async fn a_user_broadcast_of_supabase_reaches_everyone_as_kind_4(count: usize) {
    let options = websocket().serializer("2.0.0", Supabase::default());
    let nodes = nodes_with(count, options);
    let addr = nodes.serve().await;
    let mut a = Ws::join(addr(), "room:lobby").await;
    let mut b = Ws::join(addr(), "room:lobby").await;
    a.send_binary(b"\x03\x01\x01\x0a\x06\x07\x0112room:lobbycursor{\"a\":1}{\"x\":3}")
        .await;
    for ws in [&mut a, &mut b] {
        ws.expect_binary(b"\x04\x0a\x06\x07\x01room:lobbycursor{\"a\":1}{\"x\":3}")
            .await;
    }
    a.send_binary(b"\x03\x01\x01\x0a\x06").await;
    a.expect_close(1011).await;
}

#[tokio::test]
async fn a_superset_of_v2_is_v2_for_everything_else() {
    let addr = serve(&supabase().0).await;
    let mut ws = Ws::join(addr, "room:lobby").await;
    ws.send(r#"["1","2","room:lobby","ping",{"n":1}]"#).await;
    ws.expect(r#"["1","2","room:lobby","phx_reply",{"response":{"n":1},"status":"ok"}]"#)
        .await;
    ws.send_binary(b"\x00\x01\x01\x0a\x0412room:lobbyping\xff")
        .await;
    ws.expect_binary(b"\x01\x01\x01\x0a\x0212room:lobbyok\xff")
        .await;
    ws.send(r#"["1","3","room:lobby","phx_leave",{}]"#).await;
    ws.expect(r#"["1","3","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    ws.expect(r#"["1","1","room:lobby","phx_close",{}]"#).await;
}

#[tokio::test]
async fn a_broadcast_is_encoded_once_for_all_clients_of_a_serializer() {
    let (endpoint, broadcasts) = supabase();
    let addr = serve(&endpoint).await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(Ws::join(addr, "room:lobby").await);
    }
    let mut v1 = Ws::open_at(addr, "/socket/websocket").await;
    v1.send(r#"{"topic":"room:lobby","event":"phx_join","payload":{},"ref":"1"}"#)
        .await;
    v1.expect(r#"{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"1","topic":"room:lobby"}"#)
        .await;
    endpoint.broadcast("room:lobby", "news", json!({"n": 1}));
    for ws in &mut clients {
        ws.expect(r#"[null,null,"room:lobby","news",{"n":1}]"#)
            .await;
    }
    v1.expect(r#"{"event":"news","payload":{"n":1},"ref":null,"topic":"room:lobby"}"#)
        .await;
    assert_eq!(broadcasts.load(SeqCst), 1);
}

#[tokio::test]
async fn clients_of_message_pack_and_of_json_share_a_topic() {
    let addr = serve(&messagepack::endpoint()).await;
    let mut ws = Ws::open_at(addr, "/socket/websocket?vsn=3.0.0").await;
    let packed = |message: &Value| rmp_serde::to_vec(message).expect("it can be packed");
    ws.send_binary(&packed(&json!(["1", 1, "room:lobby", "phx_join", {}])))
        .await;
    let joined = json!(["1", 1, "room:lobby", "phx_reply", {"status": "ok", "response": {}}]);
    assert_eq!(unpacked(ws.next().await), joined);

    let mut v2 = Ws::join(addr, "room:lobby").await;
    v2.send(r#"["1","2","room:lobby","shout",{"a":[1,null]}]"#)
        .await;
    v2.expect(r#"[null,null,"room:lobby","shout",{"a":[1,null]}]"#)
        .await;
    let shout = json!([null, null, "room:lobby", "shout", {"a": [1, null]}]);
    assert_eq!(unpacked(ws.next().await), shout);

    // ["1", "2", "room:lobby", "ping", bytes]
    ws.send_binary(b"\x95\xa11\xa12\xaaroom:lobby\xa4ping\xc4\x02\x00\xff")
        .await;
    ws.expect_binary(b"\x95\xa11\xa12\xaaroom:lobby\xa9phx_reply\x82\xa6status\xa2ok\xa8response\xc4\x02\x00\xff")
        .await;
}

fn unpacked(frame: Received) -> Value {
    match frame {
        Received::Binary(bytes) => rmp_serde::from_slice(&bytes).expect("MessagePack"),
        other => panic!("{other:?} is no binary frame"),
    }
}

#[tokio::test]
async fn a_serializer_serves_its_version_beside_the_built_in_ones() {
    let addr = serve(&lines()).await;
    let mut v2 = Ws::join(addr, "room:lobby").await;
    v2.send(r#"["1","2","room:lobby","ping",{}]"#).await;
    v2.expect(r#"["1","2","room:lobby","phx_reply",{"response":{},"status":"ok"}]"#)
        .await;
    for vsn in ["3.1.0", "4.0.0", "3", ""] {
        let (status, _) = upgrade(addr, &format!("/socket/websocket?vsn={vsn}"), "").await;
        assert_eq!(status, 403, "{vsn}");
    }
}

#[tokio::test]
async fn what_a_serializer_cannot_decode_closes_with_1011_and_a_panic_as_well() {
    let (log, _guard) = Log::collect_fields();
    let endpoint = lines();
    let mut ws = join_lines(&endpoint).await;
    ws.send("one line").await;
    ws.expect_close(1011).await;
    let mut ws = join_lines(&endpoint).await;
    ws.send_binary(b"bytes").await;
    ws.expect_close(1011).await;
    let log = log.text();
    for error in ["not four lines", "panicked: no text"] {
        let line =
            format!("ERROR | message=message not decoded | serializer=lines | error={error}\n");
        assert!(log.contains(&line), "{log}");
    }
}

#[tokio::test]
async fn what_a_serializer_cannot_encode_is_not_sent_and_the_client_stays() {
    let (log, _guard) = Log::collect_fields();
    let endpoint = lines();
    let mut ws = join_lines(&endpoint).await;
    for text in ["error", "panic"] {
        ws.send(&format!("2\nroom:lobby\nping\n{text}")).await;
        endpoint.broadcast("room:lobby", "news", json!({"text": text}));
    }
    ws.send("3\nroom:lobby\nping\nfine").await;
    ws.expect("room:lobby\u{1}\n\"fine\"").await;
    let log = log.text();
    for reason in ["on request", "panicked: on request"] {
        let line =
            format!("ERROR | message=message not sent | topic=room:lobby | reason={reason}\n");
        assert_eq!(log.matches(&line).count(), 2, "{log}");
    }
}

#[tokio::test]
async fn by_long_polling_any_text_arrives_and_bytes_are_not_sent() {
    let addr = serve(&lines()).await;
    let (_, _, answer) = ask(addr, "GET", "vsn=3.0.0", "", "").await;
    let token = answer["token"].as_str().expect("a token");
    let query = format!("vsn=3.0.0&token={token}");
    let poll = Poll { addr, query };
    for text in [
        "1\nroom:lobby\nphx_join\n",
        "2\nroom:lobby\nping\nbytes",
        "3\nroom:lobby\nping\n\"quoted\\",
    ] {
        let (_, _, answer) = ask(addr, "POST", &poll.query, "", text).await;
        assert_eq!(answer["status"], 200);
    }
    assert_eq!(
        poll.receive().await,
        [
            "room:lobby\u{1}\nnull".to_owned(),
            format!("room:lobby\u{1}\n{}", json!("\"quoted\\"))
        ]
    );
}

#[tokio::test]
async fn the_log_names_the_serializer() {
    let (log, _guard) = Log::collect(Level::INFO);
    join_lines(&lines()).await;
    let connected = "[INFO] CONNECTED TO custom_serializers::support::app::UserSocket in 29µs\n  Transport: websocket\n  Serializer: lines\n";
    assert!(log.text().contains(connected), "{}", log.text());
}

#[test]
#[should_panic = "`3` is not a version of a serializer: it has three numbers, such as 3.0.0"]
fn a_version_has_three_numbers() {
    let _ = websocket().serializer("3", Lines);
}
