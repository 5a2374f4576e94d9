use axum::Router;
use axum_channels::Endpoint;

use crate::auth;
use crate::state::App;

pub fn endpoint(app: &App) -> Endpoint {
    Endpoint::builder()
        .state(1)
        .state(auth::signer(&app.config.secret_key_base))
        .build()
}

pub fn router(endpoint: &Endpoint, app: &App) -> Router {
    Router::new()
        .merge(crate::assets::router(&app.config.assets))
        .merge(endpoint.router())
}
