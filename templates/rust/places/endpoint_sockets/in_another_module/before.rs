pub mod site {
    use axum_channels::Endpoint;

    pub fn sockets() -> Endpoint {
        Endpoint::builder().build()
    }
}
