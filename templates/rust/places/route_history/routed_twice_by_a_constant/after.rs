use axum_channels::{Channels, ConnectInfo, Params, Result, SocketHandler};

use super::room_channel::RoomChannel;

const TOPICS: &str = "room:*";

pub struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>(TOPICS)
            .history(axum_channels::History::last(100).for_minutes(5));
        routes.channel::<RoomChannel>("hall:*");
    }

    async fn connect(_params: &Params, _info: &ConnectInfo) -> Result<Self> {
        Ok(Self)
    }
}
