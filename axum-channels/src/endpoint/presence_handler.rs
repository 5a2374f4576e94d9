use super::Endpoint;
use crate::message::{PresenceDiff, Presences, Topic};
use std::future::ready;
use std::pin::Pin;

/// Callbacks for the presences of an endpoint: data that is added to them, and their changes.
///
/// A handler is given to the endpoint with [`EndpointBuilder::presence`](crate::EndpointBuilder::presence). As in Phoenix's
/// `Presence`, whose callbacks these are.
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
    /// Adds data to presences before clients receive them: in `presence_state`, in the joins and leaves of `presence_diff`,
    /// and in [`Endpoint::fetch_presences`].
    ///
    /// A topic's changes are fetched and sent one after the other, in order. If it panics or takes longer than 5 seconds,
    /// presences are sent without what it adds, and that is logged.
    fn fetch(&self, topic: &Topic, presences: Presences) -> impl Future<Output = Presences> + Send {
        let _ = topic;
        ready(presences)
    }

    /// Handles a change that clients were sent: what was fetched for it, and the topic's presences now.
    ///
    /// A topic's changes come one after the other, in order. Its next change waits, for 5 seconds at most.
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
