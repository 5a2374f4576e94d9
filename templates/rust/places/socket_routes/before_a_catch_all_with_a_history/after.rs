use axum_channels::{Channels, History, SocketHandler};

use super::room_channel::RoomChannel;
use super::user_channel::UserChannel;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
        routes
            .channel::<UserChannel>("*")
            .history(History::last(100).for_minutes(5));
    }
}
