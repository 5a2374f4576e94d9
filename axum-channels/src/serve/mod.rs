//! The server: accepts connections, limits each of them, and shuts down in bounded time.

mod accept;
mod body;
mod connection;
mod patience;
mod shutdown;
mod signal;
mod stream;
mod task;
mod timer;

pub(crate) use body::BodyTimeout;
pub use signal::shutdown_signal;
pub(crate) use stream::TimedStream;

use crate::endpoint::Endpoint;
use axum::extract::Request;
use axum::response::Response;
use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;
use tokio::net::TcpListener;
use tower_service::Service;

/// Creates a server for an app over HTTP/1.1: [`axum::serve`](https://docs.rs/axum/0.8/axum/fn.serve.html) with limits.
///
/// It runs when the returned [`Serve`] is awaited, until it is shut down. `app` is a [`Router`](axum::Router), or one
/// wrapped in tower layers. Handlers may take [`ConnectInfo<SocketAddr>`](axum::extract::ConnectInfo) without further
/// setup. Channels also work with any other server for axum; compared with `axum::serve`:
///
/// - A client has [a time limit](Serve::header_timeout) for its headers, [one for the body](Serve::body_timeout), [one for reading the
///   response](Serve::response_timeout), and [one between requests](Serve::keep_alive_timeout); headers have [a maximum
///   size](Serve::max_header_bytes).
/// - A shutdown ends [in bounded time](Serve::shutdown_timeout), closes the [endpoint's clients](Serve::drain), and can
///   be [cut short](Serve::with_forced_shutdown).
/// - Connections are accepted on a worker of the runtime, wherever the future is awaited, and stay there, which takes a
///   fifth less CPU for each than accepting in `main`.
/// - Small messages are sent at once (`TCP_NODELAY`), and a lack of file descriptors is logged and accepting retried.
///
/// ```no_run
/// use axum::Router;
/// use axum_channels::{Endpoint, serve};
///
/// #[tokio::main]
/// async fn main() -> std::io::Result<()> {
///     let endpoint = Endpoint::builder().build();
///     let app = Router::new().merge(endpoint.router());
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:4000").await?;
///     serve(listener, app).drain(&endpoint).with_signals().await
/// }
/// ```
pub fn serve<S>(listener: TcpListener, app: S) -> Serve<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    Serve {
        listener,
        app,
        limits: Limits::default(),
        endpoint: None,
        graceful: Box::pin(pending()),
        forced: Box::pin(pending()),
    }
}

/// HTTP server that runs when awaited: see [`serve`].
///
/// Awaiting it returns after a shutdown, and without one never. The result is an error only if the server's task failed.
///
/// # Cancel safety
/// Dropping the future ends the server at once, except for open WebSockets.
///
/// # Examples
///
/// ```no_run
/// # use axum_channels::{Endpoint, serve};
/// # use std::time::Duration;
/// # async fn run(endpoint: Endpoint, listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
/// serve(listener, app)
///     .header_timeout(Duration::from_secs(10))
///     .drain(&endpoint)
///     .with_signals()
///     .await
/// # }
/// ```
#[must_use = "a server does nothing unless it is awaited"]
pub struct Serve<S> {
    listener: TcpListener,
    app: S,
    limits: Limits,
    endpoint: Option<Endpoint>,
    graceful: Signal,
    forced: Signal,
}

type Signal = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Limits of a client, and of a shutdown.
#[derive(Clone, Copy, Debug)]
struct Limits {
    header_timeout: Duration,
    max_header_bytes: usize,
    body_timeout: Duration,
    response_timeout: Duration,
    keep_alive_timeout: Duration,
    shutdown_delay: Duration,
    shutdown_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            header_timeout: Duration::from_secs(30),
            max_header_bytes: 64 * 1024,
            body_timeout: Duration::from_secs(30),
            response_timeout: Duration::from_secs(60),
            keep_alive_timeout: Duration::from_secs(75),
            shutdown_delay: Duration::ZERO,
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

/// State of the server, as its connections see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Shutting down: requests under way are finished.
    Draining,
    /// Over: requests under way are dropped.
    Ended,
}

