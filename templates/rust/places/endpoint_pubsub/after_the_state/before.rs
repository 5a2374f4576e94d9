use axum::Router;
use axum_channels::Endpoint;

pub fn endpoint(app: &App) -> Endpoint {
    Endpoint::builder()
        .state(app.clone())
        .build()
}

pub fn router(endpoint: &Endpoint, app: &App) -> Router {
    Router::new()
        .merge(endpoint.router())
        .with_state(endpoint.clone())
}
