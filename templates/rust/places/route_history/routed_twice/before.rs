use axum_channels::{Channels, SocketHandler};

pub struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<RoomChannel>("room:*");
        routes.channel::<RoomChannel>("hall:*");
    }
}
