use axum_channels::Endpoint;

fn public() -> Endpoint {
    Endpoint::builder().build()
}

fn admin() -> Endpoint {
    Endpoint::builder().build()
}
