use super::Hub;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// The request that a client connects with, and the state of the app.
///
/// ```
/// use axum_channels::ConnectInfo;
///
/// fn browser(info: &ConnectInfo) -> Option<&str> {
///     info.headers().get("user-agent")?.to_str().ok()
/// }
/// ```
pub struct ConnectInfo {
    pub(crate) parts: Parts,
    pub(crate) hub: Arc<Hub>,
}

impl ConnectInfo {
    /// The headers of the request.
    ///
    /// ```
    /// # use axum_channels::ConnectInfo;
    /// fn cookie(info: &ConnectInfo) -> Option<&str> {
    ///     info.headers().get("cookie")?.to_str().ok()
    /// }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The URI of the request.
    ///
    /// ```
    /// # use axum_channels::ConnectInfo;
    /// fn path(info: &ConnectInfo) -> &str {
    ///     info.uri().path()
    /// }
    /// ```
    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    /// The address of the client, if the app is served with axum's `into_make_service_with_connect_info::<SocketAddr>()`.
    ///
    /// ```
    /// # use axum_channels::ConnectInfo;
    /// fn is_local(info: &ConnectInfo) -> bool {
    ///     info.peer_addr().is_some_and(|addr| addr.ip().is_loopback())
    /// }
    /// ```
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        let addr = self
            .parts
            .extensions
            .get::<axum::extract::ConnectInfo<SocketAddr>>();
        addr.map(|axum::extract::ConnectInfo(addr)| *addr)
    }

    /// What a tower layer left in the request's extensions, such as the user that an authentication layer found.
    ///
    /// ```
    /// # use axum_channels::ConnectInfo;
    /// #[derive(Clone)]
    /// struct CurrentUser(u64);
    ///
    /// fn user(info: &ConnectInfo) -> Option<u64> {
    ///     info.extension::<CurrentUser>().map(|user| user.0)
    /// }
    /// ```
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.parts.extensions.get()
    }

    /// A value that the endpoint was [built with](crate::EndpointBuilder::state).
    ///
    /// # Panics
    /// If it was built without a `T`. See [`try_state`](Self::try_state).
    ///
    /// ```
    /// # use axum_channels::ConnectInfo;
    /// #[derive(Clone)]
    /// struct Database;
    ///
    /// fn database(info: &ConnectInfo) -> &Database {
    ///     info.state::<Database>()
    /// }
    /// ```
    pub fn state<T: Send + Sync + 'static>(&self) -> &T {
        self.hub.states.expect()
    }

    /// A value that the endpoint was built with, or `None`.
    ///
    /// ```
    /// # use axum_channels::ConnectInfo;
    /// fn is_limited(info: &ConnectInfo) -> bool {
    ///     info.try_state::<u32>().is_some()
    /// }
    /// ```
    pub fn try_state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.hub.states.get()
    }
}

impl fmt::Debug for ConnectInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectInfo")
            .field("path", &self.parts.uri.path())
            .finish_non_exhaustive()
    }
}
