use axum::Router;
use axum_channels::Endpoint;

pub fn endpoint(config: &Config) -> Endpoint {
    Endpoint::builder()
        .state(config.clone())
        .build()
}

pub fn router(endpoint: &Endpoint, config: &Config) -> Router {
    Router::new()
        .merge(endpoint.router())
}
