use super::{ConnectInfo, Params};
use crate::channel::{Channels, Result};

/// Handler of a socket: it accepts clients, and routes their topics to channels.
///
/// The value that [`connect`](Self::connect) returns is the state of one connection, such as its user. It is kept for as
/// long as the connection lasts; channels access it with [`Socket::handler`](crate::Socket::handler). A handler is
/// mounted at a path with [`EndpointBuilder::socket`](crate::EndpointBuilder::socket).
///
/// ```
/// use axum_channels::{ConnectInfo, Params, Refused, Result, SocketHandler};
///
/// struct UserSocket { id: u64 }
///
/// impl SocketHandler for UserSocket {
///     async fn connect(params: &Params, _info: &ConnectInfo) -> Result<Self> {
///         match params.get("token") {
///             Some("let me in") => Ok(Self { id: 42 }),
///             _ => Err(Refused::new("unauthorized").into()),
///         }
///     }
///
///     fn id(&self) -> Option<String> {
///         Some(format!("user_socket:{}", self.id))
///     }
/// }
/// ```
pub trait SocketHandler: Sized + Send + Sync + 'static {
    /// Adds the routes from topics to channels. It is called once, when the socket is mounted. The default adds none.
    fn channels(routes: &mut Channels<Self>) {
        let _ = routes;
    }

    /// Accepts a client, or refuses it.
    ///
    /// It runs before the connection becomes a WebSocket, or at the first request of a long-polling client: `params` are
    /// those of the URL, `info` is the rest of the request.
    ///
    /// # Errors
    /// A [`Refused`](crate::Refused) is the response, with 403 unless it has another [status](crate::Refused::status).
    /// Any other error and a panic are logged and answered with 500, and so is a call that takes longer than [10
    /// seconds](crate::SocketOptions::connect_timeout). No other connection is affected.
    ///
    /// # Cancel safety
    /// The future is dropped at an await when that time is over, and may be dropped when the client closes the
    /// connection.
    fn connect(params: &Params, info: &ConnectInfo) -> impl Future<Output = Result<Self>> + Send;

    /// Returns the id of this client's connections, such as `user_socket:42`. `None` by default.
    ///
    /// [`Endpoint::disconnect`](crate::Endpoint::disconnect) closes all connections with the same id.
    fn id(&self) -> Option<String> {
        None
    }
}
