use super::Endpoint;
use crate::message::{PresenceDiff, Presences, Topic};
use std::future::ready;
use std::pin::Pin;

/// Callbacks for the presences of an endpoint: `fetch` adds data to them, `handle_metas` handles their changes.
///
/// They are the callbacks of Phoenix's `Presence`. A handler is passed to
/// [`EndpointBuilder::presence`](crate::EndpointBuilder::presence) and serves all topics. Both callbacks are optional.
/// With an [adapter](crate::cluster), the handler of each node is called for the changes of all nodes.
///
/// ```
/// use axum_channels::{Endpoint, PresenceDiff, PresenceHandler, Presences, Topic};
/// use serde_json::json;
/// # struct Database;
/// # impl Database { async fn names(&self, _: &[String]) -> Vec<String> { Vec::new() } }
///
/// struct UserPresence { database: Database }
///
/// impl PresenceHandler for UserPresence {
///     async fn fetch(&self, _topic: &Topic, mut presences: Presences) -> Presences {
///         let ids: Vec<String> = presences.iter().map(|(id, _)| id.to_owned()).collect();
///         let names = self.database.names(&ids).await; // one query for all
///         for (id, name) in ids.iter().zip(names) {
///             presences.set(id, "name", json!(name));
///         }
///         presences
///     }
///
///     async fn handle_metas(&self, topic: &Topic, diff: PresenceDiff, now: Presences, endpoint: &Endpoint) {
///         if !diff.leaves.is_empty() && now.is_empty() {
///             endpoint.broadcast("rooms", "empty", json!({"room": topic.as_str()}));
///         }
///     }
/// }
/// ```
pub trait PresenceHandler: Send + Sync + 'static {
    /// Adds data to presences before clients receive them, and returns them. The default adds nothing.
    ///
    /// It is called for `presence_state`, for the joins and the leaves of each `presence_diff`, and for
    /// [`Endpoint::fetch_presences`], but not for an empty list. Data is added by [`Presences::set`].
    ///
    /// A topic's changes are fetched and sent one after the other, in order. If this panics or takes longer than 5
    /// seconds, presences are sent without its data, and that is logged.
    fn fetch(&self, topic: &Topic, presences: Presences) -> impl Future<Output = Presences> + Send {
        let _ = topic;
        ready(presences)
    }

    /// Handles a change of a topic's presences after it was sent to clients. The default does nothing.
    ///
    /// `diff` is the change, with the data that [`fetch`](Self::fetch) added. `presences` is the list at the time of
    /// the call, without that data.
    ///
    /// A topic's changes come one after the other, in order. The next change waits until this returns. A panic is logged,
    /// and a call that takes longer than 5 seconds is dropped and logged.
    fn handle_metas(
        &self,
        topic: &Topic,
        diff: PresenceDiff,
        presences: Presences,
        endpoint: &Endpoint,
    ) -> impl Future<Output = ()> + Send {
        let (_, _, _, _) = (topic, diff, presences, endpoint);
        ready(())
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A [`PresenceHandler`] of any type.
pub(crate) trait AnyPresenceHandler: Send + Sync {
    fn fetch<'a>(&'a self, topic: &'a Topic, presences: Presences) -> Boxed<'a, Presences>;

    fn handle_metas<'a>(
        &'a self,
        topic: &'a Topic,
        diff: PresenceDiff,
        presences: Presences,
        endpoint: &'a Endpoint,
    ) -> Boxed<'a, ()>;
}

// The user's code runs when the futures are polled, which is guarded.
impl<H: PresenceHandler> AnyPresenceHandler for H {
    fn fetch<'a>(&'a self, topic: &'a Topic, presences: Presences) -> Boxed<'a, Presences> {
        Box::pin(async move { PresenceHandler::fetch(self, topic, presences).await })
    }

    fn handle_metas<'a>(
        &'a self,
        topic: &'a Topic,
        diff: PresenceDiff,
        presences: Presences,
        endpoint: &'a Endpoint,
    ) -> Boxed<'a, ()> {
        Box::pin(async move {
            PresenceHandler::handle_metas(self, topic, diff, presences, endpoint).await;
        })
    }
}
