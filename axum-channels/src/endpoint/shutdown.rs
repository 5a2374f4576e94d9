use super::Endpoint;
use std::future::poll_fn;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Maximum duration of a shutdown, as of Phoenix's drainer.
const SHUTDOWN: Duration = Duration::from_secs(30);

/// Maximum duration of the adapter's part of it.
const STOP: Duration = Duration::from_secs(2);

impl Endpoint {
    /// Closes every connection with code 1012, "service restart", and waits until all are closed.
    ///
    /// Those of each socket are closed 10,000 at a time, every 2 seconds, so that their clients do not reconnect all at once;
    /// new ones are answered with 503. It takes at most 30 seconds, in which messages received before are handled, and then
    /// the leaves of their presences by a [`PresenceHandler`](crate::PresenceHandler). An [adapter](crate::cluster) then
    /// leaves the other nodes, within 2 seconds.
    ///
    /// [`serve`](crate::serve) calls it for the endpoint given to [`drain`](crate::Serve::drain).
    ///
    /// # Cancel safety
    /// A dropped future leaves the rest of the connections open. Call it in a task, not in a channel: a channel is
    /// dropped with its connection, and so are the futures that it awaits.
    ///
    /// # Examples
    /// ```no_run
    /// # use axum_channels::Endpoint;
    /// # async fn run(endpoint: Endpoint, listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// let stop = async move {
    ///     axum_channels::shutdown_signal().await;
    ///     endpoint.shutdown().await;
    /// };
    /// axum::serve(listener, app).with_graceful_shutdown(stop).await
    /// # }
    /// ```
    pub async fn shutdown(&self) {
        self.announce_shutdown();
        let deadline = Instant::now() + SHUTDOWN;
        let _ = timeout_at(deadline, self.inner.shared.pubsub.flush()).await; // nothing published before is lost
        let sockets = self.mounted();
        let mut draining: Vec<_> = sockets.iter().map(|it| it.drain(deadline)).collect();
        poll_fn(|cx| {
            draining.retain_mut(|drain| drain.as_mut().poll(cx).is_pending());
            match draining.is_empty() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
        if let Some(callbacks) = &self.inner.shared.presence_callbacks {
            let _ = timeout_at(deadline, callbacks.flush()).await; // those of clients that have left
        }
        if let Some(cluster) = self.inner.shared.pubsub.cluster() {
            cluster.stop(STOP).await;
        }
    }

    /// Returns whether a shutdown has begun, for a route that tells load balancers to send no more clients.
    ///
    /// With [`Serve::shutdown_delay`](crate::Serve::shutdown_delay), the server goes on for a time after it has begun.
    ///
    /// ```
    /// # use axum_channels::Endpoint;
    /// use axum::extract::State;
    /// use axum::http::StatusCode;
    ///
    /// async fn ready(State(endpoint): State<Endpoint>) -> StatusCode {
    ///     match endpoint.is_shutting_down() {
    ///         false => StatusCode::OK,
    ///         true => StatusCode::SERVICE_UNAVAILABLE,
    ///     }
    /// }
    /// # let endpoint = Endpoint::builder().build();
    /// # let app: axum::Router = axum::Router::new().route("/ready", axum::routing::get(ready)).with_state(endpoint);
    /// ```
    #[must_use]
    pub fn is_shutting_down(&self) -> bool {
        self.inner.shared.is_shutting_down.load(Relaxed)
    }

    pub(crate) fn announce_shutdown(&self) {
        self.inner.shared.is_shutting_down.store(true, Relaxed);
    }
}
