//! The socket at `/socket`: it accepts connections and routes topics to channels.

use axum_channels::{Channels, ConnectInfo, Params, Result, SocketHandler};

use super::inbox_channel::InboxChannel;
use super::room_channel::RoomChannel;
use crate::auth;

/// State of a connected client. Channels read it as `socket.handler::<Self>()`.
#[derive(Debug)]
pub struct UserSocket {
    /// The user of the token.
    pub user: String,
}

impl SocketHandler for UserSocket {
    /// Routes topics to channels. The first matching pattern wins.
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
        routes.channel::<InboxChannel>("inbox:*");
    }

    /// Accepts a connection. To refuse it with 403, return `Err(Refused::new("unauthorized").into())`.
    async fn connect(_params: &Params, info: &ConnectInfo) -> Result<Self> {
        let user = auth::user(info)?;
        Ok(Self { user })
    }

    /// Identifies the user, for example as `user_socket:42`: `endpoint.disconnect` closes all connections with this id.
    fn id(&self) -> Option<String> {
        Some(format!("user_socket:{}", self.user))
    }
}
