//! The channel for `room:*`.

use std::collections::BTreeSet;

use axum_channels::{
    Channel, HandleInfo, Payload, Refused, Reply, Result, Socket, Topic, UnknownEvent,
};
use serde::Deserialize;
use serde_json::json;

use super::presence;
use super::user_socket::UserSocket;
use crate::state::App;
use crate::store::{File, Message};

/// Maximum number of characters of a message.
const MAX_BODY: usize = 2_000;

/// Maximum number of bytes of a file.
const MAX_FILE: usize = 1024 * 1024;

/// State of one client in one room, from join to leave.
pub struct RoomChannel {
    room: String,
}

/// A message of the channel to itself: the client is subscribed.
pub struct AfterJoin;

/// Payload of `say`.
#[derive(Deserialize)]
struct Say {
    body: String,
}

impl Channel for RoomChannel {
    async fn join(topic: &Topic, _payload: Payload, socket: &Socket) -> Result<Self> {
        let room = topic.strip_prefix("room:").filter(|room| is_name(room));
        let room = room.ok_or_else(|| Refused::new("a room is named by a-z, 0-9 and -"))?;
        presence::track(socket)?;
        socket.sender::<Self>().send(AfterJoin)?;
        Ok(Self {
            room: room.to_owned(),
        })
    }

    async fn handle_in(&mut self, event: &str, payload: Payload, socket: &Socket) -> Result<Reply> {
        let message = match event {
            "say" => {
                let Say { body } = payload.parse()?;
                self.add(body.trim(), None, socket).await?
            }
            // Bytes: the name of the file, a line feed, its contents.
            "upload" => self.add("", Some(file(&payload)?), socket).await?,
            _ => return Err(UnknownEvent::new(event).into()),
        };
        Ok(Reply::ok(json!({"id": message.id})))
    }
}

/// The last messages are pushed once the client is subscribed, so that none is missed. One of that moment may be sent
/// twice.
impl HandleInfo<AfterJoin> for RoomChannel {
    async fn handle_info(&mut self, _: AfterJoin, socket: &Socket) -> Result<()> {
        let store = &socket.state::<App>().store;
        let (messages, rooms) = (store.history(&self.room).await?, store.rooms().await?);
        socket.push("history", json!({"messages": messages, "rooms": rooms}));
        Ok(())
    }
}

impl RoomChannel {
    /// Stores a message, sends it to the room, and tells the users that it mentions.
    async fn add(&self, body: &str, file: Option<File>, socket: &Socket) -> Result<Message> {
        if body.is_empty() && file.is_none() {
            return Err(Refused::new("a message has at least one character").into());
        }
        if body.chars().count() > MAX_BODY {
            let refused = format!("a message has at most {MAX_BODY} characters");
            return Err(Refused::new(refused).into());
        }
        let author = &socket.handler::<UserSocket>().user;
        let store = &socket.state::<App>().store;
        let message = store.add(&self.room, author, body, file).await?;
        socket.broadcast("message", &message);
        for user in mentions(body) {
            let mention = json!({"room": self.room, "message": message});
            socket
                .endpoint()
                .broadcast(&format!("inbox:{user}"), "mention", mention);
        }
        Ok(message)
    }
}

fn is_name(room: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=30).contains(&room.len()) && room.bytes().all(is_plain)
}

fn file(payload: &Payload) -> Result<File, Refused> {
    let bytes = payload.as_binary().map_or(&[][..], |bytes| bytes);
    let line_feed = bytes.iter().position(|byte| *byte == b'\n');
    let parts = line_feed.and_then(|at| Some((str::from_utf8(&bytes[..at]).ok()?, at + 1)));
    let Some((name, start)) = parts.filter(|(name, _)| !name.is_empty() && name.len() <= 255)
    else {
        return Err(Refused::new("a file has a name of 1 to 255 bytes"));
    };
    if bytes.len() - start > MAX_FILE {
        let kib = MAX_FILE / 1024;
        return Err(Refused::new(format!("a file has at most {kib} KiB")));
    }
    Ok(File {
        name: name.to_owned(),
        bytes: bytes[start..].to_vec(),
    })
}

/// Returns the users that a text mentions: `alice` and `bob` of `@alice and @bob!`.
fn mentions(body: &str) -> BTreeSet<&str> {
    let names = body
        .split_whitespace()
        .filter_map(|word| word.strip_prefix('@'))
        .map(|name| name.trim_end_matches(|end: char| end.is_ascii_punctuation()));
    names.filter(|name| !name.is_empty()).collect()
}
