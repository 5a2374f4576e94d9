use axum::Router;
use axum_channels::Endpoint;

use crate::state::App;

pub fn endpoint(app: &App) -> Endpoint {
    Endpoint::builder().state(app.clone()).build()
}

pub fn router(endpoint: &Endpoint, app: &App) -> Router {
    let pages = crate::assets::router(&app.config.assets);
    let app = Router::new()
        .merge(endpoint.router())
        .merge(crate::auth::routes(&endpoint))
        .merge(pages);
    app
}
