use axum_channels::{Channels, SocketHandler};

use crate::topics::HALL;
use super::hall_channel::HallChannel;
use super::room_channel::RoomChannel;

pub struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<HallChannel>(HALL);
        routes.channel::<RoomChannel>("room:*");
    }
}
