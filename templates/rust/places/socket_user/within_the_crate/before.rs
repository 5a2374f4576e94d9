use axum_channels::{Channels, ConnectInfo, Params, Refused, SocketHandler};

pub(crate) struct UserSocket;

impl SocketHandler for UserSocket {
    async fn connect(_params: Params, _info: &ConnectInfo) -> Result<Self> {
        Ok(UserSocket)
    }

    fn id(&self) -> Option<String> {
        None
    }
}
