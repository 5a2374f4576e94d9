use axum_channels::Endpoint;

use crate::channels::user_socket::UserSocket;

pub fn endpoint() -> Endpoint {
    Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .build()
}

mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        Endpoint::builder().socket::<UserSocket>("/socket").build()
    }
}
