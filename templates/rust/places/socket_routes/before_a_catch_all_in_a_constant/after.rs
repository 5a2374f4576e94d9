use axum_channels::{Channels, SocketHandler};

use super::room_channel::RoomChannel;
use super::user_channel::UserChannel;

const ALL: &str = "*";

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<UserChannel>("user:*");
        routes.channel::<RoomChannel>("room:*");
        routes.channel::<UserChannel>(ALL);
    }
}
