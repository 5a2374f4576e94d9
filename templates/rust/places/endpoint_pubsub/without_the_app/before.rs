use axum::Router;
use axum_channels::Endpoint;

use crate::state::App;

pub fn endpoint() -> Endpoint {
    Endpoint::builder()
        .state(1)
        .build()
}

pub fn router(endpoint: &Endpoint, app: &App) -> Router {
    Router::new()
        .merge(crate::assets::router(&app.config.assets))
        .merge(endpoint.router())
}
