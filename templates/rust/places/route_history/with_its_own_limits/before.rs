use axum_channels::{Channels, SocketHandler};

pub struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<UserChannel>("user:*");
        routes
            .channel::<RoomChannel>("room:*")
            .history(History::last(5));
        routes.channel::<NewsChannel>("news").history(History::last(5));
    }
}
