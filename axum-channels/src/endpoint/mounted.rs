use super::Endpoint;
use axum::Router;
use std::pin::Pin;
use std::sync::Arc;
use tokio::time::Instant;

/// A socket at its path, as the endpoint uses it.
pub(crate) trait Mounted: Send + Sync {
    fn path(&self) -> &str;

    /// Path at which its clients connect by WebSocket, if they may.
    #[cfg(any(feature = "testing", test, fuzzing))]
    fn websocket_path(&self) -> Option<String>;

    /// Returns the socket's routes, for this endpoint.
    fn router(self: Arc<Self>, endpoint: Endpoint) -> Router;

    /// Returns the type name of a topic's channel.
    #[cfg(any(feature = "testing", test, fuzzing))]
    fn channel(&self, topic: &str) -> Option<&'static str>;

    /// Returns the number of connected clients.
    fn connections(&self) -> usize;

    /// Closes every connection, including new ones; done when all are gone, or at the deadline.
    fn drain(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}
