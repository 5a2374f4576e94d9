pub use site::{endpoint, router};

mod site {
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

    pub fn router(endpoint: &Endpoint, _app: &App) -> Router {
        Router::new().merge(endpoint.router())
    }
}
