use axum::Router;
use axum_channels::Endpoint;

use crate::config::Config;

pub fn endpoint(config: &Config) -> Endpoint {
    Endpoint::builder()
        .state(config.clone())
        .build()
}

pub fn for_us() -> Endpoint {
    Endpoint::builder().build()
}

pub fn router(endpoint: &Endpoint, _config: &Config) -> Router {
    Router::new().merge(endpoint.router())
}
