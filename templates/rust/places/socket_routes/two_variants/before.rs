use axum_channels::{Channels, ConnectInfo, Params, Result, SocketHandler};

pub struct UserSocket;

#[cfg(debug_assertions)]
impl SocketHandler for UserSocket {
    fn channels(_routes: &mut Channels<Self>) {}

    async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

#[cfg(not(debug_assertions))]
impl SocketHandler for UserSocket {
    fn channels(_routes: &mut Channels<Self>) {}

    async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}
