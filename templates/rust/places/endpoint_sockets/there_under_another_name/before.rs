use axum_channels::Endpoint;

use crate::channels::user_socket::UserSocket as S;

pub fn endpoint() -> Endpoint {
    Endpoint::builder().socket::<S>("/ws").build()
}
