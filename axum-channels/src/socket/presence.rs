use super::tracked::Tracked;
use super::{Context, PresenceError, SendError};
use crate::message::{Payload, Presences, Topic};
use crate::session::{AppMessage, Change, Key, MetaChange};
use crate::sync::lock;
use serde_json::{Map, Value};
use std::sync::{Mutex, MutexGuard};

/// Handle to the presences of a channel's topic, the list of users that are online there: see
/// [`Socket::presence`](crate::Socket::presence).
///
/// Each channel tracks its client under a key, such as the id of a user, with metadata, a JSON object. A user with
/// several connections has several objects under one key. All clients on the topic receive changes as `presence_diff`; a
/// channel sends its client the initial list with [`push_state`](Self::push_state). phoenix.js's `Presence` needs nothing
/// else.
///
/// A channel's presences are untracked when it ends, for any reason. With an [adapter](crate::cluster), presences are those
/// of all nodes. [`Endpoint::track`](crate::Endpoint::track) tracks a task, or a channel on another topic.
///
/// # Order
///
/// A change is queued, and made as soon as the callback that made it returns or awaits; a change made in
/// [`join`](crate::Channel::join) is made after the reply to the join. Clients receive the `presence_diff` after the
/// reply to the message that caused it, unless [`push_state`](Self::push_state) follows the change: the list comes after
/// earlier changes, and before the reply.
///
/// # Errors
///
/// A [`PresenceError`] is unexpected: returned from a callback by `?`, it ends the channel.
///
/// # Examples
///
/// ```
/// use axum_channels::{Channel, Payload, Result, Socket, Topic};
/// use serde_json::json;
///
/// struct RoomChannel;
///
/// impl Channel for RoomChannel {
///     async fn join(_: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
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
    /// Tracks this client under a key, with metadata.
    ///
    /// # Errors
    /// If this channel tracks the key already, if `meta` is not a JSON object, if the client is gone, or if too many
    /// messages are queued for its channel.
    ///
    /// # Examples
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

    /// Replaces the metadata of this client under a key.
    ///
    /// # Errors
    /// If this channel does not track the key, if `meta` is not a JSON object, if the client is gone, or if too many
    /// messages are queued for its channel.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Result, Socket};
    /// fn away(socket: &Socket) -> Result<()> {
    ///     socket.presence().update("user:42", serde_json::json!({"status": "away"}))?;
    ///     Ok(())
    /// }
    /// ```
    pub fn update(&self, key: &str, meta: impl Into<Payload>) -> Result<(), PresenceError> {
        let meta = object(&meta.into())?;
        self.change_meta(key, MetaChange::new(|known| *known = meta))
    }

    /// Changes the metadata of this client under a key by a function, which gets the current metadata.
    ///
    /// The function is called later, when the change is made. If it panics, the metadata stay as they were, and that is
    /// logged.
    ///
    /// # Errors
    /// If this channel does not track the key, if the client is gone, or if too many messages are queued for its channel.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Result, Socket};
    /// fn away(socket: &Socket) -> Result<()> {
    ///     socket.presence().update_with("user:42", |meta| {
    ///         meta.insert("status".to_owned(), "away".into());
    ///     })?;
    ///     Ok(())
    /// }
    /// ```
    pub fn update_with(
        &self,
        key: &str,
        change: impl FnOnce(&mut Map<String, Value>) + Send + 'static,
    ) -> Result<(), PresenceError> {
        self.change_meta(key, MetaChange::new(change))
    }

    fn change_meta(&self, key: &str, change: MetaChange) -> Result<(), PresenceError> {
        let tracked = self.tracked()?;
        if !tracked.has(self.key, key) {
            return Err(PresenceError::NotTracked {
                topic: self.topic.clone(),
                key: key.to_owned(),
            });
        }
        let name = key.into();
        self.change(Change::Update { key: name, change })
    }

    /// Untracks this client under a key. If it is not tracked there, nothing changes, as in Phoenix.
    ///
    /// # Errors
    /// If the client is gone, or if too many messages are queued for its channel.
    ///
    /// # Examples
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

    /// Pushes the list of presences to this client, as `presence_state`. It includes all earlier changes, and none that
    /// this channel makes after it: a client that is tracked afterwards is not in its own list.
    ///
    /// With a [`PresenceHandler`](crate::PresenceHandler), the list is read when `fetch` is called, and may include later
    /// changes.
    ///
    /// # Errors
    /// If the client is gone, or if too many messages are queued for its channel.
    ///
    /// # Examples
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

    /// Returns the presences of the topic.
    ///
    /// Queued changes of this channel are not included, nor is the data that a
    /// [`PresenceHandler`](crate::PresenceHandler) adds: see
    /// [`Endpoint::fetch_presences`](crate::Endpoint::fetch_presences).
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn is_full(socket: &Socket) -> bool {
    ///     socket.presence().list().len() >= 8
    /// }
    /// ```
    #[must_use]
    pub fn list(&self) -> Presences {
        self.context.endpoint.presences(self.topic)
    }

    /// Returns the metadata under a key: an object for each connection or task that tracks it. It is empty if there is
    /// none.
    ///
    /// ```
    /// # use axum_channels::Socket;
    /// fn is_here(socket: &Socket, user: &str) -> bool {
    ///     !socket.presence().metas_by_key(user).is_empty()
    /// }
    /// ```
    #[must_use]
    pub fn metas_by_key(&self, key: &str) -> Vec<Value> {
        self.context.endpoint.metas_by_key(self.topic, key)
    }

    /// Locked until a change is queued, so that clones of the socket in other tasks make theirs before or after it.
    fn tracked(&self) -> Result<MutexGuard<'_, Tracked>, PresenceError> {
        let mailbox = self.context.mailbox.open().ok_or(SendError::Gone)?;
        let tracked: &Mutex<_> = mailbox.tracked.get_or_init(Box::default);
        Ok(lock(tracked))
    }

    fn change(&self, change: Change) -> Result<(), PresenceError> {
        self.context.post(self.key, AppMessage::Presence(change))?;
        Ok(())
    }
}

pub(super) fn object(meta: &Payload) -> Result<Map<String, Value>, PresenceError> {
    meta.parse().map_err(|_| PresenceError::NotAnObject)
}
