use axum_channels::Endpoint;

use crate::channels::user_socket::UserSocket;
use crate::{channels::admin_socket::AdminSocket, paths};

pub fn endpoint() -> Endpoint {
    Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .socket::<AdminSocket>(paths::ADMIN)
        .build()
}
