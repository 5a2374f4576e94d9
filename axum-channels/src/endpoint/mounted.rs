use super::Endpoint;
use axum::Router;
use std::pin::Pin;
use std::sync::Arc;
use tokio::time::Instant;

/// A socket at its path, as the endpoint knows it.
pub(crate) trait Mounted: Send + Sync {
    fn path(&self) -> &str;

    /// What is served there, for this endpoint.
    fn router(self: Arc<Self>, endpoint: Endpoint) -> Router;

    /// The type of the channel that a topic leads to.
    fn channel(&self, topic: &str) -> Option<&'static str>;

    /// How many clients are connected.
    fn connections(&self) -> usize;

    /// Closes every connection, and those that come meanwhile; done when all are gone, or at the deadline.
    fn drain(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}
