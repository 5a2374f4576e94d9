use axum_channels::Endpoint;

pub fn endpoint() -> Endpoint {
    Endpoint::builder().build()
}
