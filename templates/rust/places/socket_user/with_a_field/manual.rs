use axum_channels::{ConnectInfo, Params, Result, SocketHandler};

use crate::auth;

pub struct UserSocket {
    /// The user of the token.
    pub user: String,
    pub since: std::time::Instant,
}

impl SocketHandler for UserSocket {
    async fn connect(_params: &Params, info: &ConnectInfo) -> Result<Self> {
        let user = auth::user(info)?;
        let since = std::time::Instant::now();
        Ok(Self { user, since })
    }

    fn id(&self) -> Option<String> {
        Some(format!("user_socket:{}", self.user))
    }
}
