use axum::Router;
use axum_channels::Endpoint;

pub fn endpoint(app: &App) -> Endpoint {
    Endpoint::builder()
        .state(app.clone())
        .state(auth::signer(&app.config.secret_key_base))
        .build()
}

pub fn router(endpoint: &Endpoint, app: &App) -> Router {
    Router::new()
        .merge(endpoint.router())
        .with_state(endpoint.clone())
}
