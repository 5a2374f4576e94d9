//! The server's task.

use super::accept::accept;
use super::connection::{Acceptor, App};
use super::{Phase, Serve};
use crate::endpoint::Endpoint;
use crate::log;
use crate::task::AbortOnDrop;
use axum::extract::Request;
use axum::response::Response;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tower_service::Service;

impl<S> IntoFuture for Serve<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async {
            // Spawned onto a worker of the runtime, which `main` is not: a connection is then spawned onto the worker that
            // accepts it.
            let running = tokio::spawn(run(self));
            let _ends_with_this = AbortOnDrop(running.abort_handle());
            running.await.map_err(io::Error::other)
        })
    }
}

/// Compiled with this crate for the usual app. Otherwise each development build of an app, after any change of it, would compile
/// the server and hyper's part of it anew: a second of a first build. Release builds share no such code.
#[cfg(debug_assertions)]
#[used]
static FOR_ROUTERS: fn(Serve<axum::Router>) -> <Serve<axum::Router> as IntoFuture>::IntoFuture =
    IntoFuture::into_future;

/// Accepts connections until a shutdown, and waits for its end.
async fn run<S: App>(mut serve: Serve<S>) {
    let (phase, _) = watch::channel(Phase::Serving);
    let acceptor = Acceptor::new(serve.app, serve.limits, phase.clone());
    let accepting = async move {
        loop {
            let (stream, peer) = accept(&serve.listener).await;
            acceptor.spawn(stream, peer);
        }
    };
    let announced = async {
        serve.graceful.await;
        log::shutdown_requested(serve.limits.shutdown_delay);
        if let Some(endpoint) = &serve.endpoint {
            endpoint.announce_shutdown();
        }
        sleep(serve.limits.shutdown_delay).await;
    };
    let is_forced = tokio::select! {
        () = &mut serve.forced => true,
        () = announced => false,
        () = accepting => true,
    };
    if !is_forced {
        phase.send_replace(Phase::Draining);
        tokio::select! {
            () = &mut serve.forced => {}
            () = drain(serve.endpoint, &phase, serve.limits.shutdown_timeout) => {}
        }
    }
    phase.send_replace(Phase::Ended);
}

/// Waits until all connections are closed, at most for `limit`.
async fn drain(endpoint: Option<Endpoint>, phase: &watch::Sender<Phase>, limit: Duration) {
    let drained = async {
        if let Some(endpoint) = endpoint {
            endpoint.shutdown().await;
        }
        phase.closed().await;
    };
    if timeout(limit, drained).await.is_err() {
        log::requests_dropped(phase.receiver_count(), limit);
    }
}
