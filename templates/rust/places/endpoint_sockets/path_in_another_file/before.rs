use axum::Router;
use axum_channels::Endpoint;

use crate::channels::admin_socket::AdminSocket;
use crate::paths;
use crate::state::App;

pub fn endpoint(app: &App) -> Endpoint {
    Endpoint::builder()
        .socket::<AdminSocket>(paths::ADMIN)
        .state(app.clone())
        .build()
}

pub fn router(endpoint: &Endpoint, _app: &App) -> Router {
    Router::new().merge(endpoint.router())
}
