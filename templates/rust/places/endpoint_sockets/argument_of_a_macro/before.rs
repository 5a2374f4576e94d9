use axum_channels::Endpoint;

use crate::channels::admin_socket::AdminSocket;

const ADMIN: &str = "/admin";

pub fn endpoint() -> Endpoint {
    served![AdminSocket, UserSocket];
    Endpoint::builder()
        .build()
}
