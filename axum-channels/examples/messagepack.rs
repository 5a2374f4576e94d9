//! Messages as MessagePack arrays, `[join_ref, ref, topic, event, payload]`, for clients that connect with `vsn=3.0.0`.
//! Clients of Phoenix's own JSON are served at the same path.
//!
//!     PORT=4000 cargo run --example messagepack
//!
//! In a page, with phoenix.js and the npm package `@msgpack/msgpack`:
//!
//! ```js
//! let socket = new Socket("/socket", {
//!   vsn: "3.0.0",
//!   encode: ({join_ref, ref, topic, event, payload}, send) => send(encode([join_ref, ref, topic, event, payload])),
//!   decode: (bytes, receive) => {
//!     let [join_ref, ref, topic, event, payload] = decode(bytes)
//!     receive({join_ref, ref, topic, event, payload})
//!   }
//! })
//! ```

use axum::Router;
use axum_channels::serializer::{Encoded, Frame, Message, Ref, Serializer, ServerMessage};
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Params, Payload, Reply, Result, Socket,
    SocketHandler, Topic, UnknownEvent, serve, websocket,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use tokio::net::TcpListener;

/// MessagePack. Payloads of bytes stay bytes; all others are what JSON can express.
pub(crate) struct MessagePack;

/// A message on the wire.
type Array<'a, P> = (Option<Ref>, Option<Ref>, Cow<'a, str>, Cow<'a, str>, P);

/// A payload from a client.
#[derive(Deserialize)]
#[serde(untagged)]
enum Received {
    Json(Value),
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// A payload from the server.
#[derive(Serialize)]
#[serde(untagged)]
enum Sent<'a> {
    Json(Value),
    Bytes(#[serde(with = "serde_bytes")] &'a [u8]),
}

#[derive(Serialize)]
struct Answer<'a> {
    status: &'a str,
    response: Sent<'a>,
}

impl Serializer for MessagePack {
    fn decode<'a>(&self, frame: Frame<'a>) -> Result<Message<'a>> {
        let bytes = match frame {
            Frame::Binary(bytes) => bytes,
            Frame::Text(text) => text.as_bytes(),
        };
        let (join_ref, reference, topic, event, payload): Array<'a, Received> =
            rmp_serde::from_slice(bytes)?;
        let payload = match payload {
            Received::Json(value) => value.into(),
            Received::Bytes(bytes) => Payload::binary(bytes),
        };
        Ok(Message {
            join_ref,
            reference,
            topic: topic.into(),
            event: event.into(),
            payload,
        })
    }

    fn encode(&self, message: &ServerMessage<'_>) -> Result<Encoded> {
        let none: Option<&Ref> = None;
        let bytes = match *message {
            ServerMessage::Reply {
                join_ref,
                reference,
                topic,
                status,
                response,
            } => {
                let response = sent(response);
                let answer = Answer { status, response };
                rmp_serde::to_vec_named(&(
                    join_ref,
                    reference,
                    topic.as_str(),
                    "phx_reply",
                    answer,
                ))?
            }
            ServerMessage::Push {
                join_ref,
                reference,
                topic,
                event,
                payload,
            } => rmp_serde::to_vec_named(&(join_ref, reference, topic, event, sent(payload)))?,
            ServerMessage::Broadcast {
                reference,
                topic,
                event,
                payload,
            } => rmp_serde::to_vec_named(&(none, reference, topic, event, sent(payload)))?,
        };
        Ok(Encoded::Binary(bytes))
    }

    fn name(&self) -> &str {
        "MessagePack"
    }
}

fn sent(payload: &Payload) -> Sent<'_> {
    match payload.as_binary() {
        Some(bytes) => Sent::Bytes(bytes),
        None => Sent::Json(payload.to_value()),
    }
}

struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
    }

    async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

struct RoomChannel;

impl Channel for RoomChannel {
    async fn join(_topic: &Topic, _payload: Payload, _socket: &Socket) -> Result<Self> {
        Ok(Self)
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        match event {
            "ping" => Ok(Reply::ok(payload)),
            "shout" => {
                socket.broadcast("shout", payload);
                Ok(Reply::none())
            }
            _ => Err(UnknownEvent::new(event).into()),
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    let options = websocket().serializer("3.0.0", MessagePack);
    Endpoint::builder()
        .socket_with::<UserSocket>("/socket", options)
        .build()
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let endpoint = endpoint();
    let app = Router::new().merge(endpoint.router());
    let port = std::env::var("PORT").unwrap_or_else(|_| "4000".into());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    serve(listener, app).drain(&endpoint).with_signals().await
}
