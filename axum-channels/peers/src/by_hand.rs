//! The peer `by hand`, without a library: axum's WebSocket, a broadcast channel of tokio's for each topic, two tasks for each
//! connection, and default buffers. It listens on `PORT`.

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc};
use tokio_stream::StreamMap;
use tokio_stream::wrappers::BroadcastStream;

/// The joined topics.
#[derive(Clone, Default)]
struct Rooms(Arc<Mutex<HashMap<String, broadcast::Sender<Utf8Bytes>>>>);

type Frame = (Option<String>, Option<String>, String, String, Value);

/// A message from the reading task to the writing one.
enum Out {
    Reply(Utf8Bytes),
    Joined(String, broadcast::Receiver<Utf8Bytes>),
    Left(String),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let port: u16 = std::env::var("PORT")
        .context("`PORT` says where to listen")?
        .parse()?;
    let app = Router::new()
        .route("/socket/websocket", get(upgrade))
        .with_state(Rooms::default());
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, app).await?;
    Ok(())
}

async fn upgrade(upgrade: WebSocketUpgrade, State(rooms): State<Rooms>) -> Response {
    upgrade.on_upgrade(|socket| serve(socket, rooms))
}

async fn serve(socket: WebSocket, rooms: Rooms) {
    let (sink, mut stream) = socket.split();
    let (out, due) = mpsc::channel(64);
    let writing = tokio::spawn(write(sink, due));
    let mut joined = Vec::new();
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else {
            continue;
        };
        let Ok(frame) = serde_json::from_str(&text) else {
            break;
        };
        let Some(answer) = rooms.answer(frame, &mut joined, &out).await else {
            continue;
        };
        if out.send(Out::Reply(answer)).await.is_err() {
            break;
        }
    }
    drop(out);
    let _ = writing.await;
    joined.iter().for_each(|topic| rooms.swept(topic));
}

impl Rooms {
    async fn answer(
        &self,
        (join_ref, reference, topic, event, payload): Frame,
        joined: &mut Vec<String>,
        out: &mpsc::Sender<Out>,
    ) -> Option<Utf8Bytes> {
        let reply = |status, response| {
            let payload = json!({"status": status, "response": response});
            text(&(&join_ref, &reference, &topic, "phx_reply", payload))
        };
        match (event.as_str(), joined.contains(&topic)) {
            ("heartbeat", _) => reply("ok", json!({})),
            ("phx_join", false) if topic.starts_with("room:") => {
                joined.push(topic.clone());
                let hears = self.room(&topic).subscribe();
                let _ = out.send(Out::Joined(topic.clone(), hears)).await;
                reply("ok", json!({}))
            }
            ("phx_leave", true) => {
                joined.retain(|joined| *joined != topic);
                let _ = out.send(Out::Left(topic.clone())).await;
                reply("ok", json!({}))
            }
            ("ping", true) => reply("ok", payload),
            ("shout", true) => {
                let shout: Frame = (None, None, topic.clone(), event, payload);
                let _ = self.room(&topic).send(text(&shout)?);
                None
            }
            _ => reply("error", json!({"reason": "unmatched topic"})),
        }
    }

    fn room(&self, topic: &str) -> broadcast::Sender<Utf8Bytes> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match rooms.get(topic) {
            Some(room) => room.clone(),
            None => rooms
                .entry(topic.to_owned())
                .insert_entry(broadcast::channel(64).0)
                .get()
                .clone(),
        }
    }

    /// Removes the topic if it has no members.
    fn swept(&self, topic: &str) {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rooms
            .get(topic)
            .is_some_and(|room| room.receiver_count() == 0)
        {
            rooms.remove(topic);
        }
    }
}

async fn write(mut sink: SplitSink<WebSocket, Message>, mut due: mpsc::Receiver<Out>) {
    let mut topics = StreamMap::new();
    loop {
        let text = tokio::select! {
            out = due.recv() => match out {
                Some(Out::Reply(text)) => text,
                Some(Out::Joined(topic, hears)) => {
                    topics.insert(topic, BroadcastStream::new(hears));
                    continue;
                }
                Some(Out::Left(topic)) => {
                    topics.remove(&topic);
                    continue;
                }
                None => break,
            },
            // A receiver that lags has missed messages, and goes on.
            Some((_, heard)) = topics.next() => match heard {
                Ok(text) => text,
                Err(_) => continue,
            },
        };
        if sink.send(Message::Text(text)).await.is_err() {
            break;
        }
    }
}

fn text(frame: &impl serde::Serialize) -> Option<Utf8Bytes> {
    serde_json::to_string(frame).ok().map(Utf8Bytes::from)
}
