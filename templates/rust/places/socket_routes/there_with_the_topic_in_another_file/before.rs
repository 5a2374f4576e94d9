use axum_channels::{Channels, SocketHandler};

use crate::topics;
use super::room_channel::RoomChannel;

pub struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>(topics::ROOM);
    }
}
