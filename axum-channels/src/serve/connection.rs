use super::body::TimedBody;
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
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

/// Starts the tasks of connections.
pub(super) struct Acceptor<S> {
    app: S,
    limits: Limits,
    phase: watch::Sender<Phase>,
}

impl<S> Acceptor<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    pub(super) fn new(app: S, limits: Limits, phase: watch::Sender<Phase>) -> Self {
        Acceptor { app, limits, phase }
    }

    /// Serves a connection in a task, which ends when it is closed or becomes a WebSocket.
    pub(super) fn spawn(&self, stream: TcpStream, peer: SocketAddr) {
        let _ = stream.set_nodelay(true); // a socket that cannot do without the delay still works
        let (limits, mut phase) = (self.limits, self.phase.subscribe());
        let progress = Arc::new(Progress::default());
        let app = App {
            app: TowerToHyperService::new(self.app.clone()),
            peer,
            body_timeout: limits.body_timeout,
            progress: progress.clone(),
        };
        tokio::spawn(async move {
            let first = Instant::now() + limits.header_timeout;
            if is_awaited(&stream, first, &mut phase).await {
                let connection = connection(stream, app, limits, first);
                run(connection, phase, progress, peer).await;
            }
        });
    }
}

/// Waits for the first byte: hyper has a buffer of 8 KiB from the beginning. `false` if there will be none.
async fn is_awaited(
    stream: &TcpStream,
    first: Instant,
    phase: &mut watch::Receiver<Phase>,
) -> bool {
    tokio::select! {
        biased;
        readable = timeout_at(first, stream.readable()) => matches!(readable, Ok(Ok(()))),
        _ = phase.changed() => false,
    }
}

type Connection<S> = http1::UpgradeableConnection<TokioIo<TcpStream>, App<S>>;

/// hyper's own connection, not hyper-util's: senders write to a WebSocket's bare `TcpStream`.
fn connection<S>(stream: TcpStream, app: App<S>, limits: Limits, first: Instant) -> Connection<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let timer = HeaderTimer {
        first: first.into_std(),
        keep_alive_timeout: limits.keep_alive_timeout,
        progress: app.progress.clone(),
    };
    http1::Builder::new()
        .timer(timer)
        .header_read_timeout(limits.header_timeout)
        .max_header_size(limits.max_header_bytes)
        .serve_connection(TokioIo::new(stream), app)
        .with_upgrades()
}

async fn run<S>(
    connection: Connection<S>,
    mut phase: watch::Receiver<Phase>,
    progress: Arc<Progress>,
    peer: SocketAddr,
) where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let mut connection = pin!(connection);
    loop {
        tokio::select! {
            biased;
            result = &mut connection => {
                if let Err(error) = result {
                    log::http_failed(peer, &error);
                }
                return;
            }
            changed = phase.changed() => {
                let phase = *phase.borrow_and_update();
                if changed.is_err() || phase == Phase::Ended || !progress.had_request() {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// The app as one connection calls it.
struct App<S> {
    app: TowerToHyperService<S>,
    peer: SocketAddr,
    body_timeout: Duration,
    progress: Arc<Progress>,
}

impl<S> hyper::service::Service<hyper::Request<Incoming>> for App<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
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
