//! Routes of a mounted socket: one for each of its transports.

use super::mount::{Mount, MountedSocket};
use super::options::TransportPath;
use super::{longpoll, websocket};
use crate::endpoint::{Endpoint, Mounted};
use axum::extract::{RawPathParams, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use axum::{RequestExt, Router};
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use tokio::time::Instant;

impl Mounted for Mount {
    fn path(&self) -> &str {
        &self.path
    }

    #[cfg(any(feature = "testing", test, fuzzing))]
    fn websocket_path(&self) -> Option<String> {
        let TransportPath(transport) = self.options.websocket.as_ref()?;
        Some(format!("{}{transport}", self.path))
    }

    fn router(self: Arc<Self>, endpoint: Endpoint) -> Router {
        let mount = self.clone();
        let socket = Arc::new(MountedSocket {
            endpoint,
            mount: self,
        });
        let mut router = Router::new();
        if let Some(transport) = &mount.options.websocket {
            let socket = socket.clone();
            let serve = any(|request| serve(request, |request| websocket::serve(socket, request)));
            router = route(router, &mount.path, transport, serve);
        }
        if let Some(transport) = &mount.options.longpoll {
            let serve = any(|request| serve(request, |request| longpoll::serve(socket, request)));
            router = route(router, &mount.path, transport, serve);
        }
        router
    }

    #[cfg(any(feature = "testing", test, fuzzing))]
    fn channel(&self, topic: &str) -> Option<&'static str> {
        let crate::session::RouteId(route) = self.handlers.table.rules.route(topic)?;
        Some(self.handlers.routes.get(route as usize)?.name)
    }

    fn connections(&self) -> usize {
        self.registry.len()
    }

    fn drain(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.registry.drain(deadline))
    }
}

/// Passes a request to its transport, unless a parameter of its path is empty. Plug ignores empty segments, so that a path with
/// one is another path.
async fn serve<F: Future<Output = Response>>(
    mut request: Request,
    transport: impl FnOnce(Request) -> F,
) -> Response {
    let params = request.extract_parts::<RawPathParams>().await;
    match params.is_ok_and(|params| params.iter().any(|(_, value)| value.is_empty())) {
        true => StatusCode::NOT_FOUND.into_response(),
        false => transport(request).await,
    }
}

/// Adds routes with superfluous slashes, which Plug ignores: `new Socket("/socket/")` requests `/socket//websocket`.
///
/// axum has no pattern for any number of slashes that leaves the app's own routes alone, so two more are enough.
fn route(
    mut router: Router,
    path: &str,
    TransportPath(transport): &TransportPath,
    serve: MethodRouter,
) -> Router {
    let transport = transport.trim_start_matches('/');
    let mut paths = BTreeSet::new();
    for before in ["", "/"] {
        for between in ["/", "//", "///"] {
            for after in ["", "/", "//"] {
                paths.insert(format!("{before}{path}{between}{transport}{after}"));
            }
        }
        if transport.is_empty() && !path.is_empty() {
            paths.insert(format!("{before}{path}"));
        }
    }
    for path in paths {
        router = router.route(&path, serve.clone());
    }
    router
}
