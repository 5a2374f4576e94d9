use super::Channels;
use crate::error::{Error, Result};
use crate::message::Refused;
use crate::params::Params;
use crate::socket::{ConnectInfo, Socket};
use std::any::type_name;

/// Handler of a socket: it accepts clients, and routes their topics to channels.
///
/// The value that [`connect`](Self::connect) returns is the state of one connection, such as its user. It is kept for as
/// long as the connection lasts; channels access it with [`Socket::handler`](crate::Socket::handler). A handler is
/// mounted at a path with [`EndpointBuilder::socket`](crate::EndpointBuilder::socket).
///
/// Work at the end of a connection goes into its `Drop`, which runs after the channels have
/// [terminated](crate::Channel::terminate). A task that holds a clone of a channel's [`Socket`] delays it.
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
    /// A [`Refused`] is the response, with 403 unless it has another [status](Refused::status), and so is an error that
    /// [`refusal`](Self::refusal) converts. Any other error and a panic are logged and answered with 500, and so is a call
    /// that takes longer than [10 seconds](crate::SocketOptions::connect_timeout). No other connection is affected.
    ///
    /// # Cancel safety
    /// The future is dropped at an await when that time is over, and may be dropped when the client closes the
    /// connection.
    fn connect(params: &Params, info: &ConnectInfo) -> impl Future<Output = Result<Self>> + Send;

    /// Converts an error of [`connect`](Self::connect) into the refusal that the client receives.
    ///
    /// It decides which error types of the app the client may see, and with which status, so that `?` works on all of them.
    /// `None` stands for an unexpected error, which is logged and answered with 500; the default returns it for every error.
    /// [`Refused`] and [`InvalidPayload`](crate::InvalidPayload) are then responses nevertheless; return another
    /// [`Refused`] here to change them. Errors of channels are converted by [`Channel::refusal`](crate::Channel::refusal).
    ///
    /// ```
    /// use axum_channels::{ConnectInfo, Error, Params, Refused, Result, SocketHandler};
    /// # use std::fmt;
    ///
    /// #[derive(Debug)]
    /// enum SignInError { // implements std::error::Error, for example by thiserror
    ///     Expired,
    ///     Database(std::io::Error),
    /// }
    /// # impl fmt::Display for SignInError {
    /// #     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("the session has expired") }
    /// # }
    /// # impl std::error::Error for SignInError {}
    ///
    /// struct UserSocket { user: u64 }
    ///
    /// impl SocketHandler for UserSocket {
    ///     async fn connect(params: &Params, _: &ConnectInfo) -> Result<Self> {
    ///         let user = sign_in(params.get("token").unwrap_or_default()).await?; // 401, or 500
    ///         Ok(Self { user })
    ///     }
    ///
    ///     fn refusal(error: &Error) -> Option<Refused> {
    ///         match error.downcast_ref::<SignInError>()? {
    ///             SignInError::Database(_) => None, // logged, and answered with 500
    ///             shown => Some(Refused::new(shown.to_string()).status(401)),
    ///         }
    ///     }
    /// }
    ///
    /// async fn sign_in(token: &str) -> Result<u64, SignInError> {
    ///     # std::fs::metadata(".").map_err(SignInError::Database)?;
    ///     token.parse().map_err(|_| SignInError::Expired)
    /// }
    /// ```
    #[must_use]
    fn refusal(error: &Error) -> Option<Refused> {
        let _ = error;
        None
    }

    /// Returns the id of this client's connections, such as `user_socket:42`. `None` by default.
    ///
    /// [`Endpoint::disconnect`](crate::Endpoint::disconnect) closes all connections with the same id.
    fn id(&self) -> Option<String> {
        None
    }
}

impl Socket {
    /// Returns the socket handler of this connection: the value that [`SocketHandler::connect`] returned.
    ///
    /// # Panics
    /// If the client connected through another handler than `S`. See [`try_handler`](Self::try_handler).
    ///
    /// ```
    /// # use axum_channels::{ConnectInfo, Params, Refused, Result, Socket, SocketHandler};
    /// struct UserSocket { user: String }
    ///
    /// impl SocketHandler for UserSocket {
    ///     async fn connect(params: &Params, _: &ConnectInfo) -> Result<Self> {
    ///         let user = params.get("user").ok_or_else(|| Refused::new("user is missing"))?;
    ///         Ok(Self { user: user.to_owned() })
    ///     }
    /// }
    ///
    /// fn user(socket: &Socket) -> &str {
    ///     &socket.handler::<UserSocket>().user
    /// }
    /// ```
    #[must_use]
    pub fn handler<S: SocketHandler>(&self) -> &S {
        match self.try_handler() {
            Some(handler) => handler,
            None => panic!("{} was not joined through {}", self.topic, type_name::<S>()),
        }
    }

    /// Returns the socket handler of this connection, or `None` if the client connected through another handler than `S`.
    ///
    /// It is for channels that several sockets route to.
    ///
    /// ```
    /// # use axum_channels::{ConnectInfo, Params, Result, Socket, SocketHandler};
    /// # struct AdminSocket;
    /// # impl SocketHandler for AdminSocket {
    /// #     async fn connect(_: &Params, _: &ConnectInfo) -> Result<Self> { Ok(Self) }
    /// # }
    /// fn is_admin(socket: &Socket) -> bool {
    ///     socket.try_handler::<AdminSocket>().is_some()
    /// }
    /// ```
    #[must_use]
    pub fn try_handler<S: SocketHandler>(&self) -> Option<&S> {
        self.context.handler.downcast_ref()
    }
}
