use axum_channels::{Channels, SocketHandler};

use crate::topics;
use super::hall_channel::HallChannel;
use super::room_channel::RoomChannel;

pub struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<HallChannel>(topics::HALL);
        routes.channel::<RoomChannel>("room:*");
    }
}
