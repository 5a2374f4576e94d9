use super::tracked::Tracked;
use super::{Context, PresenceError, SendError};
use crate::message::{Payload, Topic};
use crate::presence::Presences;
use crate::session::{Change, Key, Mail};
use crate::sync::lock;
use serde_json::{Map, Value};
use std::sync::{Mutex, MutexGuard};

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
    /// Tracks this client's connection under a key.
    ///
    /// # Errors
    /// If this channel tracks the key already, if `meta` is not a JSON object, if the client is gone, or if too many
    /// messages wait for its channel.
    ///
    /// ```
    /// # use axum_channels::{Result, Socket};
    /// fn track(socket: &Socket) -> Result<()> {
    ///     socket.presence().track("user:42", serde_json::json!({"device": "phone"}))?;
    ///     Ok(())
    /// }
    /// ```
    pub fn track(&self, key: &str, meta: impl Into<Payload>) -> Result<(), PresenceError> {
        let meta = object(&meta.into())?;
        let mut tracked = self.tracked()?;
        if tracked.has(self.key, key) {
            return Err(PresenceError::AlreadyTracked {
                topic: self.topic.clone(),
                key: key.to_owned(),
            });
        }
        let name = key.into();
        self.change(Change::Track { key: name, meta })?;
        tracked.add(self.key, key);
        Ok(())
    }

    /// Replaces what is known of this client's connection under a key.
    ///
    /// # Errors
    /// If this channel does not track the key, if `meta` is not a JSON object, if the client is gone, or if too many
    /// messages wait for its channel.
    ///
    /// ```
    /// # use axum_channels::{Result, Socket};
    /// fn away(socket: &Socket) -> Result<()> {
    ///     socket.presence().update("user:42", serde_json::json!({"status": "away"}))?;
    ///     Ok(())
    /// }
    /// ```
    pub fn update(&self, key: &str, meta: impl Into<Payload>) -> Result<(), PresenceError> {
        let meta = object(&meta.into())?;
        let tracked = self.tracked()?;
        if !tracked.has(self.key, key) {
            return Err(PresenceError::NotTracked {
                topic: self.topic.clone(),
                key: key.to_owned(),
            });
        }
        let name = key.into();
        self.change(Change::Update { key: name, meta })
    }

    /// Tracks this client's connection no longer. If it is not tracked under the key, nothing changes, as in Phoenix.
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
    pub fn untrack(&self, key: &str) -> Result<(), PresenceError> {
        let name = key.into();
        let mut tracked = self.tracked()?;
        self.change(Change::Untrack { key: name })?;
        tracked.remove(self.key, key);
        Ok(())
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
    pub fn push_state(&self) -> Result<(), PresenceError> {
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

    /// Locked until a change is queued: other tasks with a clone of the socket make theirs before it or after it.
    fn tracked(&self) -> Result<MutexGuard<'_, Tracked>, PresenceError> {
        let mailbox = self.context.mailbox.open().ok_or(SendError::Gone)?;
        let tracked: &Mutex<_> = mailbox.tracked.get_or_init(Box::default);
        Ok(lock(tracked))
    }

    fn change(&self, change: Change) -> Result<(), PresenceError> {
        self.context.post(self.key, Mail::Presence(change))?;
        Ok(())
    }
}

fn object(meta: &Payload) -> Result<Map<String, Value>, PresenceError> {
    meta.parse().map_err(|_| PresenceError::NotAnObject)
}
