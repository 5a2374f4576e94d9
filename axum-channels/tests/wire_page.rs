//! The page docs/reference/wire.md: each of its examples is sent to a server over TCP, and its answers are compared.
//!
//! `→` is sent by the client, `←` by the server; `…` in an answer stands for any text. A block is a connection of its own:
//!
//! | Block | Connection |
//! |---|---|
//! | `text wire` | V2; with `joined`, the client has joined `room:lobby` with the refs `"1"` |
//! | `text wire binary` | the same, joined, with the bytes of binary frames in hexadecimal |
//! | `text wire v1` | V1 |
//! | `text wire poll` | long-polling: requests, with a body below them; `…` in them is the token |

mod support;

use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Error, History, Params, Payload, Refused, Reply,
    Result, Socket, SocketHandler, Topic, UnknownEvent, websocket,
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use support::{Frame, NDJSON, Ws, ask, serve};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/wire.md");

/// The socket that the page describes.
struct PageSocket;

impl SocketHandler for PageSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>("room:*");
        routes.channel::<Room>("feed:*").history(History::last(100));
    }

    async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

struct Room;

impl Channel for Room {
    async fn join(topic: &Topic, _: Payload, socket: &Socket) -> Result<Self> {
        match topic.as_str() {
            "room:vip" => return Err(Refused::new("unauthorized").into()),
            "room:desk" => {
                socket
                    .presence()
                    .track("alice", json!({"status": "online"}))?;
                socket.presence().push_state()?;
            }
            _ => {}
        }
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "ping" => return Ok(Reply::ok(payload)),
            "shout" => socket.broadcast("shout", payload),
            "whisper" => socket.push("whisper", payload),
            "away" => socket
                .presence()
                .update("alice", json!({"status": "away"}))?,
            "buy" => return Err(Refused::new("sold out").into()),
            "stop" => socket.stop(),
            "fail" => return Err(Error::msg("an example")),
            _ => return Err(UnknownEvent::new(event).into()),
        }
        Ok(Reply::none())
    }
}

/// Returns the blocks of the page whose info starts with `text wire`, with the rest of the info.
fn blocks(page: &str) -> Vec<(String, Vec<String>)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```text wire") {
            let text = lines.by_ref().take_while(|line| *line != "```");
            blocks.push((info.trim().to_owned(), text.map(str::to_owned).collect()));
        }
    }
    blocks
}

/// Asserts that a text is as the page shows it, where `…` stands for any part.
#[track_caller]
fn assert_shown(shown: &str, text: &str) {
    let mut rest = text;
    let mut parts = shown.split('…');
    let first = parts.next().unwrap_or_default();
    let fits = rest.starts_with(first) && {
        rest = &rest[first.len()..];
        parts.all(|part| match rest.find(part) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        }) && rest.is_empty()
    };
    assert!(fits, "the server sent\n{text}\nand the page shows\n{shown}");
}

fn bytes(hex: &str) -> Vec<u8> {
    let bytes = hex.split_whitespace();
    bytes
        .map(|byte| u8::from_str_radix(byte, 16).expect("two digits"))
        .collect()
}

async fn connect(addr: SocketAddr, info: &str) -> Ws {
    match info {
        "" => Ws::open(addr).await,
        "v1" => Ws::open_at(addr, "/socket/websocket?vsn=1.0.0").await,
        "joined" | "binary" => Ws::join(addr, "room:lobby").await,
        other => panic!("a block `text wire {other}`"),
    }
}

async fn play(addr: SocketAddr, info: &str, lines: &[String]) {
    let mut ws = connect(addr, info).await;
    for line in lines {
        let frame = line.strip_prefix("→ ").or_else(|| line.strip_prefix("← "));
        let frame = frame.unwrap_or_else(|| panic!("{line}"));
        match (line.starts_with('→'), info == "binary") {
            (true, true) => ws.send_binary(&bytes(frame)).await,
            (true, false) => ws.send(frame).await,
            (false, true) => ws.expect_binary(&bytes(frame)).await,
            (false, false) => match ws.next().await {
                Frame::Text(text) => assert_shown(frame, &text),
                Frame::Close(code) => assert_eq!(frame, format!("close {code}")),
                other => panic!("{other:?} instead of {frame}"),
            },
        }
    }
    if !lines.iter().any(|line| line.starts_with("← close")) && info != "v1" {
        ws.expect_nothing().await;
    }
}

async fn poll(addr: SocketAddr, lines: &[String]) {
    let (mut token, mut answer) = (String::new(), Value::Null);
    for (at, line) in lines.iter().enumerate() {
        if let Some(request) = line.strip_prefix("→ ") {
            let (method, target) = request.split_once(' ').expect("a target");
            let query = target.strip_prefix("/socket/longpoll?").expect("the path");
            let body = lines[at + 1..]
                .iter()
                .map_while(|line| line.strip_prefix("  "));
            let body: Vec<_> = body.collect();
            let query = query.replace('…', &token);
            let (status, _, json) = ask(addr, method, &query, NDJSON, &body.join("\n")).await;
            assert_eq!(status, 200, "{request}");
            answer = json;
            if let Some(new) = answer["token"].as_str() {
                token = new.to_owned();
            }
        } else if let Some(shown) = line.strip_prefix("← ") {
            assert_shown(shown, &answer.to_string());
        }
    }
}

#[tokio::test]
async fn every_example_of_the_page_is_what_the_server_does() {
    let page = std::fs::read_to_string(PAGE).expect("the page is in the repository");
    let blocks = blocks(&page);
    for (info, lines) in &blocks {
        let options = websocket().longpoll();
        let endpoint = Endpoint::builder().socket_with::<PageSocket>("/socket", options);
        let addr = serve(&endpoint.build()).await;
        match info.as_str() {
            "poll" => poll(addr, lines).await,
            info => play(addr, info, lines).await,
        }
    }
    assert_eq!(blocks.len(), 15, "examples");
}
