use crate::endpoint::Endpoint;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Uri, header};
use base64::Engine;
use base64::prelude::{
    BASE64_STANDARD_NO_PAD as STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD,
};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Start of the subprotocol that carries a token.
pub(crate) const BEARER: &str = "base64url.bearer.phx.";

/// The header that carries the token of a long-polling client.
const AUTH_TOKEN: &str = "x-phoenix-authtoken";

/// Request of a client that connects, with the endpoint and the app's state: the argument of
/// [`SocketHandler::connect`](crate::SocketHandler::connect).
///
/// It corresponds to Phoenix's `connect_info`, except that all of it is available without configuration:
///
/// | Phoenix | here |
/// |---|---|
/// | `:peer_data` | [`peer_addr`](Self::peer_addr); behind proxies [`client_addr`](Self::client_addr) |
/// | `:uri` | [`uri`](Self::uri), and [`headers`](Self::headers) for the host |
/// | `:user_agent` | [`user_agent`](Self::user_agent) |
/// | `:x_headers`, `:trace_context_headers`, `:sec_websocket_headers` | [`headers`](Self::headers) |
/// | `:auth_token` | [`auth_token`](Self::auth_token) |
/// | `session: …` | [`extension`](Self::extension) |
///
/// # Sessions
///
/// A tower layer of the app, such as that of the crate `tower-sessions` or one that verifies a [cookie](Self::cookie),
/// reads the session for all routes alike and stores it in the request's [extensions](Self::extension). So the format of
/// the cookie, its key and its expiry are defined once, and a channel has the same session as every other handler.
/// Phoenix also requires a CSRF token before it reads a session; here the [origin check](crate::CheckOrigin) prevents
/// other sites from using a visitor's cookies: do not disable it for a socket that relies on them.
///
/// # Examples
///
/// ```
/// use axum_channels::ConnectInfo;
///
/// fn browser(info: &ConnectInfo) -> Option<&str> {
///     info.user_agent()
/// }
/// ```
pub struct ConnectInfo {
    pub(crate) parts: Parts,
    pub(crate) endpoint: Endpoint,
}

impl ConnectInfo {
    /// Returns the headers of the request.
    ///
    /// ```
    /// # use axum_channels::ConnectInfo;
    /// fn languages(info: &ConnectInfo) -> Option<&str> {
    ///     info.headers().get("accept-language")?.to_str().ok()
    /// }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Returns the value of a cookie as it was sent, neither decoded nor verified; the first one if the name is repeated.
    ///
    /// ```
    /// # use axum_channels::ConnectInfo;
    /// fn language(info: &ConnectInfo) -> &str {
    ///     info.cookie("language").unwrap_or("en")
    /// }
    /// ```
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let headers = self.headers().get_all(header::COOKIE).iter();
        let cookies = headers.filter_map(|value| value.to_str().ok());
        let mut cookies = cookies.flat_map(|value| value.split(';'));
        cookies.find_map(|cookie| {
            let (known, value) = cookie.trim().split_once('=')?;
            (known == name).then_some(value)
        })
    }

    /// Returns the token that the client authenticates with: the option `authToken` of phoenix.js.
    ///
    /// It is sent as the subprotocol `base64url.bearer.phx.…` besides `phoenix`, or by long-polling in the header
    /// `x-phoenix-authtoken`, and so does not appear in URLs and their logs. `None` if there is none, or if it is not the
    /// base64 of a text. The token is not verified here.
    ///
    /// ```
    /// use axum_channels::{ConnectInfo, Params, Refused, Result, SocketHandler};
    ///
    /// struct UserSocket;
    ///
    /// impl SocketHandler for UserSocket {
    ///     async fn connect(_: &Params, info: &ConnectInfo) -> Result<Self> {
    ///         match info.auth_token().as_deref() {
    ///             Some("let me in") => Ok(Self),
    ///             _ => Err(Refused::new("unauthorized").status(401).into()),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn auth_token(&self) -> Option<String> {
        let headers = self.headers();
        if let Some(token) = headers.get(AUTH_TOKEN) {
            return token.to_str().ok().map(str::to_owned);
        }
        let token = offered_subprotocols(headers).find_map(|offer| offer.strip_prefix(BEARER))?;
        let token = token.trim_end_matches('=');
        // Base64url by its name, but phoenix.js uses the standard alphabet.
        let bytes = STANDARD_NO_PAD.decode(token);
        let bytes = bytes.or_else(|_| URL_SAFE_NO_PAD.decode(token)).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Returns the client's `User-Agent` header.
    ///
    /// ```
    /// # use axum_channels::ConnectInfo;
    /// fn is_a_phone(info: &ConnectInfo) -> bool {
    ///     info.user_agent().is_some_and(|agent| agent.contains("Mobile"))
    /// }
    /// ```
    pub fn user_agent(&self) -> Option<&str> {
        self.headers().get(header::USER_AGENT)?.to_str().ok()
    }

    /// Returns the URI of the request: path and query.
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

    /// Returns the address of the client: the [peer's](Self::peer_addr), or the one in `X-Forwarded-For` if the peer is
    /// one of the endpoint's [trusted proxies](crate::EndpointBuilder::trusted_proxies).
    ///
    /// `None` if a trusted proxy sent no valid address, or if the server does not provide the peer's.
    ///
    /// ```
    /// use axum_channels::{ConnectInfo, Refused};
    ///
    /// fn refuse_others(info: &ConnectInfo) -> Result<(), Refused> {
    ///     match info.client_addr() {
    ///         Some(address) if address.is_loopback() => Ok(()),
    ///         _ => Err(Refused::new("unauthorized")),
    ///     }
    /// }
    /// ```
    pub fn client_addr(&self) -> Option<IpAddr> {
        let peer = self.peer_addr()?.ip();
        match &self.endpoint.shared().proxies {
            Some(proxies) => proxies.client_addr(peer, self.headers()),
            None => Some(peer.to_canonical()),
        }
    }

    /// Returns the address of the other end of the connection, which may be a proxy.
    ///
    /// `None` unless the app is served by [`serve`](crate::serve()), or by axum with
    /// `into_make_service_with_connect_info::<SocketAddr>()`.
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

    /// Returns a value that a tower layer stored in the request's extensions, such as the authenticated user.
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

    /// Returns the endpoint that the client connects to: for broadcasts, presences and disconnects.
    ///
    /// ```
    /// use axum_channels::{ConnectInfo, Refused};
    ///
    /// fn require_capacity(info: &ConnectInfo) -> Result<(), Refused> {
    ///     match info.endpoint().presences("room:lobby").len() {
    ///         0..100 => Ok(()),
    ///         _ => Err(Refused::new("full").status(503)),
    ///     }
    /// }
    /// ```
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns the value of type `T` that the endpoint was [built with](crate::EndpointBuilder::state).
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
        self.endpoint.state()
    }

    /// Returns the value of type `T` that the endpoint was [built with](crate::EndpointBuilder::state), or `None`.
    ///
    /// ```
    /// # use axum_channels::ConnectInfo;
    /// fn is_limited(info: &ConnectInfo) -> bool {
    ///     info.try_state::<u32>().is_some()
    /// }
    /// ```
    pub fn try_state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.endpoint.try_state()
    }
}

/// Iterates over the subprotocols that a client offers, a token included.
pub(crate) fn offered_subprotocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    tokens(headers, header::SEC_WEBSOCKET_PROTOCOL)
}

/// Iterates over the comma-separated tokens of a header.
pub(crate) fn tokens(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

impl fmt::Debug for ConnectInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectInfo")
            .field("path", &self.parts.uri.path())
            .finish_non_exhaustive()
    }
}
