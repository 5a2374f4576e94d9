use axum::Router;
use axum_channels::Endpoint;

use crate::pubsub;
use crate::state::App;

pub fn endpoint(app: &App) -> Endpoint {
    Endpoint::builder()
        .state(1)
        .pubsub(pubsub::adapter(&app.config.redis))
        .build()
}

pub fn router(endpoint: &Endpoint, app: &App) -> Router {
    Router::new()
        .merge(crate::assets::router(&app.config.assets))
        .merge(endpoint.router())
}
