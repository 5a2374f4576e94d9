use axum_channels::Endpoint;

use crate::channels::user_socket::UserSocket;

pub fn endpoint() -> Endpoint {
    Endpoint::builder()
        .socket_with::<UserSocket>("/socket", axum_channels::websocket().longpoll())
        .build()
}
