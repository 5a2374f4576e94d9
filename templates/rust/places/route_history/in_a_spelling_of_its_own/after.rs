use axum_channels::{Channels, SocketHandler};

pub struct UserSocket;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<UserChannel>("user:*");
        routes.channel::<super::RoomChannel>(TOPIC)
            .history(axum_channels::History::last(100).for_minutes(5));
        routes.channel::<NewsChannel>("news").history(History::last(5));
    }
}