impl<S> Serve<S> {
    /// Maximum time from a connection to the end of its first request's headers: 30 seconds by default. It is then
    /// closed.
    ///
    /// ```no_run
    /// # use axum_channels::serve;
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// serve(listener, app).header_timeout(std::time::Duration::from_secs(10)).await
    /// # }
    /// ```
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.limits.header_timeout = timeout;
        self
    }

    /// Maximum size of a request's first line and headers together: 64 KiB by default, and 100 headers.
    ///
    /// A larger request is answered with 431.
    ///
    /// ```no_run
    /// # use axum_channels::serve;
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// serve(listener, app).max_header_bytes(16 * 1024).await
    /// # }
    /// ```
    pub fn max_header_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_header_bytes = bytes;
        self
    }

    /// Maximum total time that a request waits for its body: 30 seconds by default, and one more for each KiB that
    /// arrives.
    ///
    /// After that, reading the body fails: most extractors respond with 400, long-polling with 408.
    ///
    /// A large upload over a slow network may take as long as it needs, at 1 KiB per second or more. The time between two
    /// reads of a handler does not count.
    ///
    /// ```no_run
    /// # use axum_channels::serve;
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// serve(listener, app).body_timeout(std::time::Duration::from_secs(10)).await
    /// # }
    /// ```
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.limits.body_timeout = timeout;
        self
    }

    /// Maximum time that a response waits for its client to read: 60 seconds by default. The connection is then closed.
    ///
    /// Each KiB that the system takes gives a second of that time back, so that a large download over a slow network may take
    /// as long as it needs, at 1 KiB per second or more. It does not apply to WebSockets, whose queues are
    /// [limited](crate::SocketOptions::max_queued_bytes).
    ///
    /// ```no_run
    /// # use axum_channels::serve;
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// serve(listener, app).response_timeout(std::time::Duration::from_secs(30)).await
    /// # }
    /// ```
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.limits.response_timeout = timeout;
        self
    }

    /// Maximum time from a response to the end of the next request's headers on the same connection: 75 seconds by
    /// default.
    ///
    /// Keep it above that of a proxy in front, often 60 seconds: otherwise the proxy may send a request into a connection
    /// that is being closed.
    ///
    /// ```no_run
    /// # use axum_channels::serve;
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// serve(listener, app).keep_alive_timeout(std::time::Duration::from_secs(620)).await
    /// # }
    /// ```
    pub fn keep_alive_timeout(mut self, timeout: Duration) -> Self {
        self.limits.keep_alive_timeout = timeout;
        self
    }

    /// Time from the signal of a graceful shutdown to its start: none by default.
    ///
    /// Until then, the server goes on as before, except that [`Endpoint::is_shutting_down`] is true for the endpoint given
    /// to [`drain`](Self::drain): load balancers that ask for it have that time to send no more clients.
    ///
    /// ```no_run
    /// # use axum_channels::{Endpoint, serve};
    /// # use std::time::Duration;
    /// # async fn run(endpoint: Endpoint, listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// serve(listener, app).drain(&endpoint).shutdown_delay(Duration::from_secs(10)).with_signals().await
    /// # }
    /// ```
    pub fn shutdown_delay(mut self, delay: Duration) -> Self {
        self.limits.shutdown_delay = delay;
        self
    }

    /// Maximum time from the start of a graceful shutdown to the end of the server: 30 seconds by default.
    ///
    /// Requests that are still under way are dropped, and their number is logged.
    ///
    /// ```no_run
    /// # use axum_channels::serve;
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// serve(listener, app).shutdown_timeout(std::time::Duration::from_secs(5)).with_signals().await
    /// # }
    /// ```
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.limits.shutdown_timeout = timeout;
        self
    }

    /// Closes the clients of an endpoint in a graceful shutdown, as [`Endpoint::shutdown`] does, while requests are
    /// finished. The server then ends after their channels have.
    ///
    /// Without it, WebSockets last until the runtime ends.
    ///
    /// ```no_run
    /// # use axum_channels::{Endpoint, serve};
    /// # async fn run(endpoint: Endpoint, listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// serve(listener, app).drain(&endpoint).with_signals().await
    /// # }
    /// ```
    pub fn drain(mut self, endpoint: &Endpoint) -> Self {
        self.endpoint = Some(endpoint.clone());
        self
    }

    /// Shuts down gracefully when a future completes, within [a limited time](Self::shutdown_timeout): no more
    /// connections are accepted, requests under way are finished, idle connections are closed. A connection accepted
    /// less than a second ago has the rest of that second for its first request.
    ///
    /// ```no_run
    /// # use axum_channels::serve;
    /// # async fn run(
    /// #     listener: tokio::net::TcpListener, app: axum::Router, stop: tokio::sync::oneshot::Receiver<()>,
    /// # ) -> std::io::Result<()> {
    /// let stopped = async {
    ///     let _ = stop.await;
    /// };
    /// serve(listener, app).with_graceful_shutdown(stopped).await
    /// # }
    /// ```
    pub fn with_graceful_shutdown(
        mut self,
        signal: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.graceful = Box::pin(signal);
        self
    }

    /// Ends the server at once when a future completes, even during a graceful shutdown: requests under way are dropped.
    ///
    /// ```no_run
    /// # use axum_channels::{serve, shutdown_signal};
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// let second = async {
    ///     shutdown_signal().await;
    ///     shutdown_signal().await;
    /// };
    /// serve(listener, app).with_graceful_shutdown(shutdown_signal()).with_forced_shutdown(second).await
    /// # }
    /// ```
    pub fn with_forced_shutdown(
        mut self,
        signal: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.forced = Box::pin(signal);
        self
    }

    /// Shuts down gracefully at Ctrl-C or SIGTERM; a second signal ends the process, with the exit code 130 or 143.
    ///
    /// It replaces [`with_graceful_shutdown`](Self::with_graceful_shutdown) and
    /// [`with_forced_shutdown`](Self::with_forced_shutdown). The second signal ends the whole process, since a runtime
    /// waits for its blocking tasks before it ends, and those may be stuck.
    ///
    /// ```no_run
    /// # use axum_channels::serve;
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// serve(listener, app).with_signals().await
    /// # }
    /// ```
    pub fn with_signals(self) -> Self {
        self.with_graceful_shutdown(shutdown_signal())
            .with_forced_shutdown(async {
                signal::next().await;
                let second = signal::next().await;
                std::process::exit(128 + second as i32) // the exit code of a shell for a signal
            })
    }

    /// Returns the address that the server listens on.
    ///
    /// # Errors
    /// If the system cannot provide it.
    ///
    /// ```no_run
    /// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
    /// let server = axum_channels::serve(listener, app);
    /// println!("http://{}", server.local_addr()?);
    /// server.await
    /// # }
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl<S> fmt::Debug for Serve<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
