use axum_channels::Endpoint as Sockets;

use crate::channels::user_socket::UserSocket;

pub fn endpoint() -> Sockets {
    Sockets::builder()
        .socket::<UserSocket>("/socket")
        .build()
}
