//! The client's side of the protocol, as far as tests need it: a request, masked frames out, plain frames in.

use crate::message::{Payload, Refused};
use serde_json::{Value, json};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A received message.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Received {
    pub(super) join_ref: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) topic: String,
    pub(super) event: String,
    /// For a reply, its response.
    pub(super) payload: Payload,
    /// For a reply, its status.
    pub(super) status: Option<String>,
}

/// A message or a close from the server.
pub(super) enum Inbound {
    Message(Received),
    Closed(Option<u16>),
}

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;

/// Requests a WebSocket; the inner `Err` is a refusal.
pub(super) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    target: &str,
    headers: &str,
) -> io::Result<Result<(), Refused>> {
    let request = format!(
        "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    if status == 101 {
        return Ok(Ok(()));
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    let payload = serde_json::from_slice::<Value>(&body).map_or(Payload::empty(), Payload::from);
    Ok(Err(Refused::with(payload).status(status)))
}

/// A text frame, masked with zeros.
pub(super) fn text(text: &str) -> Vec<u8> {
    frame(TEXT, text.as_bytes())
}

/// Returns the text of a message from `join_ref` and `ref`, topic and event, and a payload of JSON.
pub(super) fn json(
    [join_ref, reference]: [Option<&str>; 2],
    [topic, event]: [&str; 2],
    payload: &Payload,
) -> String {
    json!([join_ref, reference, topic, event, payload.to_value()]).to_string()
}

/// The heartbeat of a client.
pub(super) fn heartbeat() -> Vec<u8> {
    text(r#"[null,"heartbeat","phoenix","heartbeat",{}]"#)
}

/// A binary push.
pub(super) fn binary(names: [&str; 4], payload: &[u8]) -> Vec<u8> {
    frame(BINARY, &binary_body(names, payload))
}

pub(super) fn binary_body(names: [&str; 4], payload: &[u8]) -> Vec<u8> {
    let mut body = vec![0];
    body.extend(names.map(|name| u8::try_from(name.len()).expect("a name of at most 255 bytes")));
    names
        .iter()
        .for_each(|name| body.extend_from_slice(name.as_bytes()));
    body.extend_from_slice(payload);
    body
}

/// The frame that ends a connection normally.
pub(super) fn close() -> Vec<u8> {
    frame(CLOSE, &1000_u16.to_be_bytes())
}

pub(super) fn is_close(frame: &[u8]) -> bool {
    frame.first() == Some(&CLOSE)
}

fn frame(first: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match body.len() {
        len @ 0..126 => frame.push(0x80 | len as u8),
        len @ 126..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(0x80 | 127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend_from_slice(body);
    frame
}

/// Reads the next message from the server.
pub(super) async fn read<R: AsyncRead + Unpin>(stream: &mut R) -> io::Result<Inbound> {
    loop {
        let first = stream.read_u8().await?;
        let length = match stream.read_u8().await? {
            126 => usize::from(stream.read_u16().await?),
            127 => stream.read_u64().await? as usize,
            length => usize::from(length),
        };
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        match first {
            TEXT | BINARY => {
                let message = if first == TEXT {
                    message(&body)
                } else {
                    binary_message(&body)
                };
                return message
                    .map(Inbound::Message)
                    .ok_or_else(|| io::Error::other("not a message"));
            }
            CLOSE => {
                return Ok(Inbound::Closed(
                    body.first_chunk().map(|code| u16::from_be_bytes(*code)),
                ));
            }
            _ => {}
        }
    }
}

fn message(text: &[u8]) -> Option<Received> {
    let [join_ref, reference, topic, event, payload]: [Value; 5] =
        serde_json::from_slice(text).ok()?;
    let text = |value: Value| value.as_str().map(str::to_owned);
    let event = text(event)?;
    let (payload, status) = match event.as_str() {
        "phx_reply" => (
            payload.get("response")?.clone(),
            payload["status"].as_str().map(str::to_owned),
        ),
        _ => (payload, None),
    };
    Some(Received {
        join_ref: text(join_ref),
        reference: text(reference),
        topic: text(topic)?,
        event,
        payload: payload.into(),
        status,
    })
}

/// Decodes a binary push, reply or broadcast.
pub(super) fn binary_message(body: &[u8]) -> Option<Received> {
    let (kind, rest) = body.split_first()?;
    let names = [3, 4, 2].get(usize::from(*kind))?;
    let (lengths, mut rest) = rest.split_at_checked(*names)?;
    let mut names = lengths.iter().map(|length| {
        let (name, after) = rest.split_at_checked(usize::from(*length))?;
        rest = after;
        String::from_utf8(name.to_vec()).ok()
    });
    let (join_ref, reference, topic, event) = match kind {
        0 => (names.next()?, None, names.next()??, names.next()??),
        1 => (names.next()?, names.next()?, names.next()??, names.next()??),
        _ => (None, None, names.next()??, names.next()??),
    };
    let status = (*kind == 1).then(|| event.clone());
    Some(Received {
        join_ref,
        reference,
        topic,
        event: if *kind == 1 {
            "phx_reply".to_owned()
        } else {
            event
        },
        payload: Payload::binary(rest.to_vec()),
        status,
    })
}
