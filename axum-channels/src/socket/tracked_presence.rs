use super::PresenceError;
use super::presence::object;
use crate::endpoint::Endpoint;
use crate::message::{Payload, Topic};
use crate::presence::Owner;
use crate::session::MetaChange;
use serde_json::{Map, Value};
use std::fmt;

/// Presence of a task of the app, or of a channel on another topic than its own: see [`Endpoint::track`].
///
/// It is untracked when this value is dropped.
///
/// ```
/// use axum_channels::{Channel, Payload, Result, Socket, Topic, TrackedPresence};
/// use serde_json::json;
///
/// /// Tracks its user in the lobby as well as in its room.
/// struct RoomChannel { _in_lobby: TrackedPresence }
///
/// impl Channel for RoomChannel {
///     async fn join(topic: &Topic, payload: Payload, socket: &Socket) -> Result<Self> {
///         let user: String = payload.parse()?;
///         let meta = json!({"room": topic.as_str()});
///         Ok(Self { _in_lobby: socket.endpoint().track("lobby", &user, meta)? })
///     }
/// }
/// ```
#[must_use = "the presence is untracked when this is dropped"]
pub struct TrackedPresence {
    endpoint: Endpoint,
    topic: Topic,
    owner: Owner,
    key: Box<str>,
}

impl Endpoint {
    /// Tracks a key on any topic, with metadata, until the returned value is dropped.
    ///
    /// The same as Phoenix's `Presence.track(pid, topic, key, meta)`. The change is made and published at once. A channel
    /// tracks its client on its own topic with [`Socket::presence`](crate::Socket::presence) instead, which sends changes
    /// after the replies to the messages that caused them. A key that is tracked twice has the metadata of both.
    ///
    /// # Errors
    /// [`PresenceError::NotAnObject`] if `meta` is not a JSON object.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Endpoint, Result};
    /// # use serde_json::json;
    /// async fn run_job(endpoint: Endpoint) -> Result<()> {
    ///     let mut job = endpoint.track("jobs", "nightly", json!({"done": 0}))?;
    ///     for part in 1..=10 {
    ///         // …
    ///         job.update(json!({"done": 10 * part}))?;
    ///     }
    ///     Ok(()) // clients on the topic receive its leave
    /// }
    /// ```
    pub fn track(
        &self,
        topic: &str,
        key: &str,
        meta: impl Into<Payload>,
    ) -> Result<TrackedPresence, PresenceError> {
        let meta = object(&meta.into())?;
        let tracker = &self.shared().tracker;
        let presence = TrackedPresence {
            endpoint: self.clone(),
            topic: topic.into(),
            owner: tracker.task(),
            key: key.into(),
        };
        let TrackedPresence { topic, owner, .. } = &presence;
        if let Some(diff) = tracker.track(topic, *owner, key, meta) {
            self.publish_presence(topic, diff);
        }
        Ok(presence)
    }
}

impl TrackedPresence {
    /// Replaces the metadata.
    ///
    /// # Errors
    /// [`PresenceError::NotAnObject`] if `meta` is not a JSON object.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{Result, TrackedPresence};
    /// fn done(job: &mut TrackedPresence) -> Result<()> {
    ///     job.update(serde_json::json!({"done": 100}))?;
    ///     Ok(())
    /// }
    /// ```
    pub fn update(&mut self, meta: impl Into<Payload>) -> Result<(), PresenceError> {
        let meta = object(&meta.into())?;
        self.update_with(|known| *known = meta);
        Ok(())
    }

    /// Changes the metadata by a function, which gets the current metadata.
    ///
    /// It is called at once. If it panics, the metadata stay as they were, and that is logged.
    ///
    /// ```
    /// # use axum_channels::TrackedPresence;
    /// fn done(job: &mut TrackedPresence) {
    ///     job.update_with(|meta| {
    ///         meta.insert("done".to_owned(), 100.into());
    ///     });
    /// }
    /// ```
    pub fn update_with(&mut self, change: impl FnOnce(&mut Map<String, Value>) + Send + 'static) {
        let (tracker, change) = (&self.endpoint.shared().tracker, MetaChange::new(change));
        if let Some(diff) = tracker.update(&self.topic, self.owner, &self.key, change) {
            self.endpoint.publish_presence(&self.topic, diff);
        }
    }
}

impl Drop for TrackedPresence {
    fn drop(&mut self) {
        if let Some(diff) = self
            .endpoint
            .shared()
            .tracker
            .leave(&self.topic, self.owner)
        {
            self.endpoint.publish_presence(&self.topic, diff);
        }
    }
}

impl fmt::Debug for TrackedPresence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrackedPresence")
            .field("topic", &self.topic)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
