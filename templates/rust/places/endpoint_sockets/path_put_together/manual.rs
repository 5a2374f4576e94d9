use axum::Router;
use axum_channels::Endpoint;

use crate::channels::admin_socket::AdminSocket;
use crate::channels::user_socket::UserSocket;
use crate::config::Config;
use crate::paths;

pub fn endpoint(config: &Config) -> Endpoint {
    Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .socket::<AdminSocket>(&paths::below("admin"))
        .state(config.clone())
        .build()
}

pub fn router(endpoint: &Endpoint, _config: &Config) -> Router {
    Router::new().merge(endpoint.router())
}
