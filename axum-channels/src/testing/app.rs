use crate::endpoint::Endpoint;
use axum::Router;

/// App that a test connects to: an [`Endpoint`], or a [`Router`] with the app's routes and layers.
///
/// `&Endpoint` and `&Router` convert into it. In a router, sockets have the default path, ending in `/websocket`.
///
/// ```
/// use axum::Router;
/// use axum_channels::testing::connect;
///
/// async fn test(router: Router) {
///     let client = connect(&router, "/socket").await;
/// }
/// ```
#[derive(Clone, Debug)]
pub struct App {
    pub(super) router: Router,
    endpoint: Option<Endpoint>,
}

impl App {
    /// Returns the path that clients of a socket connect to. In a router, the socket has the default one.
    pub(super) fn websocket_path(&self, socket: &str) -> String {
        match &self.endpoint {
            Some(endpoint) => endpoint.websocket_path(socket),
            None => format!("{socket}/websocket"),
        }
    }
}

impl From<&Endpoint> for App {
    fn from(endpoint: &Endpoint) -> Self {
        App {
            router: endpoint.router(),
            endpoint: Some(endpoint.clone()),
        }
    }
}

impl From<&Router> for App {
    fn from(router: &Router) -> Self {
        App {
            router: router.clone(),
            endpoint: None,
        }
    }
}
