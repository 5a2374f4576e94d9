pub mod site {
    use crate::channels::user_socket::UserSocket;

    pub fn sockets() -> axum::Router {
        let endpoint = axum_channels::Endpoint::builder()
            .socket::<UserSocket>("/socket")
            .build();
        let app = axum::Router::new().merge(endpoint.router());
        app
    }
}
