use super::{Context, SendError};
use crate::message::{Payload, Topic};
use crate::presence::Presences;
use crate::session::{Change, Key, Mail};
use serde_json::{Map, Value};

/// Who is on a topic, as one of its channels sees and changes it: see [`Socket::presence`](crate::Socket::presence).
///
/// Under a key, such as a user's id, each connection is tracked with what is known of it. Whoever has joined the topic is
/// told of changes by `presence_diff`; a client asks for the beginning with [`push_state`](Self::push_state). With
/// phoenix.js that is all its `Presence` needs.
///
/// What a channel has tracked is untracked when it ends, however that happens. Changes that are made while joining take
/// effect once the client was told that it has joined; later ones when what the channel is polled for now is through.
///
/// ```
/// use axum_channels::{Channel, Payload, Refused, Socket, Topic};
/// use serde_json::json;
///
/// struct RoomChannel;
///
/// impl Channel for RoomChannel {
///     async fn join(_: &Topic, payload: Payload, socket: &Socket) -> Result<Self, Refused> {
///         let user: String = payload.parse()?;
///         socket.presence().track(&user, json!({"status": "online"}))?;
///         socket.presence().push_state()?;
///         Ok(Self)
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Presence<'a> {
    pub(super) context: &'a Context,
    pub(super) topic: &'a Topic,
    pub(super) key: Key,
}

impl Presence<'_> {
    /// Tracks this client's connection under a key. If it is already, nothing changes.
    ///
    /// # Errors
    /// If the client is gone, or too many messages wait for its channel.
    ///
    /// # Panics
    /// If `meta` is no JSON object.
    ///
    /// ```
    /// # use axum_channels::{Result, Socket};
    /// fn track(socket: &Socket) -> Result<()> {
    ///     socket.presence().track("user:42", serde_json::json!({"device": "phone"}))?;
    ///     Ok(())
    /// }
    /// ```
    pub fn track(&self, key: &str, meta: impl Into<Payload>) -> Result<(), SendError> {
        let meta = object(&meta.into());
        self.change(Change::Track {
            key: key.into(),
            meta,
        })
    }

    /// Replaces what is known of this client's connection. If it is not tracked under the key, nothing changes.
    ///
    /// # Errors
    /// If the client is gone, or too many messages wait for its channel.
    ///
    /// # Panics
    /// If `meta` is no JSON object.
    ///
    /// ```
    /// # use axum_channels::{Result, Socket};
    /// fn away(socket: &Socket) -> Result<()> {
    ///     socket.presence().update("user:42", serde_json::json!({"status": "away"}))?;
    ///     Ok(())
    /// }
    /// ```
    pub fn update(&self, key: &str, meta: impl Into<Payload>) -> Result<(), SendError> {
        let meta = object(&meta.into());
        self.change(Change::Update {
            key: key.into(),
            meta,
        })
    }

    /// Tracks this client's connection no longer. If it is not tracked under the key, nothing changes.
    ///
    /// # Errors
    /// If the client is gone, or too many messages wait for its channel.
    ///
    /// ```
    /// # use axum_channels::{Result, Socket};
    /// fn hide(socket: &Socket) -> Result<()> {
    ///     socket.presence().untrack("user:42")?;
    ///     Ok(())
    /// }
    /// ```
    pub fn untrack(&self, key: &str) -> Result<(), SendError> {
        self.change(Change::Untrack { key: key.into() })
    }

    /// Pushes who is there to this client, as `presence_state`: what changes were made before this one are in it.
    ///
    /// # Errors
    /// If the client is gone, or too many messages wait for its channel.
    ///
    /// ```
    /// # use axum_channels::{Result, Socket};
    /// fn show(socket: &Socket) -> Result<()> {
    ///     socket.presence().push_state()?;
    ///     Ok(())
    /// }
    /// ```
    pub fn push_state(&self) -> Result<(), SendError> {
        self.change(Change::PushState)
    }

    /// Who is there now. Changes that have not taken effect are not in it.
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn is_full(socket: &Socket) -> bool {
    ///     socket.presence().list().len() >= 8
    /// }
    /// ```
    pub fn list(&self) -> Presences {
        self.context.endpoint.presences(self.topic)
    }

    fn change(&self, change: Change) -> Result<(), SendError> {
        self.context
            .post(self.key, Mail::Presence(change))
            .map(drop)
    }
}

fn object(meta: &Payload) -> Map<String, Value> {
    match meta.parse() {
        Ok(object) => object,
        Err(_) => panic!("`{meta:?}` is not what can be known of a presence: it is no JSON object"),
    }
}
