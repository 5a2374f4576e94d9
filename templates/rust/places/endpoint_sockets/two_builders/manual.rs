use axum::Router;
use axum_channels::Endpoint;

use crate::channels::user_socket::UserSocket;
use crate::state::App;

pub fn endpoint(app: &App) -> Endpoint {
    Endpoint::builder()
        .socket::<UserSocket>("/socket")
        .state(app.clone())
        .build()
}

pub fn for_us() -> Endpoint {
    Endpoint::builder().build()
}

pub fn router(endpoint: &Endpoint, _app: &App) -> Router {
    Router::new().merge(endpoint.router())
}
