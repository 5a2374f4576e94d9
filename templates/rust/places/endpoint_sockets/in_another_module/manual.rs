pub mod site {
    use axum_channels::Endpoint;

    use crate::channels::user_socket::UserSocket;

    pub fn sockets() -> Endpoint {
        Endpoint::builder()
            .socket::<UserSocket>("/socket")
            .build()
    }
}
