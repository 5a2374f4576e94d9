use axum_channels::{ConnectInfo, Params, Refused, Result, SocketHandler};

use crate::auth;

pub struct UserSocket {
    /// The user of the token.
    pub user: String,
}

impl SocketHandler for UserSocket {
    async fn connect(params: &Params, info: &ConnectInfo) -> Result<Self> {
        let user = auth::user(info)?;
        match params.get("version") {
            Some(_) => Ok(Self { user }),
            None => Err(Refused::new("outdated").into()),
        }
    }

    fn id(&self) -> Option<String> {
        Some(format!("user_socket:{}", self.user))
    }
}
