//! A chat with rooms and their histories, whose errors are replies.
//!
//!     PORT=4000 cargo run --example rooms

use axum::Router;
use axum_channels::{
    Channel, Channels, ConnectInfo, Endpoint, Error, Params, Payload, Refused, Reply, Result,
    Socket, SocketHandler, Topic, serve,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Maximum number of characters of a line.
const MAX_LINE: usize = 280;

#[derive(Clone, Deserialize, Serialize)]
struct Line {
    from: String,
    body: String,
}

/// The lines of every room. An app has a database here.
#[derive(Clone, Default)]
struct Transcripts(Arc<Mutex<HashMap<String, Vec<Line>>>>);

/// Errors of the transcripts. They know nothing of channels.
#[derive(Debug, thiserror::Error)]
enum TranscriptError {
    #[error("a line has at most {MAX_LINE} characters, this one has {0}")]
    TooLong(usize),
    #[error("a line has at least one character")]
    Empty,
    #[error("cannot write the transcript")]
    Storage(#[from] io::Error),
}

impl Transcripts {
    fn write(&self, room: &str, line: &Line) -> Result<(), TranscriptError> {
        match line.body.chars().count() {
            0 => return Err(TranscriptError::Empty),
            length if length > MAX_LINE => return Err(TranscriptError::TooLong(length)),
            _ => {}
        }
        let mut rooms = self.0.lock().map_err(|_| io::Error::other("poisoned"))?;
        rooms.entry(room.to_owned()).or_default().push(line.clone());
        Ok(())
    }

    fn read(&self, room: &str) -> Result<Vec<Line>, TranscriptError> {
        let rooms = self.0.lock().map_err(|_| io::Error::other("poisoned"))?;
        Ok(rooms.get(room).cloned().unwrap_or_default())
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

/// Payload of a join.
#[derive(Deserialize)]
struct Join {
    name: String,
}

/// Events of a client, each with its payload.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum In {
    Say { body: String },
    Typing,
}

struct RoomChannel {
    name: String,
}

impl Channel for RoomChannel {
    async fn join(topic: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
        let Join { name } = payload.parse()?;
        if name.trim().is_empty() {
            return Err(Refused::new("a name has at least one character").into());
        }
        let lines = socket.state::<Transcripts>().read(topic)?;
        socket.set_join_response(&HashMap::from([("lines", lines)]));
        Ok(Self { name })
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        let from = self.name.clone();
        match payload.parse_event(event)? {
            In::Say { body } => {
                let line = Line { from, body };
                socket.state::<Transcripts>().write(socket.topic(), &line)?;
                socket.broadcast("line", &line);
                Ok(Reply::ok(Payload::empty()))
            }
            In::Typing => {
                socket.broadcast_from("typing", &HashMap::from([("from", from)]));
                Ok(Reply::none())
            }
        }
    }

    /// Clients may see what is wrong with their lines. Other errors are logged, and end the channel.
    fn refusal(error: &Error) -> Option<Refused> {
        match error.downcast_ref::<TranscriptError>()? {
            TranscriptError::Storage(_) => None,
            shown => Some(Refused::new(shown.to_string())),
        }
    }
}

fn endpoint() -> Endpoint {
    Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .state(Transcripts::default())
        .build()
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let port = std::env::var("PORT").ok();
    let port = port.and_then(|port| port.parse().ok()).unwrap_or(4000);
    let endpoint = endpoint();
    let app = Router::new().merge(endpoint.router());
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    serve(listener, app).drain(&endpoint).with_signals().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum_channels::testing::{TestChannel, connect};
    use serde_json::json;

    async fn join(endpoint: &Endpoint, name: &str) -> TestChannel {
        let client = connect(endpoint, "/socket").await;
        client.join("room:1", json!({"name": name})).await
    }

    #[tokio::test]
    async fn a_line_reaches_the_room_and_those_who_join_later() {
        let endpoint = endpoint();
        let mut alice = join(&endpoint, "alice").await;
        let line = json!({"from": "alice", "body": "hello"});
        let reply = alice.push("say", json!({"body": "hello"})).reply().await;
        assert_eq!(reply, Reply::ok(json!({})));
        alice.assert_broadcast("line", &line).await;
        let bob = join(&endpoint, "bob").await;
        assert_eq!(
            bob.join_response(),
            &Payload::from(json!({"lines": [line]}))
        );
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_line_is_the_reply_and_the_channel_goes_on() {
        let mut alice = join(&endpoint(), "alice").await;
        for (payload, reason) in [
            (json!({"body": ""}), "a line has at least one character"),
            (json!({}), "missing field `body`"),
            (
                json!({"body": "a".repeat(300)}),
                "a line has at most 280 characters, this one has 300",
            ),
        ] {
            let reply = alice.push("say", payload).reply().await;
            assert_eq!(reply, Reply::error(json!({"reason": reason})));
        }
    }

    #[tokio::test]
    async fn a_client_without_a_name_is_told_so() {
        let client = connect(&endpoint(), "/socket").await;
        let refused = client.try_join("room:1", json!({"nick": "alice"})).await;
        let reason = json!({"reason": "missing field `name`"});
        assert_eq!(refused.map(drop), Err(Reply::error(reason)));
    }
}
