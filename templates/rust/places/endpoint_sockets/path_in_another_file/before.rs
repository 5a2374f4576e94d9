use axum_channels::Endpoint;

use crate::{channels::admin_socket::AdminSocket, paths};

pub fn endpoint() -> Endpoint {
    Endpoint::builder().socket::<AdminSocket>(paths::ADMIN).build()
}
