use axum_channels::{Channels, SocketHandler};

use super::room_channel::RoomChannel as Room;

const ROOMS: &str = "room:*";

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<Room>(ROOMS);
    }
}
