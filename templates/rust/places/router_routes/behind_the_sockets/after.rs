use axum::Router;
use axum_channels::Endpoint;

pub fn router(endpoint: &Endpoint, app: &App) -> Router {
    Router::new()
        .merge(assets::router(&app.config.assets))
        .merge(endpoint.router())
        .merge(auth::routes(endpoint))
        .layer(map_response(secure))
        .with_state(endpoint.clone())
}

pub fn endpoint(app: &App) -> Endpoint {
    Endpoint::builder()
        .state(app.clone())
        .build()
}
