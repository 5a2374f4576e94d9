use axum_channels::Endpoint;

use crate::channels::admin_socket::AdminSocket;
use crate::channels::user_socket::UserSocket;

const ADMIN: &str = "/admin";

pub fn endpoint() -> Endpoint {
    served![AdminSocket, UserSocket];
    Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .build()
}
