use axum::Router;
use axum_channels::Endpoint;

use crate::state::App;

pub fn endpoint(app: &App) -> Endpoint {
    Endpoint::builder().state(app.clone()).build()
}

pub fn router(endpoint: &Endpoint, app: &App) -> Router {
    let sockets = Router::new().merge(endpoint.router());
    Router::new()
        .merge(crate::assets::router(&app.config.assets))
        .merge(sockets)
}
