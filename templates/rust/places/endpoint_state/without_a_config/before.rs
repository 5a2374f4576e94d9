use axum::Router;
use axum_channels::Endpoint;

use crate::config::Config;

pub fn endpoint() -> Endpoint {
    Endpoint::builder()
        .state(1)
        .build()
}

pub fn router(endpoint: &Endpoint, config: &Config) -> Router {
    Router::new()
        .merge(crate::assets::router(&config.assets))
        .merge(endpoint.router())
}
