use super::{ConnectInfo, Params};
use crate::channel::{Channels, Result};

/// Accepts clients, and routes topics to channels.
///
/// The value that [`connect`](Self::connect) returns is kept for as long as the connection lasts; its channels reach it
/// with [`Socket::handler`](crate::Socket::handler). A handler is mounted with
/// [`EndpointBuilder::socket`](crate::EndpointBuilder::socket).
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
    /// Routes topics to channels. The default has no routes.
    fn channels(routes: &mut Channels<Self>) {
        let _ = routes;
    }

    /// Accepts a client, or refuses it.
    ///
    /// Runs before the connection becomes a WebSocket: `params` are those of the URL, `info` is the rest of the request. A
    /// panic is answered with 500 and affects nothing else.
    fn connect(params: &Params, info: &ConnectInfo) -> impl Future<Output = Result<Self>> + Send;

    /// Name of this client's connections, by which [`Endpoint::disconnect`](crate::Endpoint::disconnect) closes them all:
    /// `None` by default.
    fn id(&self) -> Option<String> {
        None
    }
}
