use axum_channels::{Channels, SocketHandler};

use super::user_channel::UserChannel;

impl SocketHandler for UserSocket {
    fn channels(routes: &mut Channels<Self>) {
        routes.channel::<UserChannel>("r*");
    }
}
