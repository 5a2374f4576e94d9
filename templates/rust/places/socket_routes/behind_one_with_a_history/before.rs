use axum_channels::{Channels, History, SocketHandler};

use super::user_channel::UserChannel;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes
            .channel::<UserChannel>("user:*")
            .history(History::last(100).for_minutes(5));
    }
}
