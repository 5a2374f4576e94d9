use axum_channels::{Channels, ConnectInfo, Params, Refused, SocketHandler};

use crate::auth;

pub(crate) struct UserSocket {
    /// The user of the token.
    pub(crate) user: String,
}

impl SocketHandler for UserSocket {
    async fn connect(_params: Params, info: &ConnectInfo) -> Result<Self> {
        let user = auth::user(info)?;
        Ok(Self { user })
    }

    fn id(&self) -> Option<String> {
        Some(format!("user_socket:{}", self.user))
    }
}
