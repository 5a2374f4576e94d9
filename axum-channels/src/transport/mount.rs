use super::connect::Connect;
use super::options::SocketOptions;
use super::poll_sessions::PollSessions;
use super::registry::Registry;
use super::{longpoll, websocket};
use crate::endpoint::{Endpoint, Mounted};
use crate::log::SocketLog;
use crate::origin::CheckOrigin;
use crate::runner::Handlers;
use crate::session::RouteId;
use axum::Router;
use axum::extract::Request;
use axum::routing::{MethodRouter, any};
use std::pin::Pin;
use std::sync::Arc;
use tokio::time::Instant;

/// A socket handler at its path.
pub(crate) struct Mount {
    pub(crate) path: String,
    pub(crate) handlers: Arc<Handlers>,
    pub(crate) connect: Connect,
    pub(crate) options: SocketOptions,
    pub(crate) check_origin: CheckOrigin,
    pub(crate) registry: Arc<Registry>,
    pub(crate) log: Arc<SocketLog>,
    pub(crate) poll_sessions: Arc<PollSessions>,
}

/// A socket with its endpoint.
///
/// Owned by routers and connections, since neither of the two may own the other.
pub(super) struct MountedSocket {
    pub(super) endpoint: Endpoint,
    pub(super) mount: Arc<Mount>,
}

impl Mounted for Mount {
    fn path(&self) -> &str {
        &self.path
    }

    fn router(self: Arc<Self>, endpoint: Endpoint) -> Router {
        let (path, polled) = (self.path.clone(), self.options.longpoll);
        let socket = Arc::new(MountedSocket {
            endpoint,
            mount: self,
        });
        let for_polls = polled.then(|| socket.clone());
        let serve = any(move |request: Request| websocket::serve(socket, request));
        let router = route(Router::new(), &path, "websocket", serve);
        match for_polls {
            Some(socket) => {
                let serve = any(move |request: Request| longpoll::serve(socket, request));
                route(router, &path, "longpoll", serve)
            }
            None => router,
        }
    }

    #[cfg(any(feature = "testing", test, fuzzing))]
    fn channel(&self, topic: &str) -> Option<&'static str> {
        let RouteId(route) = self.handlers.rules.route(topic)?;
        Some(self.handlers.routes.get(route as usize)?.name)
    }

    fn connections(&self) -> usize {
        self.registry.len()
    }

    fn drain(&self, deadline: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.registry.drain(deadline))
    }
}

/// Adds routes with a superfluous slash, which Plug ignores: `new Socket("/socket/")` requests `/socket//websocket`.
fn route(router: Router, path: &str, transport: &str, serve: MethodRouter) -> Router {
    router
        .route(&format!("{path}//{transport}"), serve.clone())
        .route(&format!("{path}/{transport}/"), serve.clone())
        .route(&format!("{path}/{transport}"), serve)
}
