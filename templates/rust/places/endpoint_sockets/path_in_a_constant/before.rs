use axum_channels::Endpoint;

use crate::channels::admin_socket::AdminSocket;

const ADMIN: &str = "/admin";

pub fn endpoint() -> Endpoint {
    Endpoint::builder()
        .socket::<AdminSocket>(ADMIN)
        .build()
}
