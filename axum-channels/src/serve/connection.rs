use super::body::TimedBody;
use super::shutdown::Shutdown;
use super::stream::TimedStream;
use super::timer::{HeaderTimer, Progress};
use super::{Limits, Phase};
use crate::log;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

/// An app that [`serve`](super::serve) accepts.
pub(super) trait App:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> App for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Starts the tasks of connections.
pub(super) struct Acceptor<S> {
    app: S,
    limits: Limits,
    phase: watch::Sender<Phase>,
}

impl<S: App> Acceptor<S> {
    pub(super) fn new(app: S, limits: Limits, phase: watch::Sender<Phase>) -> Self {
        Acceptor { app, limits, phase }
    }

    /// Serves a connection in a task, which ends when the connection is closed or becomes a WebSocket.
    pub(super) fn spawn(&self, stream: TcpStream, peer: SocketAddr) {
        let _ = stream.set_nodelay(true); // errors are ignored: the socket works with the delay
        let limits = self.limits;
        let progress = Arc::new(Progress::default());
        let app = OfConnection {
            app: TowerToHyperService::new(self.app.clone()),
            peer,
            body_timeout: limits.body_timeout,
            progress: progress.clone(),
        };
        let mut shutdown = Shutdown {
            phase: self.phase.subscribe(),
            accepted: Instant::now(),
        };
        tokio::spawn(async move {
            let first = shutdown.accepted + limits.header_timeout;
            if is_awaited(&stream, first, &mut shutdown).await {
                let connection = connection(stream, app, limits, &shutdown);
                run(connection, shutdown, progress, peer).await;
            }
        });
    }
}

/// Waits for the first byte, since hyper allocates 8 KiB from the start. Returns `false` if there is none.
async fn is_awaited(stream: &TcpStream, first: Instant, shutdown: &mut Shutdown) -> bool {
    tokio::select! {
        biased;
        has_byte = timeout_at(first, has_byte(stream)) => has_byte.unwrap_or(false),
        () = shutdown.closes_unused() => false,
    }
}

/// Waits for a byte; returns `false` if the connection ends instead.
async fn has_byte(stream: &TcpStream) -> bool {
    // `readable` does not wait on a new connection.
    stream.peek(&mut [0]).await.is_ok_and(|bytes| bytes > 0)
}

type Connection<S> = http1::UpgradeableConnection<TokioIo<TimedStream>, OfConnection<S>>;

/// hyper's own connection, not hyper-util's: senders write to a WebSocket's bare `TcpStream`.
fn connection<S: App>(
    stream: TcpStream,
    app: OfConnection<S>,
    limits: Limits,
    shutdown: &Shutdown,
) -> Connection<S> {
    let timer = HeaderTimer {
        first: (shutdown.accepted + limits.header_timeout).into_std(),
        keep_alive_timeout: limits.keep_alive_timeout,
        progress: app.progress.clone(),
    };
    let stream = TimedStream::new(stream, limits.response_timeout, app.progress.clone());
    http1::Builder::new()
        .keep_alive(!shutdown.has_begun())
        .timer(timer)
        .header_read_timeout(limits.header_timeout)
        .max_header_size(limits.max_header_bytes)
        .serve_connection(TokioIo::new(stream), app)
        .with_upgrades()
}

async fn run<S: App>(
    connection: Connection<S>,
    mut shutdown: Shutdown,
    progress: Arc<Progress>,
    peer: SocketAddr,
) {
    let mut connection = pin!(connection);
    let served = async {
        tokio::select! {
            biased;
            result = &mut connection => return Some(result),
            () = shutdown.begins() => {}
        }
        tokio::select! {
            biased;
            result = until_request(connection.as_mut(), &progress) => if result.is_some() {
                return result;
            },
            () = shutdown.closes_unused() => return None,
        }
        connection.as_mut().graceful_shutdown(); // not before: hyper would close a connection that is new
        tokio::select! {
            biased;
            result = connection => Some(result),
            () = shutdown.drops_requests() => None,
        }
    };
    let ended = served.await;
    progress.upgrade(); // or it is closed
    if let Some(Err(error)) = ended {
        log::http_failed(peer, &error);
    }
}

/// Serves a connection until it has had a request; returns its result if it is over before.
async fn until_request<S: App>(
    mut connection: Pin<&mut Connection<S>>,
    progress: &Progress,
) -> Option<hyper::Result<()>> {
    poll_fn(|cx| match connection.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending if progress.had_request() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// The app, as a service of one connection.
struct OfConnection<S> {
    app: TowerToHyperService<S>,
    peer: SocketAddr,
    body_timeout: Duration,
    progress: Arc<Progress>,
}

impl<S: App> hyper::service::Service<hyper::Request<Incoming>> for OfConnection<S> {
    type Response = Response;
    type Error = Infallible;
    type Future = <TowerToHyperService<S> as hyper::service::Service<Request>>::Future;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        self.progress.has_request();
        let mut request = request.map(|body| TimedBody::limit(body, self.body_timeout));
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.app.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_has_a_byte_once_its_client_has_sent_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("it is bound");
        let mut client = TcpStream::connect(addr).await.expect("it listens");
        let (stream, _) = listener.accept().await.expect("a connection");
        let patience = Duration::from_secs(3600);

        assert!(timeout(patience, has_byte(&stream)).await.is_err());
        client.write_all(b"GET").await.expect("sent");
        assert!(has_byte(&stream).await);
        assert_eq!(stream.try_read(&mut [0; 4]).expect("bytes"), 3);
        drop(client);
        assert!(!has_byte(&stream).await);
    }
}
