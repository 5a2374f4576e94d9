use axum::Router;
use axum_channels::Endpoint;

use crate::auth;
use crate::config::Config;

pub fn endpoint(config: &Config) -> Endpoint {
    Endpoint::builder().state(config.clone()).build()
}

pub fn router(endpoint: &Endpoint, config: &Config) -> Router {
    let sockets = Router::new().merge(endpoint.router());
    Router::new()
        .merge(auth::routes(&config.secret_key_base, endpoint))
        .merge(crate::assets::router(&config.assets))
        .merge(sockets)
}
