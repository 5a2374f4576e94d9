use axum_channels::{ConnectInfo, Params, Result, SocketHandler};

pub struct UserSocket {
    pub since: std::time::Instant,
}

impl SocketHandler for UserSocket {
    async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
        let since = std::time::Instant::now();
        Ok(Self { since })
    }

    fn id(&self) -> Option<String> {
        None
    }
}
