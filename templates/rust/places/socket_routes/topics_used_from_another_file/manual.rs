use axum_channels::{Channels, ConnectInfo, Params, Result, SocketHandler};

use super::hall_channel::HallChannel;
use super::room_channel::RoomChannel;
use crate::topics::HALL;

pub struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<HallChannel>(HALL);
        routes.channel::<RoomChannel>("room:*");
    }

    async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}
