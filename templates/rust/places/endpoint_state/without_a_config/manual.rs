use axum::Router;
use axum_channels::Endpoint;

use crate::auth;
use crate::config::Config;

pub fn endpoint(config: &Config) -> Endpoint {
    Endpoint::builder()
        .state(1)
        .state(auth::signer(&config.secret_key_base))
        .build()
}

pub fn router(endpoint: &Endpoint, config: &Config) -> Router {
    Router::new()
        .merge(crate::assets::router(&config.assets))
        .merge(endpoint.router())
}
