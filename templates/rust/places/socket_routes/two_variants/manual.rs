use axum_channels::{Channels, ConnectInfo, Params, Result, SocketHandler};

use super::room_channel::RoomChannel;

pub struct UserSocket;

#[cfg(debug_assertions)]
impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
    }

    async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}

#[cfg(not(debug_assertions))]
impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
    }

    async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}
